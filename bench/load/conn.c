#include "bench/load/conn.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/load/guest.h"
#include "bench/load/irc.h"
#include "bench/load/room.h"
#include "common/die.h"

static_assert(CARRY_MAX <= UINT16_MAX, "carry_len holds it");

/* Asks for exactly these of EPOLLIN and EPOLLOUT from now on. */
static void watch(struct worker *w, struct conn *c, int op, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = c};

    if (epoll_ctl(w->epfd, op, c->fd, &ev) != 0)
        die_errno(errno, "epoll_ctl");
    c->watched = (uint8_t)events;
}

void conn_stop_reading(struct worker *w, struct conn *c, bool stop)
{
    uint32_t events = c->watched & ~(uint32_t)EPOLLIN;

    if (!stop)
        events |= EPOLLIN;
    if (c->fd >= 0 && events != c->watched)
        watch(w, c, EPOLL_CTL_MOD, events);
}

void conn_nick(const struct worker *w, uint32_t index, char nick[NICK_MAX + 1])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char *p = nick + NICK_MAX;

    *p = '\0';
    while (p > nick + 4) {
        *--p = digits[index % 36];
        index /= 36;
    }
    memcpy(nick + 1, w->run->tag, 3);
    nick[0] = 'l';
}

static void fail_connect(struct worker *w, struct conn *c, const char *why)
{
    if (c->role == ROLE_GUEST)
        guest_on_failed_connect(w, c, why);
    else
        worker_fail(w, "cannot connect to %s: %s (%ju of %u connected)",
                    w->run->target, why, (uintmax_t)w->count.connected,
                    w->conns_count);
}

static const char *connect_error(int err)
{
    return err == EADDRNOTAVAIL
               ? "no local port left (net.ipv4.ip_local_port_range)"
               : strerror(err);
}

/* The next of --source's addresses; the port is left to connect(), which may
 * give one to several servers. False: the connection has failed. */
static bool bind_source(struct worker *w, struct conn *c)
{
    struct sockaddr_storage sa;
    char host[NI_MAXHOST] = "", why[NI_MAXHOST + 128];
    int one = 1;

    if (!w->run->opt->source.count)
        return true;
    socklen_t len = source_pick(&w->run->opt->source, c->index, &sa);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (bind(c->fd, (const struct sockaddr *)&sa, len) == 0)
        return true;
    int err = errno;
    getnameinfo((const struct sockaddr *)&sa, len, host, sizeof(host), NULL, 0,
                NI_NUMERICHOST);
    snprintf(why, sizeof(why), "--source %s: %s", host, strerror(err));
    fail_connect(w, c, why);
    return false;
}

/* The rest of the welcome is asked for at once: one round trip less each. */
static void on_connected(struct worker *w, struct conn *c)
{
    const struct options *opt = w->run->opt;
    char nick[NICK_MAX + 1], text[600];

    if (c->role != ROLE_GUEST)
        w->count.connected++;
    c->state = CONN_REGISTERING;
    conn_nick(w, c->index, nick);
    int n = snprintf(text, sizeof(text),
                     "%s%s%sNICK %s\r\nUSER load 0 * :chat-load\r\n",
                     opt->password ? "PASS " : "",
                     opt->password ? opt->password : "",
                     opt->password ? "\r\n" : "", nick);
    conn_send(w, c, text, (size_t)n);
}

void conn_start(struct worker *w, struct conn *c)
{
    const struct run *run = w->run;
    int one = 1;

    c->fd = socket(run->addr.ss_family,
                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    c->state = CONN_CONNECTING;
    if (c->fd < 0) {
        fail_connect(w, c, strerror(errno));
        return;
    }
    if (!bind_source(w, c))
        return;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(c->fd, (const struct sockaddr *)&run->addr, run->addr_len) !=
            0 &&
        errno != EINPROGRESS && errno != EINTR) {
        fail_connect(w, c, connect_error(errno));
        return;
    }
    watch(w, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/* Remembers what the kernel would not take. */
static void owe(struct worker *w, struct conn *c, const char *data, size_t len)
{
    c->owed = xrealloc(c->owed, c->owed_len + len);
    memcpy(c->owed + c->owed_len, data, len);
    c->owed_len += (uint32_t)len;
    if (!(c->watched & EPOLLOUT))
        watch(w, c, EPOLL_CTL_MOD, c->watched | EPOLLOUT);
}

/* What the kernel takes of `data`; closes the connection when it is broken. */
static size_t try_send(struct worker *w, struct conn *c, const char *data,
                       size_t len)
{
    ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    w->count.writes++;
    if (n >= 0)
        return (size_t)n;
    if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
        conn_close(w, c, strerror(errno));
    return 0;
}

void conn_send(struct worker *w, struct conn *c, const char *data, size_t len)
{
    size_t done = 0;

    if (!c->owed)
        done = try_send(w, c, data, len);
    if (done < len && c->fd >= 0)
        owe(w, c, data + done, len - done);
}

static void on_writable(struct worker *w, struct conn *c)
{
    if (c->state == CONN_CONNECTING) {
        int err = 0;
        socklen_t len = sizeof(err);
        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
            err = errno;
        if (err) {
            fail_connect(w, c, connect_error(err));
            return;
        }
        on_connected(w, c);
        if (c->fd < 0)
            return;
    }
    if (c->owed) {
        size_t done = try_send(w, c, c->owed, c->owed_len);
        if (c->fd < 0)
            return;
        c->owed_len -= (uint32_t)done;
        memmove(c->owed, c->owed + done, c->owed_len);
        if (c->owed_len)
            return;
        free(c->owed);
        c->owed = NULL;
    }
    watch(w, c, EPOLL_CTL_MOD, c->watched & ~(uint32_t)EPOLLOUT);
}

/* The unfinished line at the end of a read; most reads end with a line. */
static void carry(struct worker *w, struct conn *c, const char *rest,
                  size_t len)
{
    if (len > CARRY_MAX) {
        conn_close(w, c, "a line without an end");
        return;
    }
    if (len > c->carry_len)
        c->carry = xrealloc(c->carry, len);
    memcpy(c->carry, rest, len);
    c->carry_len = (uint16_t)len;
}

bool conn_read(struct worker *w, struct conn *c)
{
    size_t had = c->carry_len;

    /* One copy of a short tail, so that every line lies in one piece. */
    if (had)
        memcpy(w->scratch, c->carry, had);
    ssize_t n = recv(c->fd, w->scratch + had, SCRATCH_MAX - had, 0);
    w->count.reads++;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        conn_close(w, c, n < 0 ? strerror(errno) : "closed by the server");
        return false;
    }
    size_t len = had + (size_t)n;
    size_t used = irc_handle(w, c, w->scratch, len, now_ns());
    if (c->fd < 0)
        return false;
    if (used < len) {
        carry(w, c, w->scratch + used, len - used);
    } else if (had) {
        free(c->carry);
        c->carry = NULL;
        c->carry_len = 0;
    }
    return c->fd >= 0;
}

void conn_on_event(struct worker *w, struct conn *c, uint32_t events)
{
    if (c->fd < 0) /* closed earlier in this turn */
        return;
    if (events & EPOLLOUT || c->state == CONN_CONNECTING)
        on_writable(w, c);
    if (c->fd >= 0 && c->state != CONN_CONNECTING &&
        events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        conn_read(w, c);
}

void conn_close(struct worker *w, struct conn *c, const char *why)
{
    enum conn_state was = c->state;

    if (c->fd < 0)
        return;
    close(c->fd); /* and so out of the epoll set */
    c->fd = -1;
    c->state = was == CONN_QUITTING ? CONN_CLOSED : CONN_CUT;
    free(c->carry);
    free(c->owed);
    c->carry = c->owed = NULL;
    c->carry_len = 0;
    c->owed_len = 0;
    if (c->role == ROLE_GUEST) {
        guest_on_close(w, c, was, why);
        return;
    }
    w->count.closed++;
    if (was == CONN_QUITTING)
        return;
    room_lost_member(w, c);
    if (c->role == ROLE_SLOW && w->phase >= PHASE_MEASURE) {
        w->count.slow_cut++;
        return;
    }
    w->count.unexpected_closes++;
    if (w->phase <= PHASE_JOIN) {
        char nick[NICK_MAX + 1];
        conn_nick(w, c->index, nick);
        worker_fail(w, "%s was closed while %s (%s)%s%s", nick,
                    was <= CONN_REGISTERING ? "registering"
                    : was == CONN_JOINED    ? "waiting for others to join"
                                            : "joining",
                    why, w->farewell[0] ? ": " : "", w->farewell);
    } else if (w->run->opt->no_verify) {
        worker_fail(w,
                    "a connection was closed (%s), and without verifying "
                    "what it had got is unknown",
                    why);
    } else if (!w->farewell[0]) {
        snprintf(w->farewell, sizeof(w->farewell), "%s", why);
    }
}
