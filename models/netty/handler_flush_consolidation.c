#include "models/netty/handler_flush_consolidation.h"

#include <errno.h>
#include <stdlib.h>

#include "models/netty/channel.h"

struct flush_consolidation_handler {
    struct channel_handler handler; /* first */

    /* set once: */
    int limit;      /* flushes kept back at most */
    bool when_idle; /* gather outside of bursts, too */

    /* the handler's executor only: */
    struct channel_handler_context *ctx; /* while in the pipeline, else NULL */
    int kept_back;                       /* flushes */
    bool reading;                        /* within a burst */
    bool task_queued;                    /* flush_later will be called */

    /* atomic: the pipeline's hold on the memory, and the task's, which may
     * come when the pipeline's is gone */
    _Atomic uint32_t holders;
};

static struct flush_consolidation_handler *
handler_of(const struct channel_handler_context *ctx)
{
    return (struct flush_consolidation_handler *)ctx_handler(ctx);
}

static void let_go(struct flush_consolidation_handler *h)
{
    if (atomic_fetch_sub_explicit(&h->holders, 1, memory_order_acq_rel) == 1)
        free(h);
}

static void flush_now(struct flush_consolidation_handler *h,
                      struct channel_handler_context *ctx)
{
    h->kept_back = 0;
    ctx_flush(ctx);
}

static void flush_if_needed(struct channel_handler_context *ctx)
{
    struct flush_consolidation_handler *h = handler_of(ctx);

    if (h->kept_back > 0)
        flush_now(h, ctx);
}

static void end_burst(struct channel_handler_context *ctx)
{
    handler_of(ctx)->reading = false;
    flush_if_needed(ctx);
}

/* The task of `when_idle`. A flush in the meantime leaves it nothing to do. */
static int flush_later(void *arg)
{
    struct flush_consolidation_handler *h = arg;

    h->task_queued = false;
    if (h->ctx && h->kept_back > 0 && !h->reading)
        flush_now(h, h->ctx);
    let_go(h);
    return 0;
}

static void queue_task(struct flush_consolidation_handler *h,
                       struct channel_handler_context *ctx)
{
    h->task_queued = true;
    /* Relaxed: the pipeline holds it meanwhile. */
    atomic_fetch_add_explicit(&h->holders, 1, memory_order_relaxed);
    if (event_executor_execute(ctx_executor(ctx), flush_later, h) != 0) {
        h->task_queued = false;
        atomic_fetch_sub_explicit(&h->holders, 1, memory_order_relaxed);
        flush_now(h, ctx);
    }
}

static int flush(struct channel_handler_context *ctx)
{
    struct flush_consolidation_handler *h = handler_of(ctx);

    if (!h->reading && !h->when_idle) {
        ctx_flush(ctx);
        return 0;
    }
    if (++h->kept_back >= h->limit)
        flush_now(h, ctx);
    else if (!h->reading && !h->task_queued)
        queue_task(h, ctx);
    return 0;
}

static int handler_added(struct channel_handler_context *ctx)
{
    handler_of(ctx)->ctx = ctx;
    return 0;
}

static int handler_removed(struct channel_handler_context *ctx)
{
    flush_if_needed(ctx);
    handler_of(ctx)->ctx = NULL;
    return 0;
}

static int on_read(struct channel_handler_context *ctx,
                   struct reference_counted *msg)
{
    handler_of(ctx)->reading = true;
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int on_read_complete(struct channel_handler_context *ctx)
{
    /* The last flushes first: a handler behind may add to them, but theirs
     * belong to the next burst. */
    end_burst(ctx);
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

static int exception_caught(struct channel_handler_context *ctx,
                            struct exception *cause)
{
    end_burst(ctx);
    ctx_fire_exception_caught(ctx, exception_retain(cause));
    return 0;
}

static int writability_changed(struct channel_handler_context *ctx)
{
    if (!channel_is_writable(ctx_channel(ctx)))
        flush_if_needed(ctx);
    ctx_fire_channel_writability_changed(ctx);
    return 0;
}

static int on_disconnect(struct channel_handler_context *ctx,
                         struct promise *promise)
{
    end_burst(ctx);
    ctx_disconnect(ctx, promise);
    return 0;
}

static int on_close(struct channel_handler_context *ctx,
                    struct promise *promise)
{
    end_burst(ctx);
    ctx_close(ctx, promise);
    return 0;
}

static void destroy(struct channel_handler *handler)
{
    let_go((struct flush_consolidation_handler *)handler);
}

static const struct channel_handler_ops ops = {
    .name = "flush_consolidation_handler",
    .handler_added = handler_added,
    .handler_removed = handler_removed,
    .exception_caught = exception_caught,
    .channel_read = on_read,
    .channel_read_complete = on_read_complete,
    .channel_writability_changed = writability_changed,
    .disconnect = on_disconnect,
    .close = on_close,
    .flush = flush,
    .destroy = destroy,
};

struct channel_handler *flush_consolidation_handler_new(int limit,
                                                        bool when_idle)
{
    struct flush_consolidation_handler *h;

    if (limit < 1) {
        errno = EINVAL;
        return NULL;
    }
    h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    channel_handler_init(&h->handler, &ops);
    atomic_init(&h->holders, 1);
    h->limit = limit;
    h->when_idle = when_idle;
    return &h->handler;
}
