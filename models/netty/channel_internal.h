/*
 * channel_internal - the kinds of channels, and what only their loop may do.
 *
 * Netty's AbstractChannel and its Unsafe: the state machine is here once, in
 * channel_unsafe.c; a kind (socket, server socket, embedded) supplies the
 * do_ functions. All of them are called in the channel's loop.
 */
#ifndef NETTY_CHANNEL_INTERNAL_H
#define NETTY_CHANNEL_INTERNAL_H

#include "models/netty/channel.h"

struct channel_ops {
    const char *name; /* for texts */
    bool is_server;   /* it accepts, and is never written to */

    /* Whether such a channel can be registered there. */
    bool (*is_compatible)(const struct event_executor *loop);
    /* Any thread. Open: not closed. Active: connected, or bound. */
    bool (*is_open)(const struct channel *ch);
    bool (*is_active)(const struct channel *ch);

    int (*do_register)(struct channel *ch);
    void (*do_deregister)(struct channel *ch);
    int (*do_bind)(struct channel *ch, const struct socket_address *local);
    /* All of connect(): completes the promise, now or later. */
    void (*connect)(struct channel *ch, const struct socket_address *remote,
                    const struct socket_address *local,
                    struct promise *promise);
    int (*do_disconnect)(struct channel *ch);
    int (*do_close)(struct channel *ch);
    /* Reading is wanted, once; or is wanted no more (auto-read went off). */
    void (*do_begin_read)(struct channel *ch);
    void (*do_stop_read)(struct channel *ch);
    /* Sends what is flushed, as far as it goes. 0 or -errno. */
    int (*do_write)(struct channel *ch);
    /* EV_WRITE is armed: flushing has to wait for it. May be NULL. */
    bool (*is_flush_pending)(const struct channel *ch);
    /* Whether such a message can be written. 0 or -errno. */
    int (*filter_outbound)(struct channel *ch,
                           const struct reference_counted *msg);
    int (*do_shutdown_output)(struct channel *ch); /* may be NULL */

    int (*local_address)(struct channel *ch, struct socket_address *a);
    int (*remote_address)(struct channel *ch, struct socket_address *a);
    /* The socket's own options. -EOPNOTSUPP for those it has not. */
    int (*set_option)(struct channel *ch, enum channel_option option,
                      long value);
    int (*get_option)(struct channel *ch, enum channel_option option,
                      long *value);

    /* What reaches the tail of the pipeline: takes `msg` over, borrows `cause`.
     * NULL: released and logged. */
    void (*unhandled_message)(struct channel *ch,
                              struct reference_counted *msg);
    void (*unhandled_exception)(struct channel *ch, struct exception *cause);

    /* Gives the memory back, and the socket if it was never closed. */
    void (*destroy)(struct channel *ch);
};

/* Fills in *ch with one reference, the caller's. `parent` may be NULL. */
void channel_init(struct channel *ch, const struct channel_ops *ops,
                  struct channel *parent);

/* Runs run(arg) as a later task of the channel's loop, the channel kept until
 * then. Logged when refused. 0 or -errno. */
int channel_execute(struct channel *ch, task_fn run, void *arg);

/* "WHAT: the text of err"; the caller's. */
struct exception *channel_error(int err, const char *what);

/* ---- in the loop: what the pipeline's head does ---- */

void channel_unsafe_register(struct channel *ch, struct event_executor *loop,
                             struct promise *promise);
void channel_unsafe_bind(struct channel *ch, const struct socket_address *local,
                         struct promise *promise);
void channel_unsafe_connect(struct channel *ch,
                            const struct socket_address *remote,
                            const struct socket_address *local,
                            struct promise *promise);
void channel_unsafe_disconnect(struct channel *ch, struct promise *promise);
void channel_unsafe_close(struct channel *ch, struct promise *promise);
/* Takes over `cause`: what queued writes fail with. */
void channel_unsafe_close_with(struct channel *ch, struct promise *promise,
                               struct exception *cause);
/* Closes the socket and nothing more: the channel never was registered. */
void channel_unsafe_close_forcibly(struct channel *ch);
void channel_unsafe_deregister(struct channel *ch, struct promise *promise);
void channel_unsafe_begin_read(struct channel *ch);
void channel_unsafe_write(struct channel *ch, struct reference_counted *msg,
                          struct promise *promise);
void channel_unsafe_flush(struct channel *ch);
/* Sends even while EV_WRITE is armed: it has fired, or the kernel is to be
 * asked again. */
void channel_unsafe_force_flush(struct channel *ch);

#endif
