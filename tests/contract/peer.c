/*
 * Sockets of the test clients: connecting, the pump, sending, closing. What the
 * lines say is peer_expect.c's business.
 */
#include "tests/contract/peer_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"

#define READ_CHUNK 65536
#define LINE_LIMIT 512

static struct peer *peers[PEERS_MAX];
static size_t peer_count;

static socklen_t fill_address(const struct server *s,
                              struct sockaddr_storage *out)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, s->host, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons((uint16_t)s->port);
        return sizeof(*in4);
    }
    if (inet_pton(AF_INET6, s->host, &in6->sin6_addr) != 1)
        case_fail("ready line: expected an address, got \"%s\"", s->ready);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)s->port);
    return sizeof(*in6);
}

static struct peer *peer_new(const struct server *s, int rcvbuf,
                             struct sockaddr_storage *addr, socklen_t *len)
{
    if (peer_count == PEERS_MAX)
        case_fail("the test itself cannot go on: too many peers");
    struct peer *p = xcalloc(1, sizeof(*p));
    *len = fill_address(s, addr);
    p->fd =
        socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->fd < 0)
        case_broken(errno, "socket");
    int one = 1;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (rcvbuf &&
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)) != 0)
        case_broken(errno, "SO_RCVBUF");
    snprintf(p->name, sizeof(p->name), "peer-%zu", peer_count + 1);
    return p;
}

struct peer *peer_connect_start(const struct server *s)
{
    struct sockaddr_storage addr;
    socklen_t len;
    struct peer *p = peer_new(s, 0, &addr, &len);
    if (connect(p->fd, (struct sockaddr *)&addr, len) != 0 &&
        errno != EINPROGRESS)
        case_fail("connect: %s", strerror(errno));
    peers[peer_count++] = p;
    return p;
}

struct peer *peer_connect(const struct server *s, int rcvbuf)
{
    struct sockaddr_storage addr;
    socklen_t len;
    struct peer *p = peer_new(s, rcvbuf, &addr, &len);
    if (connect(p->fd, (struct sockaddr *)&addr, len) != 0 &&
        errno != EINPROGRESS)
        case_fail("connect: %s", strerror(errno));
    peers[peer_count++] = p;

    double deadline = case_now_s() + case_wait_s();
    struct pollfd pfd = {.fd = p->fd, .events = POLLOUT};
    while (poll(&pfd, 1, 0) == 0) {
        if (case_now_s() > deadline)
            case_fail("connect: expected to be accepted, nothing came");
        peers_pump(p, -1, 100);
    }
    int err = 0;
    len = sizeof(err);
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err)
        case_fail("connect: %s", strerror(err));
    return p;
}

void peer_name(struct peer *p, const char *name)
{
    snprintf(p->name, sizeof(p->name), "%s", name);
}

/* Answers the PING in `line` (which lacks the CRLF) and says so. */
static bool answer_ping(struct peer *p, const char *line)
{
    const char *word = line;
    if (*word == ':') {
        word = strchr(word, ' ');
        if (!word)
            return false;
        word++;
    }
    if (p->show_pings || strncmp(word, "PING ", 5) != 0)
        return false;
    char reply[LINE_LIMIT + 8];
    int n = snprintf(reply, sizeof(reply), "PONG %s\r\n", word + 5);
    /* One that does not fit is lost, as the peer then is: it does not read. */
    peer_try_send(p, reply, (size_t)n);
    return true;
}

/* The rules every line of a server keeps, whatever it says. Cuts the CR off;
 * the LF is already. */
static void check_line(struct peer *p, char *line, size_t len)
{
    if (len < 2 || line[len - 2] != '\r')
        case_fail("%s: expected a line to end in CRLF, got \"%s\"", p->name,
                  peer_show(line));
    line[len - 2] = '\0';
    if (len > LINE_LIMIT)
        case_fail("%s: expected lines of at most 512 bytes, got %zu: \"%s\"",
                  p->name, len, peer_show(line));
    if (memchr(line, '\r', len - 2))
        case_fail("%s: expected no CR within a line, got \"%s\"", p->name,
                  peer_show(line));
    if (memchr(line, '\0', len - 2))
        case_fail("%s: expected no NUL in a line, got one after \"%s\"",
                  p->name, peer_show(line));
    /* An empty parameter but the last cannot be written, see RFC 2812, 2.3.1.
     */
    const char *text = strstr(line, " :");
    const char *blank = strstr(line, "  ");
    if (blank && (!text || blank < text))
        case_fail("%s: expected single blanks between parameters, got \"%s\"",
                  p->name, peer_show(line));
}

/* Checks the lines that are newly whole; takes out the PINGs it answers. */
static void check_input(struct peer *p)
{
    for (;;) {
        char *line = p->in + p->checked;
        size_t rest = p->in_len - p->checked;
        char *lf = memchr(line, '\n', rest);
        if (!lf)
            return;
        size_t len = (size_t)(lf - line) + 1;
        *lf = '\0';
        check_line(p, line, len);
        if (answer_ping(p, line)) {
            memmove(line, line + len, rest - len);
            p->in_len -= len;
        } else {
            p->checked += len;
        }
    }
}

static void make_room(struct peer *p)
{
    if (p->taken > p->in_cap / 2) {
        memmove(p->in, p->in + p->taken, p->in_len - p->taken);
        p->in_len -= p->taken;
        p->checked -= p->taken;
        p->taken = 0;
    }
    if (p->in_cap - p->in_len >= READ_CHUNK)
        return;
    p->in_cap = p->in_cap ? p->in_cap * 2 : 2 * READ_CHUNK;
    p->in = xrealloc(p->in, p->in_cap);
}

static void read_some(struct peer *p)
{
    make_room(p);
    ssize_t n = recv(p->fd, p->in + p->in_len, READ_CHUNK, 0);
    if (n > 0) {
        p->in_len += (size_t)n;
        p->received += (uint64_t)n;
        check_input(p);
    } else if (n == 0) {
        p->eof = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        p->eof = p->reset = true;
    }
}

bool peers_pump(struct peer *writer, int extra_fd, int timeout_ms)
{
    static struct pollfd fds[PEERS_MAX + 1];
    static struct peer *owners[PEERS_MAX];
    nfds_t n = 0;
    for (size_t i = 0; i < peer_count; i++) {
        struct peer *p = peers[i];
        short events = p->paused || p->eof ? 0 : POLLIN;
        if (p == writer)
            events |= POLLOUT;
        if (p->fd < 0 || !events)
            continue;
        owners[n] = p;
        fds[n++] = (struct pollfd){.fd = p->fd, .events = events};
    }
    nfds_t count = n;
    if (extra_fd >= 0)
        fds[n++] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
    if (poll(fds, n, timeout_ms) < 0 && errno != EINTR)
        case_broken(errno, "poll");
    for (nfds_t i = 0; i < count; i++) {
        short ready = fds[i].revents;
        struct peer *p = owners[i];
        if (!p->paused && !p->eof && (ready & (POLLIN | POLLHUP | POLLERR)))
            read_some(p);
    }
    return extra_fd >= 0 && fds[count].revents;
}

void peer_wait_some(struct peer *p, struct peer *writer, double deadline,
                    const char *what)
{
    if (case_now_s() > deadline)
        case_fail("%s: expected %s, nothing came for %.0f s", p->name, what,
                  case_wait_s());
    peers_pump(writer, -1, 200);
}

size_t peer_try_send(struct peer *p, const void *data, size_t len)
{
    if (p->fd < 0 || p->reset)
        return 0;
    ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);
    if (n < 0)
        return 0;
    p->sent += (uint64_t)n;
    return (size_t)n;
}

void peer_send_raw(struct peer *p, const void *data, size_t len)
{
    double deadline = case_now_s() + case_wait_s();
    const char *at = data;
    while (len > 0 && p->fd >= 0 && !p->reset) {
        ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
            p->sent += (uint64_t)n;
            deadline = case_now_s() + case_wait_s();
        } else if (errno == EAGAIN) {
            peer_wait_some(p, p, deadline, "the server to read");
        } else if (errno != EINTR) {
            return; /* closed by the server: what it said is still to read */
        }
    }
}

void peer_send(struct peer *p, const char *fmt, ...)
{
    char text[8192];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text) - 2, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(text) - 2)
        case_fail("the test itself cannot go on: line too long to send");
    text[n] = '\r';
    text[n + 1] = '\n';
    peer_send_raw(p, text, (size_t)n + 2);
}

void peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->eof = true;
}

void peer_reset(struct peer *p)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    peer_close(p);
}

void peer_half_close(struct peer *p)
{
    shutdown(p->fd, SHUT_WR);
}

void peer_pause(struct peer *p)
{
    p->paused = true;
}

void peer_resume(struct peer *p)
{
    p->paused = false;
}

void peer_show_pings(struct peer *p)
{
    p->show_pings = true;
}
