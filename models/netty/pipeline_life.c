/*
 * pipeline_life - handler_added and handler_removed: when, and in which thread.
 *
 * Before the channel is registered it has no thread, so the callbacks queue,
 * in the order of the calls, until it is. A handler on another executor gets
 * them there, as tasks, behind the events that are on their way to it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/channel_internal.h"
#include "models/netty/pipeline_internal.h"

/* A callback that waits for the registration. */
struct pending_callback {
    struct channel_handler_context *ctx; /* kept by the pipeline's reference */
    bool removed;                        /* handler_removed, else _added */
    struct pending_callback *next;       /* in order */
};

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Gives the pipeline's reference back, but not before the handler's callbacks
 * that may be on the stack have returned: a task is one that comes later. */
static void release_later(struct channel_handler_context *ctx)
{
    (void)context_execute(ctx, do_nothing);
    context_release(ctx);
}

/* ---- removed ---- */

/* In the handler's executor. */
static void call_removed(struct channel_handler_context *ctx)
{
    int err = 0;

    if (context_state(ctx) == HANDLER_ADD_COMPLETE &&
        ctx->handler->ops->handler_removed)
        err = ctx->handler->ops->handler_removed(ctx);
    context_set_state(ctx, HANDLER_REMOVE_COMPLETE);
    if (err < 0)
        channel_pipeline_fire_exception_caught(
            &ctx->channel->pipeline,
            exception_new(err, "handler \"%s\" failed in handler_removed: %s",
                          ctx->name, strerror(-err)));
}

static int removed_task(void *arg)
{
    struct channel_handler_context *ctx = arg;

    call_removed(ctx);
    release_later(ctx);
    return 0;
}

static void run_removed(struct channel_handler_context *ctx)
{
    if (ctx->executor && context_execute(ctx, removed_task) == 0)
        return;
    call_removed(ctx);
    release_later(ctx);
}

/* ---- added ---- */

/* It failed in handler_added: out again. In the loop. */
static int take_out_task(void *arg)
{
    struct channel_handler_context *ctx = arg;

    pipeline_unlink(ctx);
    run_removed(ctx);
    return 0;
}

/* In the handler's executor. */
static void call_added(struct channel_handler_context *ctx)
{
    int err = 0;

    /* First: events that handler_added causes are to reach the handler. */
    context_set_state(ctx, HANDLER_ADD_COMPLETE);
    if (ctx->handler->ops->handler_added)
        err = ctx->handler->ops->handler_added(ctx);
    if (err >= 0)
        return;
    struct exception *cause =
        exception_new(err,
                      "handler \"%s\" failed in handler_added: %s; removed",
                      ctx->name, strerror(-err));
    if (!ctx->executor)
        take_out_task(ctx);
    else
        (void)channel_execute(ctx->channel, take_out_task, ctx);
    channel_pipeline_fire_exception_caught(&ctx->channel->pipeline, cause);
}

static int added_task(void *arg)
{
    call_added(arg);
    return 0;
}

static void run_added(struct channel_handler_context *ctx)
{
    if (!ctx->executor) {
        call_added(ctx);
        return;
    }
    if (context_execute(ctx, added_task) == 0)
        return;
    log_info("netty: handler \"%s\" not added: its executor takes no task",
             ctx->name);
    pipeline_unlink(ctx);
    context_set_state(ctx, HANDLER_REMOVE_COMPLETE);
    release_later(ctx);
}

/* ---- before the registration ---- */

/* Remembers the callback; false if there is no need to. */
static bool postpone(struct channel_handler_context *ctx, bool removed)
{
    struct channel_pipeline *p = &ctx->channel->pipeline;
    struct pending_callback **end = &p->pending;

    if (p->registered)
        return false;
    struct pending_callback *cb = malloc(sizeof(*cb));
    if (!cb) /* early rather than never */
        return false;
    *cb = (struct pending_callback){ctx, removed, NULL};
    while (*end)
        end = &(*end)->next;
    *end = cb;
    return true;
}

void pipeline_added(struct channel_handler_context *ctx)
{
    context_set_state(ctx, HANDLER_ADD_PENDING);
    if (!postpone(ctx, false))
        run_added(ctx);
}

void pipeline_removed(struct channel_handler_context *ctx)
{
    if (!postpone(ctx, true))
        run_removed(ctx);
}

void pipeline_invoke_handler_added_if_needed(struct channel_pipeline *p)
{
    if (p->registered)
        return;
    p->registered = true;
    while (p->pending) {
        struct pending_callback *cb = p->pending;
        p->pending = cb->next;
        if (cb->removed)
            run_removed(cb->ctx);
        else
            run_added(cb->ctx);
        free(cb);
    }
}

/* ---- the end ---- */

static void destroy_from_tail(struct channel_pipeline *p);

static int go_on_destroying(void *arg)
{
    struct channel *ch = arg;

    destroy_from_tail(&ch->pipeline);
    channel_release(ch);
    return 0;
}

/* In the executor of a handler that has one; then back to the loop. */
static int destroy_pinned_task(void *arg)
{
    struct channel_handler_context *ctx = arg;
    struct channel *ch = channel_retain(ctx->channel);

    call_removed(ctx);
    release_later(ctx);
    /* Refused: the loop has ended, and nobody else is there. */
    if (event_executor_execute(ch->loop, go_on_destroying, ch) < 0)
        go_on_destroying(ch);
    return 0;
}

static void destroy_from_tail(struct channel_pipeline *p)
{
    while (p->tail.prev != &p->head) {
        struct channel_handler_context *ctx = p->tail.prev;
        pipeline_unlink(ctx);
        if (ctx->executor && context_execute(ctx, destroy_pinned_task) == 0)
            return;
        call_removed(ctx);
        context_release(ctx);
    }
}

void pipeline_destroy(struct channel_pipeline *p)
{
    destroy_from_tail(p);
}

void pipeline_free(struct channel_pipeline *p)
{
    while (p->pending) {
        struct pending_callback *cb = p->pending;
        p->pending = cb->next;
        if (cb->removed)
            context_release(cb->ctx);
        free(cb);
    }
    while (p->tail.prev != &p->head) {
        struct channel_handler_context *ctx = p->tail.prev;
        pipeline_unlink(ctx);
        context_release(ctx);
    }
    pipeline_free_pinned(p);
}
