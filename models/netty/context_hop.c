/*
 * context_hop - how an event gets to another thread: as a task there.
 *
 * The task keeps the context it goes to and the channel. What cannot be handed
 * over is given back: messages are released, promises fail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/monitor.h"
#include "models/netty/pipeline_internal.h"

void context_drop_event(const struct pipeline_event *e, struct exception *why)
{
    if (e->msg)
        reference_release(e->msg);
    if (e->cause)
        exception_release(e->cause);
    if (e->promise)
        promise_try_failure(e->promise, exception_retain(why));
}

/* An event, or something else to run, on its way to another executor. */
struct hop {
    struct channel_handler_context *ctx; /* where to; counted */
    task_fn run;                         /* this, or NULL: the event */
    struct pipeline_event event;         /* promise counted */
    size_t counted;                      /* pending bytes of a write */
    struct socket_address address;       /* event.address points here */
    struct socket_address local;         /* event.local does */
};

static void free_hop(struct hop *h)
{
    struct channel *ch = h->ctx->channel;

    if (h->counted > 0)
        channel_outbound_buffer_decrement(ch, h->counted);
    promise_release(h->event.promise);
    context_release(h->ctx);
    channel_release(ch);
    free(h);
}

static int run_hop(void *arg)
{
    struct hop *h = arg;
    int err = 0;

    /* No more on its way: what write() adds is counted by itself. */
    if (h->counted > 0)
        channel_outbound_buffer_decrement(h->ctx->channel, h->counted);
    h->counted = 0;
    if (h->run)
        err = h->run(h->ctx);
    else
        context_dispatch(h->ctx, &h->event);
    free_hop(h);
    return err;
}

static struct hop *new_hop(struct channel_handler_context *ctx)
{
    struct hop *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->ctx = ctx;
    context_retain(ctx);
    channel_retain(ctx->channel);
    return h;
}

int context_execute(struct channel_handler_context *ctx, task_fn run)
{
    struct hop *h = new_hop(ctx);

    if (!h)
        return -ENOMEM;
    h->run = run;
    int err = event_executor_execute(ctx_executor(ctx), run_hop, h);
    if (err)
        free_hop(h);
    return err;
}

void context_hop(struct channel_handler_context *ctx,
                 const struct pipeline_event *e)
{
    struct hop *h = new_hop(ctx);

    if (!h) {
        context_drop_event(e, &exception_out_of_memory);
        return;
    }
    h->event = *e;
    promise_retain(e->promise);
    if (e->address) {
        h->address = *e->address;
        h->event.address = &h->address;
    }
    if (e->local) {
        h->local = *e->local;
        h->event.local = &h->local;
    }
    if (e->kind & MASK_WRITE) {
        h->counted = channel_outbound_message_size(e->msg) + sizeof(*h);
        channel_outbound_buffer_increment(ctx->channel, h->counted);
    }
    int err = event_executor_execute(ctx_executor(ctx), run_hop, h);
    if (err) {
        log_info("netty: %s lost on its way to handler \"%s\": %s",
                 context_event_name(e->kind), ctx->name,
                 err == -ESHUTDOWN ? exception_rejected.text : strerror(-err));
        context_drop_event(e, err == -ESHUTDOWN ? &exception_rejected
                                                : &exception_out_of_memory);
        free_hop(h);
    }
}

void context_fire_from_elsewhere(struct channel_handler_context *from,
                                 const struct pipeline_event *e)
{
    struct monitor *m = monitor_enter(from->channel);
    struct channel_handler_context *n = context_find_next(from, e->kind);

    context_retain(n);
    monitor_exit(m);
    if (event_executor_in_event_loop(ctx_executor(n)))
        context_dispatch(n, e);
    else
        context_hop(n, e);
    context_release(n);
}
