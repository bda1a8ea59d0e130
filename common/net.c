#include "common/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/stats.h"

static int parse_address(const char *addr, int port,
                         struct sockaddr_storage *ss, socklen_t *len)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

    memset(ss, 0, sizeof(*ss));
    if (inet_pton(AF_INET, addr, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons((in_port_t)port);
        *len = sizeof(*in4);
        return 0;
    }
    if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((in_port_t)port);
        *len = sizeof(*in6);
        return 0;
    }
    return -EINVAL;
}

/* The address part as text; returns the port. */
static int format_host(const struct sockaddr_storage *ss,
                       char host[NET_HOST_MAX])
{
    if (ss->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, NET_HOST_MAX);
        return ntohs(in6->sin6_port);
    }
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)ss;
    inet_ntop(AF_INET, &in4->sin_addr, host, NET_HOST_MAX);
    return ntohs(in4->sin_port);
}

int net_listen(const char *addr, int port, int backlog, bool nonblocking,
               bool shared, int *out, char bound[NET_ADDR_MAX])
{
    struct sockaddr_storage ss;
    socklen_t len;
    char host[NET_HOST_MAX];
    int one = 1;
    int err = parse_address(addr, port, &ss, &len);

    if (err)
        return err;
    int fd =
        socket(ss.ss_family,
               SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0),
               0);
    if (fd < 0)
        return -errno;
    /* A restart must not wait for the last run's connections to time out. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        (shared &&
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0) ||
        bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, backlog) < 0)
        goto fail;
    len = sizeof(ss);
    if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
        goto fail;
    int got = format_host(&ss, host);
    snprintf(bound, NET_ADDR_MAX,
             ss.ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", host, got);
    *out = fd;
    return 0;
fail:
    err = -errno;
    close(fd);
    return err;
}

/* What accept(2) passes on of a connection that has already gone wrong. */
static bool is_dead_on_arrival(int err)
{
    return err == EINTR || err == ECONNABORTED || err == EPROTO ||
           err == ENOPROTOOPT || err == EHOSTDOWN || err == ENONET ||
           err == EHOSTUNREACH || err == ENETUNREACH || err == ENETDOWN;
}

int net_accept(int listen_fd, bool nonblocking, int *out,
               char host[NET_HOST_MAX])
{
    struct sockaddr_storage ss;
    int one = 1, size = NET_SNDBUF;
    int fd;

    do {
        socklen_t len = sizeof(ss);
        fd = accept4(listen_fd, (struct sockaddr *)&ss, &len,
                     SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
    } while (fd < 0 && is_dead_on_arrival(errno));
    if (fd < 0)
        return -errno;
    /* These fail only on a connection that is already reset; reading tells. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    format_host(&ss, host);
    if (host[0] == ':') {
        memmove(host + 1, host, strlen(host) + 1);
        host[0] = '0';
    }
    stats_add(STAT_ACCEPTED, 1);
    *out = fd;
    return 0;
}

bool net_out_of_resources(int err)
{
    return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

static long counted(ssize_t n, enum stat_id calls, enum stat_id bytes)
{
    if (n < 0) {
        int err = errno;
        if (err == EAGAIN)
            stats_add(STAT_EAGAIN, 1);
        return -err;
    }
    stats_add(calls, 1);
    stats_add(bytes, (uint64_t)n);
    return n;
}

long net_recv(int fd, char *data, size_t size)
{
    ssize_t n;

    do {
        n = recv(fd, data, size, 0);
    } while (n < 0 && errno == EINTR);
    return counted(n, STAT_READS, STAT_BYTES_IN);
}

long net_send(int fd, const char *data, size_t len)
{
    ssize_t n;

    do {
        n = send(fd, data, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return counted(n, STAT_WRITES, STAT_BYTES_OUT);
}

void net_discard_input(int fd)
{
    char waste[16 * 1024];

    /* Bounded: a peer that never stops sending gets its reset. */
    for (int i = 0; i < 64; i++) {
        if (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) <= 0)
            return;
    }
}

long net_raise_descriptor_limit(long wanted)
{
    struct rlimit limit, raised;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    raised = limit;
    if (wanted > 0 && limit.rlim_max < (rlim_t)wanted)
        raised.rlim_max = (rlim_t)wanted;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return (long)raised.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return (long)limit.rlim_cur;
}
