#include "models/netty/fd_channel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The watcher runs in the loop; deregistering is always a later task, so the
 * channel lives until this returns. */
static void on_io(struct ev_loop *ev, ev_io *w, int revents)
{
    struct fd_channel *fc = w->data;

    (void)ev;
    if (revents & EV_WRITE)
        fc->on_writable(&fc->base);
    if (revents & EV_READ && fc->interest & EV_READ)
        fc->on_readable(&fc->base);
}

void fd_channel_init(struct fd_channel *fc, int fd)
{
    atomic_init(&fc->fd, fd);
    atomic_init(&fc->active, false);
    fc->interest = 0;
    fc->read_pending = false;
    ev_io_init(&fc->io, on_io, fd, 0);
    fc->io.data = fc;
}

void fd_channel_set_interest(struct fd_channel *fc, int interest)
{
    if (interest == fc->interest)
        return;
    fc->interest = interest;
    if (!channel_is_registered(&fc->base))
        return;
    struct ev_loop *ev = event_loop_of(fc->base.loop)->ev;
    ev_io_stop(ev, &fc->io);
    /* Not ev_io_set(): that has epoll told even if nothing has changed. */
    ev_io_modify(&fc->io, interest);
    if (interest)
        ev_io_start(ev, &fc->io);
}

bool fd_channel_is_compatible(const struct event_executor *loop)
{
    return event_executor_is_event_loop(loop);
}

bool fd_channel_is_open(const struct channel *ch)
{
    return fd_channel_fd((const struct fd_channel *)ch) >= 0;
}

bool fd_channel_is_active(const struct channel *ch)
{
    const struct fd_channel *fc = (const struct fd_channel *)ch;

    return atomic_load_explicit(&fc->active, memory_order_acquire);
}

int fd_channel_do_register(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    struct event_loop *loop = event_loop_of(ch->loop);

    event_loop_add_member(loop, &ch->member);
    if (fc->interest) {
        ev_io_modify(&fc->io, fc->interest);
        ev_io_start(loop->ev, &fc->io);
    }
    return 0;
}

void fd_channel_do_deregister(struct channel *ch)
{
    struct event_loop *loop = event_loop_of(ch->loop);

    ev_io_stop(loop->ev, &fd_channel_of(ch)->io);
    event_loop_remove_member(loop, &ch->member);
}

int fd_channel_do_close(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    int fd = fd_channel_fd(fc);

    fd_channel_set_interest(fc, 0); /* before the number can be reused */
    atomic_store_explicit(&fc->active, false, memory_order_release);
    atomic_store_explicit(&fc->fd, -1, memory_order_relaxed);
    /* EINTR too means closed, on Linux. */
    return fd >= 0 && close(fd) < 0 && errno != EINTR ? -errno : 0;
}

void fd_channel_do_begin_read(struct channel *ch)
{
    fd_channel_of(ch)->read_pending = true;
    fd_channel_want(fd_channel_of(ch), EV_READ);
}

void fd_channel_do_stop_read(struct channel *ch)
{
    fd_channel_of(ch)->read_pending = false;
    fd_channel_do_not_want(fd_channel_of(ch), EV_READ);
}

int fd_channel_local_address(struct channel *ch, struct socket_address *a)
{
    a->len = sizeof(a->u);
    return getsockname(fd_channel_fd(fd_channel_of(ch)), &a->u.any, &a->len) < 0
               ? -errno
               : 0;
}

int fd_channel_remote_address(struct channel *ch, struct socket_address *a)
{
    a->len = sizeof(a->u);
    return getpeername(fd_channel_fd(fd_channel_of(ch)), &a->u.any, &a->len) < 0
               ? -errno
               : 0;
}

/* ---- socket options that are one int ---- */

static const struct {
    enum channel_option option;
    int level;
    int name;
} ints[] = {
    {CHANNEL_OPTION_SO_SNDBUF, SOL_SOCKET, SO_SNDBUF},
    {CHANNEL_OPTION_SO_RCVBUF, SOL_SOCKET, SO_RCVBUF},
    {CHANNEL_OPTION_SO_REUSEADDR, SOL_SOCKET, SO_REUSEADDR},
    {CHANNEL_OPTION_SO_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE},
    {CHANNEL_OPTION_TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY},
};

enum { N_INTS = sizeof(ints) / sizeof(ints[0]) };

static int set_linger(int fd, long seconds)
{
    struct linger l = {.l_onoff = seconds >= 0,
                       .l_linger = seconds >= 0 ? (int)seconds : 0};

    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) < 0 ? -errno
                                                                    : 0;
}

static int get_linger(int fd, long *seconds)
{
    struct linger l;
    socklen_t len = sizeof(l);

    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len) < 0)
        return -errno;
    *seconds = l.l_onoff ? l.l_linger : -1;
    return 0;
}

int fd_channel_set_option(struct channel *ch, enum channel_option option,
                          long value)
{
    int fd = fd_channel_fd(fd_channel_of(ch));
    int v = (int)value;

    if (option == CHANNEL_OPTION_SO_LINGER)
        return set_linger(fd, value);
    for (int i = 0; i < N_INTS; i++) {
        if (ints[i].option == option)
            return setsockopt(fd, ints[i].level, ints[i].name, &v, sizeof(v)) <
                           0
                       ? -errno
                       : 0;
    }
    return -EOPNOTSUPP;
}

int fd_channel_get_option(struct channel *ch, enum channel_option option,
                          long *value)
{
    int fd = fd_channel_fd(fd_channel_of(ch));
    int v;
    socklen_t len = sizeof(v);

    if (option == CHANNEL_OPTION_SO_LINGER)
        return get_linger(fd, value);
    for (int i = 0; i < N_INTS; i++) {
        if (ints[i].option != option)
            continue;
        if (getsockopt(fd, ints[i].level, ints[i].name, &v, &len) < 0)
            return -errno;
        *value = v;
        return 0;
    }
    return -EOPNOTSUPP;
}
