/*
 * channel - a connection, or what accepts them: its life and its operations.
 *
 * A channel belongs to one event loop for its whole life. What it lives
 * through, as its handlers see it:
 *
 *     channel_registered      it has a loop
 *     channel_active          it is connected (or bound): reading begins
 *     channel_read ...        messages, and channel_read_complete after each
 *                             burst
 *     channel_inactive        it is closed
 *     channel_unregistered    it has no loop any more; then the handlers are
 *                             removed, from the tail on
 *
 * Operations may be called from any thread and never block: they become tasks
 * of the loop if need be, pass through the pipeline from its tail to its head,
 * and complete a promise. In the loop they are carried out at once, and never
 * call an inbound handler before they return, but for the writability event.
 *
 * DOC(netty.close)
 * Closing, once: what is queued fails, the socket is closed, the close future
 * and the promise complete; as a later task come channel_inactive,
 * channel_unregistered and handler_removed.
 * END
 *
 * Ownership: channels are counted (reference_retain, reference_release) and are
 * messages themselves: a server channel hands its children through its
 * pipeline. A registered channel holds one reference of its own, so who only
 * uses it from its handlers needs none.
 *
 * Source: io.netty.channel.Channel, AbstractChannel.
 */
#ifndef NETTY_CHANNEL_H
#define NETTY_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/allocator.h"
#include "models/netty/channel_handler.h"
#include "models/netty/event_loop.h"
#include "models/netty/outbound.h"
#include "models/netty/pipeline.h"
#include "models/netty/promise.h"
#include "models/netty/reference_counted.h"
#include "models/netty/socket_address.h"

struct channel_ops;

enum channel_option {
    CHANNEL_OPTION_AUTO_READ,              /* read again after each burst (1) */
    CHANNEL_OPTION_AUTO_CLOSE,             /* close when a write fails (1) */
    CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS, /* 0 = none (30000) */
    CHANNEL_OPTION_MAX_MESSAGES_PER_READ,  /* reads a burst (16) */
    CHANNEL_OPTION_WRITE_SPIN_COUNT,       /* sends a flush (16) */
    CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK, /* bytes (65536) */
    CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK,  /* bytes (32768) */
    CHANNEL_OPTION_ALLOW_HALF_CLOSURE, /* EOF is an event, not the end (0) */
    CHANNEL_OPTION_RCVBUF_MAX,         /* bytes a read at most (65536) */
    CHANNEL_OPTION_SO_BACKLOG,         /* from here on: the socket's */
    CHANNEL_OPTION_SO_SNDBUF,
    CHANNEL_OPTION_SO_RCVBUF,
    CHANNEL_OPTION_SO_REUSEADDR,
    CHANNEL_OPTION_SO_KEEPALIVE,
    CHANNEL_OPTION_SO_LINGER, /* seconds; -1 = off */
    CHANNEL_OPTION_TCP_NODELAY,
};

/* Loop thread only, unless atomic. */
struct channel_config {
    const struct allocator *allocator; /* of the buffers read into */
    _Atomic uint32_t high_water_mark;  /* atomic: unwritable above */
    _Atomic uint32_t low_water_mark;   /* atomic: writable below */
    uint32_t connect_timeout_ms;       /* 0 = none */
    uint32_t rcvbuf_max;               /* bytes a read */
    uint16_t max_messages_per_read;    /* a burst */
    uint16_t write_spin_count;         /* a flush */
    atomic_bool auto_read;             /* atomic */
    bool auto_close;                   /* when a write fails */
    bool allow_half_closure;           /* EOF is an event */
};

struct channel {
    struct reference_counted ref; /* first: a channel is a message */

    /* set once: */
    const struct channel_ops *ops; /* its kind */
    struct channel *parent;        /* who accepted it, counted; or NULL */
    uint32_t id;                   /* for logs */

    /* set by register: */
    struct event_executor *loop; /* NULL until then */

    struct channel_config config;            /* see there */
    struct event_loop_member member;         /* loop thread only */
    struct channel_outbound_buffer outbound; /* see there */
    struct channel_pipeline pipeline;        /* see there */
    struct promise close_future;             /* done when closed */

    /* atomic: written by the loop */
    atomic_bool registered; /* it has a loop, and its loop knows it */

    /* loop thread only: */
    bool ever_registered; /* channel_active has had its chance */
    bool close_initiated; /* close has begun */
    bool in_flush;        /* flush is not re-entrant */
};

extern const struct reference_counted_type channel_type;

/* A message that is a channel, else NULL. */
static inline struct channel *channel_of(struct reference_counted *msg)
{
    return msg->type == &channel_type ? (struct channel *)msg : NULL;
}

static inline struct channel *channel_retain(struct channel *ch)
{
    reference_retain(&ch->ref);
    return ch;
}

static inline void channel_release(struct channel *ch)
{
    if (ch)
        reference_release(&ch->ref);
}

/* ---- asking; any thread ---- */

static inline struct event_executor *
channel_event_loop(const struct channel *ch)
{
    return ch->loop;
}

/* Whether the calling thread is the channel's. Before it is registered, any
 * is: the one that is setting it up. */
static inline bool channel_in_event_loop(const struct channel *ch)
{
    return !ch->loop || event_executor_in_event_loop(ch->loop);
}

static inline struct channel_pipeline *channel_pipeline(struct channel *ch)
{
    return &ch->pipeline;
}

static inline bool channel_is_registered(const struct channel *ch)
{
    return atomic_load_explicit(&ch->registered, memory_order_acquire);
}

bool channel_is_open(const struct channel *ch);
bool channel_is_active(const struct channel *ch);

static inline bool channel_is_writable(const struct channel *ch)
{
    return atomic_load_explicit(&ch->outbound.unwritable,
                                memory_order_acquire) == 0;
}

/* How many more bytes until it becomes unwritable (0 if it is), or until it
 * becomes writable again (0 if it is). */
size_t channel_bytes_before_unwritable(const struct channel *ch);
size_t channel_bytes_before_writable(const struct channel *ch);

/* Done when the channel is closed; never fails. Borrowed. */
static inline struct future *channel_close_future(struct channel *ch)
{
    return &ch->close_future.future;
}

/* 0 or -errno. */
int channel_local_address(struct channel *ch, struct socket_address *a);
int channel_remote_address(struct channel *ch, struct socket_address *a);

/* "[id: 0x0000002a, L:127.0.0.1:6667 - R:127.0.0.1:40404]" into `text`. */
enum { CHANNEL_TEXT = 192 };
const char *channel_describe(struct channel *ch, char text[CHANNEL_TEXT]);

/* 0; -EINVAL for a bad value; -EOPNOTSUPP when this kind of channel has no such
 * option; or the socket's -errno. In the loop, or before registering;
 * AUTO_READ and the water marks on any thread. */
int channel_set_option(struct channel *ch, enum channel_option option,
                       long value);
int channel_get_option(struct channel *ch, enum channel_option option,
                       long *value);

/* channel_set_option for the one that is used while running. Switching it on
 * reads. */
void channel_set_auto_read(struct channel *ch, bool on);
static inline bool channel_is_auto_read(const struct channel *ch)
{
    return atomic_load_explicit(&ch->config.auto_read, memory_order_relaxed);
}

/* ---- doing; any thread, never blocking; see ctx_ in channel_handler.h ---- */

/* A promise whose listeners run in the channel's loop; the caller's to release.
 * NULL: no memory. */
struct promise *channel_new_promise(struct channel *ch);

/* Gives the channel its loop, for life. Once. */
void channel_register(struct channel *ch, struct event_executor *loop,
                      struct promise *promise);
/* With the group's next loop. */
void event_loop_group_register(struct event_executor_group *group,
                               struct channel *ch, struct promise *promise);

void channel_bind(struct channel *ch, const struct socket_address *local,
                  struct promise *promise);
void channel_connect(struct channel *ch, const struct socket_address *remote,
                     const struct socket_address *local,
                     struct promise *promise);
void channel_disconnect(struct channel *ch, struct promise *promise);
void channel_close(struct channel *ch, struct promise *promise);
void channel_deregister(struct channel *ch, struct promise *promise);
void channel_read(struct channel *ch);
void channel_write(struct channel *ch, struct reference_counted *msg,
                   struct promise *promise);
void channel_flush(struct channel *ch);
void channel_write_and_flush(struct channel *ch, struct reference_counted *msg,
                             struct promise *promise);

/* Netty's ChannelFutureListener.CLOSE and CLOSE_ON_FAILURE: for
 * future_add_listener, with NULL as argument, on a channel's future. */
void channel_future_close(struct future *f, void *unused);
void channel_future_close_on_failure(struct future *f, void *unused);

#endif
