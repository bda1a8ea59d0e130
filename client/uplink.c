#include "client/uplink.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "common/net.h"

enum { READ_BYTES = 16 * 1024 }; /* a turn: the keyboard gets its turn too */

static void fail(struct uplink *c, const char *why)
{
    bool was_open = c->is_open;

    uplink_close(c);
    c->ops->on_lost(c->ctx, was_open, why);
}

static void try_next(struct uplink *c, int err);

static void give_up_address(struct uplink *c, int err)
{
    uplink_close(c);
    c->trying = c->trying->ai_next;
    try_next(c, err);
}

/* Starts connecting to c->trying or one behind it; `err` is the last one's. */
static void try_next(struct uplink *c, int err)
{
    for (; c->trying; c->trying = c->trying->ai_next) {
        const struct addrinfo *a = c->trying;
        c->fd =
            socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (c->fd < 0) {
            err = errno;
            continue;
        }
        if (connect(c->fd, a->ai_addr, a->ai_addrlen) == 0 ||
            errno == EINPROGRESS) {
            ev_io_set(&c->reading, c->fd, EV_READ);
            ev_io_set(&c->writing, c->fd, EV_WRITE);
            ev_io_start(c->loop, &c->writing);
            ev_timer_set(&c->patience, UPLINK_TIMEOUT_S, 0);
            ev_timer_start(c->loop, &c->patience);
            return;
        }
        err = errno;
        close(c->fd);
        c->fd = -1;
    }
    fail(c, strerror(err));
}

static void on_patience(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    give_up_address(w->data, ETIMEDOUT);
}

/*
 * Whether we are connected to ourselves: retrying a dead local port within the
 * kernel's range for outgoing connections, one day the two ends get the same
 * number, TCP's simultaneous open succeeds, and the server cannot come back
 * because we hold its port.
 */
static bool is_self_connected(int fd)
{
    struct sockaddr_storage own = {0};
    struct sockaddr_storage peer = {0};
    socklen_t own_len = sizeof(own);
    socklen_t peer_len = sizeof(peer);

    return getsockname(fd, (struct sockaddr *)&own, &own_len) == 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_len) == 0 &&
           own_len == peer_len && memcmp(&own, &peer, own_len) == 0;
}

static void on_connected(struct uplink *c)
{
    int err = 0;
    socklen_t len = sizeof(err);
    int one = 1;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
        err = errno;
    if (err == 0 && is_self_connected(c->fd))
        err = ECONNREFUSED;
    if (err) {
        give_up_address(c, err);
        return;
    }
    /* Lines are gathered by us; without this, one that is typed right after
     * another waits 40 ms. Failing changes only that. */
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    ev_timer_stop(c->loop, &c->patience);
    ev_io_stop(c->loop, &c->writing);
    ev_io_start(c->loop, &c->reading);
    c->is_open = true;
    c->heard = ev_now(c->loop);
    c->ops->on_open(c->ctx);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int revents)
{
    struct uplink *c = w->data;

    (void)loop;
    (void)revents;
    if (c->is_open)
        uplink_flush(c);
    else
        on_connected(c);
}

/* Hands on the lines; the callee may close the connection between two. */
static int scan(struct uplink *c, char *data, size_t len)
{
    struct inbuf_scan pass;
    struct irc_message m;
    enum inbuf_result result;
    char *line;
    size_t line_len;

    inbuf_scan_start(&pass, &c->in, data, len);
    while (c->is_open &&
           (result = inbuf_scan_next(&pass, &line, &line_len)) != INBUF_NONE) {
        if (result == INBUF_TOO_LONG)
            c->ops->on_overlong(c->ctx);
        else if (irc_parse(line, line_len, &m))
            c->ops->on_message(c->ctx, &m);
    }
    return inbuf_scan_end(&pass);
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int revents)
{
    static char scratch[INBUF_HEADROOM + READ_BYTES]; /* one loop, one uplink */
    struct uplink *c = w->data;

    (void)revents;
    long n = net_recv(c->fd, scratch + INBUF_HEADROOM, READ_BYTES);
    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        fail(c, n < 0 ? strerror((int)-n) : "the server closed it");
        return;
    }
    c->heard = ev_now(loop);
    int err = scan(c, scratch + INBUF_HEADROOM, (size_t)n);
    if (!c->is_open)
        inbuf_free(&c->in); /* closed by a callee: the rest is void */
    else if (err)
        fail(c, strerror(-err));
}

void uplink_init(struct uplink *c, struct ev_loop *loop,
                 const struct addrinfo *addresses, const struct uplink_ops *ops,
                 void *ctx)
{
    *c = (struct uplink){
        .loop = loop, .addresses = addresses, .ops = ops, .ctx = ctx, .fd = -1};
    ev_init(&c->reading, on_readable);
    ev_init(&c->writing, on_writable);
    ev_init(&c->patience, on_patience);
    c->reading.data = c->writing.data = c->patience.data = c;
}

void uplink_open(struct uplink *c)
{
    c->trying = c->addresses;
    inbuf_free(&c->in);
    try_next(c, 0);
}

void uplink_send(struct uplink *c, const char *bytes, size_t len)
{
    if (c->is_open && outbuf_append(&c->out, bytes, len) != 0)
        die_errno(ENOMEM, "cannot queue a line");
}

void uplink_flush(struct uplink *c)
{
    if (!c->is_open)
        return;
    int err = outbuf_send(&c->out, c->fd);
    if (err == -EAGAIN) {
        ev_io_start(c->loop, &c->writing);
        return;
    }
    ev_io_stop(c->loop, &c->writing);
    /* The server may have said why before it hung up: the reader gets to read
     * that, and then meets the end itself. */
    if (err == -EPIPE || err == -ECONNRESET)
        outbuf_free(&c->out);
    else if (err)
        fail(c, strerror(-err));
}

void uplink_close(struct uplink *c)
{
    ev_io_stop(c->loop, &c->reading);
    ev_io_stop(c->loop, &c->writing);
    ev_timer_stop(c->loop, &c->patience);
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    outbuf_free(&c->out);
    c->is_open = false;
}
