/*
 * context - how an event gets from one handler to the next.
 *
 * In the channel's loop, the usual case, the next handler is found by walking
 * the list past those that do not implement the event, and called: a few
 * nanoseconds. If it is pinned to another executor the event becomes a task
 * there. From any other thread the list is walked under the channel's monitor,
 * and the context found is kept by a reference until the event has arrived;
 * see context_hop.c.
 *
 * What is inlined here is compiled once for each kind of event, with the kind
 * as a constant, so that the switch is gone.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/misuse.h"
#include "models/netty/pipeline_internal.h"

#define INLINE static inline __attribute__((always_inline))

struct event_executor *ctx_executor(const struct channel_handler_context *ctx)
{
    return ctx->executor ? ctx->executor : ctx->channel->loop;
}

struct channel_pipeline *ctx_pipeline(const struct channel_handler_context *ctx)
{
    return &ctx->channel->pipeline;
}

const struct allocator *ctx_alloc(const struct channel_handler_context *ctx)
{
    return ctx->channel->config.allocator;
}

/* ---- calling a handler ---- */

INLINE int call(struct channel_handler_context *ctx,
                const struct pipeline_event *e)
{
    const struct channel_handler_ops *ops = ctx->handler->ops;

    switch (e->kind) {
    case MASK_CHANNEL_REGISTERED: return ops->channel_registered(ctx);
    case MASK_CHANNEL_UNREGISTERED: return ops->channel_unregistered(ctx);
    case MASK_CHANNEL_ACTIVE: return ops->channel_active(ctx);
    case MASK_CHANNEL_INACTIVE: return ops->channel_inactive(ctx);
    case MASK_CHANNEL_READ: return ops->channel_read(ctx, e->msg);
    case MASK_CHANNEL_READ_COMPLETE: return ops->channel_read_complete(ctx);
    case MASK_USER_EVENT_TRIGGERED:
        return ops->user_event_triggered(ctx, e->user_event);
    case MASK_CHANNEL_WRITABILITY_CHANGED:
        return ops->channel_writability_changed(ctx);
    case MASK_EXCEPTION_CAUGHT: return ops->exception_caught(ctx, e->cause);
    case MASK_BIND: return ops->bind(ctx, e->address, e->promise);
    case MASK_CONNECT:
        return ops->connect(ctx, e->address, e->local, e->promise);
    case MASK_DISCONNECT: return ops->disconnect(ctx, e->promise);
    case MASK_CLOSE: return ops->close(ctx, e->promise);
    case MASK_DEREGISTER: return ops->deregister(ctx, e->promise);
    case MASK_READ: return ops->read(ctx);
    case MASK_WRITE: return ops->write(ctx, e->msg, e->promise);
    case MASK_FLUSH: return ops->flush(ctx);
    default: abort();
    }
}

int context_call(struct channel_handler_context *ctx,
                 const struct pipeline_event *e)
{
    return call(ctx, e);
}

/* The handler has answered -errno to an event. */
static __attribute__((noinline)) void
on_failure(struct channel_handler_context *ctx, const struct pipeline_event *e,
           int err)
{
    const char *name = context_event_name(e->kind);

    if (e->kind == MASK_EXCEPTION_CAUGHT) {
        log_info("netty: handler \"%s\" failed in exception_caught (%s) while "
                 "handling: %s",
                 ctx->name, strerror(-err), e->cause->text);
        return;
    }
    struct exception *cause =
        exception_new(err, "handler \"%s\" failed in %s: %s", ctx->name, name,
                      strerror(-err));
    if (e->kind & MASK_OUTBOUND && !(e->kind & (MASK_READ | MASK_FLUSH))) {
        if (e->promise)
            promise_try_failure(e->promise, cause);
        else
            exception_release(cause);
        return;
    }
    const struct pipeline_event caught = {.kind = MASK_EXCEPTION_CAUGHT,
                                          .cause = cause};
    context_dispatch(ctx, &caught);
}

/* An event that is two, from another thread: write and flush at one go. */
static void dispatch_both(struct channel_handler_context *ctx,
                          const struct pipeline_event *e)
{
    struct pipeline_event write = *e;
    const struct pipeline_event flush = {.kind = MASK_FLUSH};

    write.kind = MASK_WRITE;
    context_dispatch(ctx, &write);
    context_dispatch(ctx, &flush);
}

/* Hands the event to ctx, in ctx's executor. */
INLINE void dispatch(struct channel_handler_context *ctx,
                     const struct pipeline_event *e)
{
    int err;

    if (__builtin_expect(context_state(ctx) != HANDLER_ADD_COMPLETE ||
                             !(ctx->mask & e->kind),
                         0)) {
        context_fire(ctx, e);
        return;
    }
    if (e->msg)
        reference_touch(e->msg, ctx->handler->ops->name);
    if (__builtin_expect(context_watch_ns > 0, 0))
        err = context_call_watched(ctx, e);
    else
        err = call(ctx, e);
    if (__builtin_expect(err < 0, 0))
        on_failure(ctx, e, err);
    if (e->kind == MASK_EXCEPTION_CAUGHT)
        exception_release(e->cause);
}

void context_dispatch(struct channel_handler_context *ctx,
                      const struct pipeline_event *e)
{
    if (e->kind == (MASK_WRITE | MASK_FLUSH))
        dispatch_both(ctx, e);
    else
        dispatch(ctx, e);
}

/* On from `from`, called in any thread. */
INLINE void fire(struct channel_handler_context *from,
                 const struct pipeline_event *e)
{
    if (__builtin_expect(!channel_in_event_loop(from->channel), 0)) {
        context_fire_from_elsewhere(from, e);
        return;
    }
    struct channel_handler_context *n = context_find_next(from, e->kind);
    if (__builtin_expect(n->executor != NULL, 0))
        context_hop(n, e);
    else
        dispatch(n, e);
}

void context_fire(struct channel_handler_context *from,
                  const struct pipeline_event *e)
{
    fire(from, e);
}

/* ---- inbound ---- */

#define DEFINE_FIRE(event, bit)                                                \
    void ctx_fire_##event(struct channel_handler_context *ctx)                 \
    {                                                                          \
        fire(ctx, &(struct pipeline_event){.kind = (bit)});                    \
    }

DEFINE_FIRE(channel_registered, MASK_CHANNEL_REGISTERED)
DEFINE_FIRE(channel_unregistered, MASK_CHANNEL_UNREGISTERED)
DEFINE_FIRE(channel_active, MASK_CHANNEL_ACTIVE)
DEFINE_FIRE(channel_inactive, MASK_CHANNEL_INACTIVE)
DEFINE_FIRE(channel_read_complete, MASK_CHANNEL_READ_COMPLETE)
DEFINE_FIRE(channel_writability_changed, MASK_CHANNEL_WRITABILITY_CHANGED)

void ctx_fire_channel_read(struct channel_handler_context *ctx,
                           struct reference_counted *msg)
{
    fire(ctx, &(struct pipeline_event){.kind = MASK_CHANNEL_READ, .msg = msg});
}

void ctx_fire_user_event_triggered(struct channel_handler_context *ctx,
                                   const struct user_event *event)
{
    fire(ctx, &(struct pipeline_event){.kind = MASK_USER_EVENT_TRIGGERED,
                                       .user_event = event});
}

void ctx_fire_exception_caught(struct channel_handler_context *ctx,
                               struct exception *cause)
{
    fire(ctx, &(struct pipeline_event){.kind = MASK_EXCEPTION_CAUGHT,
                                       .cause = cause});
}

/* ---- outbound ---- */

/* Whether an operation with this promise is to be begun. */
INLINE bool accept_promise(const struct promise *promise, const char *operation)
{
    if (__builtin_expect(!promise || !future_is_done(&promise->future), 1))
        return true;
    if (!future_is_cancelled(&promise->future))
        misuse("%s: its promise is complete already", operation);
    return false;
}

void ctx_bind(struct channel_handler_context *ctx,
              const struct socket_address *local, struct promise *promise)
{
    if (accept_promise(promise, "bind"))
        fire(ctx, &(struct pipeline_event){.kind = MASK_BIND,
                                           .address = local,
                                           .promise = promise});
}

void ctx_connect(struct channel_handler_context *ctx,
                 const struct socket_address *remote,
                 const struct socket_address *local, struct promise *promise)
{
    if (accept_promise(promise, "connect"))
        fire(ctx, &(struct pipeline_event){.kind = MASK_CONNECT,
                                           .address = remote,
                                           .local = local,
                                           .promise = promise});
}

#define DEFINE_OPERATION(operation, bit)                                       \
    void ctx_##operation(struct channel_handler_context *ctx,                  \
                         struct promise *promise)                              \
    {                                                                          \
        if (accept_promise(promise, #operation))                               \
            fire(ctx,                                                          \
                 &(struct pipeline_event){.kind = (bit), .promise = promise}); \
    }

DEFINE_OPERATION(disconnect, MASK_DISCONNECT)
DEFINE_OPERATION(close, MASK_CLOSE)
DEFINE_OPERATION(deregister, MASK_DEREGISTER)

void ctx_read(struct channel_handler_context *ctx)
{
    fire(ctx, &(struct pipeline_event){.kind = MASK_READ});
}

void ctx_flush(struct channel_handler_context *ctx)
{
    fire(ctx, &(struct pipeline_event){.kind = MASK_FLUSH});
}

INLINE void write_from(struct channel_handler_context *ctx, uint32_t kind,
                       struct reference_counted *msg, struct promise *promise)
{
    if (!accept_promise(promise, "write")) {
        reference_release(msg);
        return;
    }
    fire(ctx, &(struct pipeline_event){.kind = kind,
                                       .msg = msg,
                                       .promise = promise});
}

void ctx_write(struct channel_handler_context *ctx,
               struct reference_counted *msg, struct promise *promise)
{
    write_from(ctx, MASK_WRITE, msg, promise);
}

void ctx_write_and_flush(struct channel_handler_context *ctx,
                         struct reference_counted *msg, struct promise *promise)
{
    if (event_executor_in_event_loop(ctx_executor(ctx))) {
        write_from(ctx, MASK_WRITE, msg, promise);
        ctx_flush(ctx);
    } else {
        write_from(ctx, MASK_WRITE | MASK_FLUSH, msg, promise);
    }
}
