/*
 * channel_handler - the stages of a pipeline, and the context each stands in.
 *
 * A handler is a struct that begins with a struct channel_handler, whose ops
 * say which events it cares for; those left NULL pass it by at no cost:
 *
 *     inbound:  head -> h1 -> h2 -> ... -> tail   what has happened
 *     outbound: head <- h1 <- h2 <- ... <- tail   what is to be done
 *
 * An event ends in the handler that gets it. To have it go on, the handler
 * calls the ctx_fire_... or ctx_... function of the same name; so it decides
 * what its neighbours see, in either direction.
 *
 * DOC(netty.handler)
 * Ownership of a message: it belongs to whom it is given. channel_read() and
 * write() release `msg` or hand it on, whatever they return. The pipeline's
 * tail releases what nobody wanted, its head what has been sent.
 * END
 *
 * Failing: a callback returns 0 or -errno, where Netty's would throw. After an
 * inbound one the handler's own exception_caught() is called, and if it has
 * none the next handler's; a failed write() or connect() fails its promise,
 * and nothing else (Netty's rule: write failures never reach
 * exception_caught); what exception_caught() returns is only logged.
 *
 * Threads: a handler's callbacks run in the channel's event loop, or in the one
 * executor of the group it was added with. Of a handler that is not sharable
 * none runs beside another.
 *
 * Source: io.netty.channel.ChannelHandler, ChannelHandlerContext.
 */
#ifndef NETTY_CHANNEL_HANDLER_H
#define NETTY_CHANNEL_HANDLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/netty/event_executor.h"
#include "models/netty/exception.h"
#include "models/netty/promise.h"
#include "models/netty/reference_counted.h"
#include "models/netty/socket_address.h"

struct channel;
struct channel_handler;
struct channel_handler_context;
struct channel_pipeline;

/*
 * An event of a handler's own kind for the handlers behind it. Compared by
 * address; more data by embedding. It is not copied: a constant, or something
 * that outlives the channel.
 */
struct user_event {
    const char *name; /* for logs */
};

/* The peer has shut its sending half (with CHANNEL_OPTION_ALLOW_HALF_CLOSURE);
 * or we have shut ours. */
extern const struct user_event channel_input_shutdown_event;
extern const struct user_event channel_output_shutdown_event;

/* A class of handlers: one static constant each. What is NULL is skipped. */
struct channel_handler_ops {
    const char *name; /* of the class, as in "line_decoder" */
    bool sharable;    /* one may be in many pipelines, called by many threads */

    /* Life. Added: events come from now on; failing takes it out again.
     * Removed: no more come. */
    int (*handler_added)(struct channel_handler_context *ctx);
    int (*handler_removed)(struct channel_handler_context *ctx);
    /* `cause` is borrowed: retain it to keep it. */
    int (*exception_caught)(struct channel_handler_context *ctx,
                            struct exception *cause);

    /* Inbound. */
    int (*channel_registered)(struct channel_handler_context *ctx);
    int (*channel_unregistered)(struct channel_handler_context *ctx);
    int (*channel_active)(struct channel_handler_context *ctx);
    int (*channel_inactive)(struct channel_handler_context *ctx);
    int (*channel_read)(struct channel_handler_context *ctx,
                        struct reference_counted *msg);
    int (*channel_read_complete)(struct channel_handler_context *ctx);
    int (*user_event_triggered)(struct channel_handler_context *ctx,
                                const struct user_event *event);
    int (*channel_writability_changed)(struct channel_handler_context *ctx);

    /* Outbound. `promise` may be NULL: nobody wants to know. */
    int (*bind)(struct channel_handler_context *ctx,
                const struct socket_address *local, struct promise *promise);
    int (*connect)(struct channel_handler_context *ctx,
                   const struct socket_address *remote,
                   const struct socket_address *local, /* or NULL */
                   struct promise *promise);
    int (*disconnect)(struct channel_handler_context *ctx,
                      struct promise *promise);
    int (*close)(struct channel_handler_context *ctx, struct promise *promise);
    int (*deregister)(struct channel_handler_context *ctx,
                      struct promise *promise);
    int (*read)(struct channel_handler_context *ctx);
    int (*write)(struct channel_handler_context *ctx,
                 struct reference_counted *msg, struct promise *promise);
    int (*flush)(struct channel_handler_context *ctx);

    /* Gives the handler's memory back, once it is out of its pipeline and no
     * callback can come. NULL: it is static, or sharable and its owner's. */
    void (*destroy)(struct channel_handler *handler);
};

/* What each handler begins with. */
struct channel_handler {
    const struct channel_handler_ops *ops; /* set once */
    atomic_bool added; /* atomic: has ever been in a pipeline */
};

#define CHANNEL_HANDLER_INIT(handler_ops)                                      \
    {                                                                          \
        .ops = (handler_ops)                                                   \
    }

static inline void channel_handler_init(struct channel_handler *handler,
                                        const struct channel_handler_ops *ops)
{
    handler->ops = ops;
    atomic_init(&handler->added, false);
}

enum channel_handler_state {
    HANDLER_INIT,
    HANDLER_ADD_PENDING,     /* in the list; handler_added not yet called */
    HANDLER_ADD_COMPLETE,    /* events come */
    HANDLER_REMOVE_COMPLETE, /* no more events */
};

/* A handler's place in one pipeline. Private but for the functions below. */
struct channel_handler_context {
    /* set once: */
    struct channel *channel;         /* whose pipeline it is */
    struct channel_handler *handler; /* who stands here */
    struct event_executor *executor; /* NULL: the channel's event loop */
    const char *name;                /* unique in the pipeline */
    uint32_t mask;                   /* what the handler implements */
    bool owns_name;                  /* it was generated */

    /* the handler's executor only: */
    bool initializing; /* a channel_initializer is at work */

    /* changed by the loop only, under the channel's monitor: */
    struct channel_handler_context *next; /* towards the tail */
    struct channel_handler_context *prev; /* towards the head */

    /* atomic: */
    _Atomic uint8_t state; /* enum channel_handler_state */
    _Atomic uint32_t refs; /* the pipeline's, and one for each hop to it */
};

/* ---- what a handler asks its context ---- */

static inline struct channel *
ctx_channel(const struct channel_handler_context *ctx)
{
    return ctx->channel;
}

static inline struct channel_handler *
ctx_handler(const struct channel_handler_context *ctx)
{
    return ctx->handler;
}

static inline const char *ctx_name(const struct channel_handler_context *ctx)
{
    return ctx->name;
}

/* Who runs the handler: the channel's event loop, or its own executor. */
struct event_executor *ctx_executor(const struct channel_handler_context *ctx);

/* Whether the handler has left (or is leaving) the pipeline. */
static inline bool ctx_is_removed(const struct channel_handler_context *ctx)
{
    return atomic_load_explicit(&ctx->state, memory_order_acquire) ==
           HANDLER_REMOVE_COMPLETE;
}

struct channel_pipeline *
ctx_pipeline(const struct channel_handler_context *ctx);

/* The channel's allocator. */
const struct allocator *ctx_alloc(const struct channel_handler_context *ctx);

/* A promise whose listeners run in the handler's executor, for the functions
 * below; the caller's to release. NULL: no memory. */
struct promise *ctx_new_promise(const struct channel_handler_context *ctx);

/* ---- on to the next inbound handler ---- */

void ctx_fire_channel_registered(struct channel_handler_context *ctx);
void ctx_fire_channel_unregistered(struct channel_handler_context *ctx);
void ctx_fire_channel_active(struct channel_handler_context *ctx);
void ctx_fire_channel_inactive(struct channel_handler_context *ctx);
void ctx_fire_channel_read(struct channel_handler_context *ctx,
                           struct reference_counted *msg);
void ctx_fire_channel_read_complete(struct channel_handler_context *ctx);
void ctx_fire_user_event_triggered(struct channel_handler_context *ctx,
                                   const struct user_event *event);
void ctx_fire_channel_writability_changed(struct channel_handler_context *ctx);
/* Takes over the caller's reference to `cause`. */
void ctx_fire_exception_caught(struct channel_handler_context *ctx,
                               struct exception *cause);

/* ---- on to the previous outbound handler ---- */

/*
 * Any thread. Each takes `msg` over, and completes `promise` (NULL: nobody
 * wants to know), whose reference stays the caller's. What starts here passes
 * by the handlers between this one and the tail: channel_write() and the others
 * in channel.h start at the tail.
 */
void ctx_bind(struct channel_handler_context *ctx,
              const struct socket_address *local, struct promise *promise);
void ctx_connect(struct channel_handler_context *ctx,
                 const struct socket_address *remote,
                 const struct socket_address *local, struct promise *promise);
void ctx_disconnect(struct channel_handler_context *ctx,
                    struct promise *promise);
void ctx_close(struct channel_handler_context *ctx, struct promise *promise);
void ctx_deregister(struct channel_handler_context *ctx,
                    struct promise *promise);
void ctx_read(struct channel_handler_context *ctx);
void ctx_write(struct channel_handler_context *ctx,
               struct reference_counted *msg, struct promise *promise);
void ctx_flush(struct channel_handler_context *ctx);
void ctx_write_and_flush(struct channel_handler_context *ctx,
                         struct reference_counted *msg,
                         struct promise *promise);

/* ---- what a blocked loop looks like ---- */

/* From now on a handler's callback that held its thread for more than `ns`, the
 * handlers it called not counted, is named in the log. 0: off. Before threads
 * start. */
void channel_handler_watch(uint64_t ns);

#endif
