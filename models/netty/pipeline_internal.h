/*
 * pipeline_internal - what the pipeline's and the channel's files share.
 */
#ifndef NETTY_PIPELINE_INTERNAL_H
#define NETTY_PIPELINE_INTERNAL_H

#include "models/netty/channel.h"

/* What a handler may implement, and what an event may be: one bit each. */
enum {
    MASK_EXCEPTION_CAUGHT = 1 << 0,
    MASK_CHANNEL_REGISTERED = 1 << 1,
    MASK_CHANNEL_UNREGISTERED = 1 << 2,
    MASK_CHANNEL_ACTIVE = 1 << 3,
    MASK_CHANNEL_INACTIVE = 1 << 4,
    MASK_CHANNEL_READ = 1 << 5,
    MASK_CHANNEL_READ_COMPLETE = 1 << 6,
    MASK_USER_EVENT_TRIGGERED = 1 << 7,
    MASK_CHANNEL_WRITABILITY_CHANGED = 1 << 8,
    MASK_BIND = 1 << 9,
    MASK_CONNECT = 1 << 10,
    MASK_DISCONNECT = 1 << 11,
    MASK_CLOSE = 1 << 12,
    MASK_DEREGISTER = 1 << 13,
    MASK_READ = 1 << 14,
    MASK_WRITE = 1 << 15,
    MASK_FLUSH = 1 << 16,

    MASK_INBOUND = (1 << 9) - 1,
    MASK_OUTBOUND = (1 << 17) - (1 << 9),
};

/* An event on its way. What it holds, it owns, but for the promise. */
struct pipeline_event {
    uint32_t kind;                        /* a MASK_ bit; or WRITE and FLUSH */
    struct reference_counted *msg;        /* read, write */
    struct promise *promise;              /* outbound; may be NULL */
    struct exception *cause;              /* exception_caught */
    const struct user_event *user_event;  /* user_event_triggered */
    const struct socket_address *address; /* bind's; connect's remote */
    const struct socket_address *local;   /* connect's; may be NULL */
};

/* ---- context.c, context_hop.c: moving events ---- */

/*
 * A handler that does not implement the event is passed by, if it runs where
 * we come from. One that runs elsewhere is passed by only if it implements
 * nothing in this direction: else a later event that it does implement could
 * be overtaken on its detour by one that it does not.
 */
static inline bool context_skip(const struct channel_handler_context *n,
                                const struct channel_handler_context *from,
                                uint32_t kind)
{
    uint32_t direction = kind & MASK_INBOUND ? MASK_INBOUND : MASK_OUTBOUND;

    return !(n->mask & direction) ||
           (n->executor == from->executor && !(n->mask & kind));
}

static inline struct channel_handler_context *
context_find_next(struct channel_handler_context *from, uint32_t kind)
{
    struct channel_handler_context *n = from;

    do {
        n = kind & MASK_INBOUND ? n->next : n->prev;
    } while (context_skip(n, from, kind));
    return n;
}

/* Hands `e` on from `from`; any thread. */
void context_fire(struct channel_handler_context *from,
                  const struct pipeline_event *e);

/* Hands `e` to `ctx` itself; in its executor. */
void context_dispatch(struct channel_handler_context *ctx,
                      const struct pipeline_event *e);

/* Calls the handler's function for `e`; its answer. */
int context_call(struct channel_handler_context *ctx,
                 const struct pipeline_event *e);

/* The same in ctx's executor, as a task. */
void context_hop(struct channel_handler_context *ctx,
                 const struct pipeline_event *e);

/* context_fire from a thread that is not the channel's loop. */
void context_fire_from_elsewhere(struct channel_handler_context *from,
                                 const struct pipeline_event *e);

/* Gives back what an undelivered event holds; its promise fails. Borrows
 * `why`. */
void context_drop_event(const struct pipeline_event *e, struct exception *why);

/* Runs `run(ctx)` in the handler's executor as a task that keeps both ctx and
 * channel. 0 or -errno. */
int context_execute(struct channel_handler_context *ctx, task_fn run);

/* ---- context_watch.c: naming ---- */

extern uint64_t context_watch_ns; /* see channel_handler_watch; 0 = off */

/* Calls a handler and names it in the log if it held the thread too long. */
int context_call_watched(struct channel_handler_context *ctx,
                         const struct pipeline_event *e);

/* The Netty name of an event, for texts. */
const char *context_event_name(uint32_t kind);

/* ---- pipeline.c, pipeline_life.c ---- */

void pipeline_init(struct channel *ch);

/* The channel has been registered: calls the handler_added that have been
 * waiting. */
void pipeline_invoke_handler_added_if_needed(struct channel_pipeline *p);

/* Removes all handlers, from the tail on. Loop thread; the channel is closed
 * and unregistered. */
void pipeline_destroy(struct channel_pipeline *p);

/* Gives the memory back; the channel's last reference is gone. */
void pipeline_free(struct channel_pipeline *p);
void pipeline_free_pinned(struct channel_pipeline *p);

extern const struct channel_handler_ops pipeline_head_ops, pipeline_tail_ops;

uint32_t pipeline_mask_of(const struct channel_handler_ops *ops);

void context_init(struct channel_handler_context *ctx, struct channel *ch,
                  struct channel_handler *handler, const char *name,
                  struct event_executor *executor);

static inline void context_retain(struct channel_handler_context *ctx)
{
    atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
}

void context_release(struct channel_handler_context *ctx);

/* A handler has been linked in (in the loop): calls its handler_added, now or
 * in its executor or when the channel is registered. */
void pipeline_added(struct channel_handler_context *ctx);

/* A handler has been linked out (in the loop): the same for handler_removed;
 * then the pipeline's reference goes. */
void pipeline_removed(struct channel_handler_context *ctx);

/* Links out. Keeps the neighbours for as long as ctx lives. */
void pipeline_unlink(struct channel_handler_context *ctx);

static inline enum channel_handler_state
context_state(const struct channel_handler_context *ctx)
{
    return (
        enum channel_handler_state)atomic_load_explicit(&ctx->state,
                                                        memory_order_acquire);
}

static inline void context_set_state(struct channel_handler_context *ctx,
                                     enum channel_handler_state state)
{
    atomic_store_explicit(&ctx->state, (uint8_t)state, memory_order_release);
}

#endif
