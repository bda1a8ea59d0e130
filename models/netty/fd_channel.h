/*
 * fd_channel - a channel on a file descriptor of its event loop's libev.
 *
 * What socket and server socket channels share: one ev_io, whose interest in
 * reading and writing is changed as needed (libev tells epoll once a turn, and
 * only if it differs). Netty: AbstractNioChannel.
 *
 * Loop thread only. Private to the kinds of channels.
 */
#ifndef NETTY_FD_CHANNEL_H
#define NETTY_FD_CHANNEL_H

#include <ev.h>

#include "models/netty/channel_internal.h"

struct fd_channel {
    struct channel base; /* first */

    /* set once: */
    void (*on_writable)(struct channel *ch); /* before on_readable */
    void (*on_readable)(struct channel *ch);

    /* atomic: written by the loop */
    atomic_int fd;      /* non-blocking; -1 once closed */
    atomic_bool active; /* connected, or bound */

    /* loop thread only: */
    int interest;      /* EV_READ, EV_WRITE */
    ev_io io;          /* active while there is interest and a loop */
    bool read_pending; /* read() has been asked for */
};

static inline struct fd_channel *fd_channel_of(struct channel *ch)
{
    return (struct fd_channel *)ch;
}

static inline int fd_channel_fd(const struct fd_channel *fc)
{
    return atomic_load_explicit(&fc->fd, memory_order_relaxed);
}

/* After channel_init. Takes fd over. */
void fd_channel_init(struct fd_channel *fc, int fd);

/* Changes what is waited for. */
void fd_channel_set_interest(struct fd_channel *fc, int interest);

static inline void fd_channel_want(struct fd_channel *fc, int events)
{
    fd_channel_set_interest(fc, fc->interest | events);
}

static inline void fd_channel_do_not_want(struct fd_channel *fc, int events)
{
    fd_channel_set_interest(fc, fc->interest & ~events);
}

/* The usual functions, for struct channel_ops. */
bool fd_channel_is_compatible(const struct event_executor *loop);
bool fd_channel_is_open(const struct channel *ch);
bool fd_channel_is_active(const struct channel *ch);
int fd_channel_do_register(struct channel *ch);
void fd_channel_do_deregister(struct channel *ch);
int fd_channel_do_close(struct channel *ch);
void fd_channel_do_begin_read(struct channel *ch);
void fd_channel_do_stop_read(struct channel *ch);
int fd_channel_local_address(struct channel *ch, struct socket_address *a);
int fd_channel_remote_address(struct channel *ch, struct socket_address *a);
int fd_channel_set_option(struct channel *ch, enum channel_option option,
                          long value);
int fd_channel_get_option(struct channel *ch, enum channel_option option,
                          long *value);

#endif
