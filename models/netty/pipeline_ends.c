/*
 * pipeline_ends - head and tail, and the events that start at the head.
 *
 * The head carries operations out on the channel. The tail is where inbound
 * events end that no handler has kept.
 */
#include "common/log.h"
#include "models/netty/channel_internal.h"
#include "models/netty/pipeline_internal.h"

/* ---- head ---- */

static int head_registered(struct channel_handler_context *ctx)
{
    pipeline_invoke_handler_added_if_needed(&ctx->channel->pipeline);
    ctx_fire_channel_registered(ctx);
    return 0;
}

static int head_unregistered(struct channel_handler_context *ctx)
{
    ctx_fire_channel_unregistered(ctx);
    if (!channel_is_open(ctx->channel))
        pipeline_destroy(&ctx->channel->pipeline);
    return 0;
}

static void read_if_auto_read(struct channel *ch)
{
    if (channel_is_auto_read(ch))
        channel_read(ch);
}

static int head_active(struct channel_handler_context *ctx)
{
    ctx_fire_channel_active(ctx);
    read_if_auto_read(ctx->channel);
    return 0;
}

static int head_read_complete(struct channel_handler_context *ctx)
{
    ctx_fire_channel_read_complete(ctx);
    read_if_auto_read(ctx->channel);
    return 0;
}

static int head_bind(struct channel_handler_context *ctx,
                     const struct socket_address *local,
                     struct promise *promise)
{
    channel_unsafe_bind(ctx->channel, local, promise);
    return 0;
}

static int head_connect(struct channel_handler_context *ctx,
                        const struct socket_address *remote,
                        const struct socket_address *local,
                        struct promise *promise)
{
    channel_unsafe_connect(ctx->channel, remote, local, promise);
    return 0;
}

static int head_disconnect(struct channel_handler_context *ctx,
                           struct promise *promise)
{
    channel_unsafe_disconnect(ctx->channel, promise);
    return 0;
}

static int head_close(struct channel_handler_context *ctx,
                      struct promise *promise)
{
    channel_unsafe_close(ctx->channel, promise);
    return 0;
}

static int head_deregister(struct channel_handler_context *ctx,
                           struct promise *promise)
{
    channel_unsafe_deregister(ctx->channel, promise);
    return 0;
}

static int head_read(struct channel_handler_context *ctx)
{
    channel_unsafe_begin_read(ctx->channel);
    return 0;
}

static int head_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    channel_unsafe_write(ctx->channel, msg, promise);
    return 0;
}

static int head_flush(struct channel_handler_context *ctx)
{
    channel_unsafe_flush(ctx->channel);
    return 0;
}

const struct channel_handler_ops pipeline_head_ops = {
    .name = "head",
    .sharable = true,
    .channel_registered = head_registered,
    .channel_unregistered = head_unregistered,
    .channel_active = head_active,
    .channel_read_complete = head_read_complete,
    .bind = head_bind,
    .connect = head_connect,
    .disconnect = head_disconnect,
    .close = head_close,
    .deregister = head_deregister,
    .read = head_read,
    .write = head_write,
    .flush = head_flush,
};

/* ---- tail ---- */

static int tail_ignore(struct channel_handler_context *ctx)
{
    (void)ctx;
    return 0;
}

static int tail_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    char text[CHANNEL_TEXT];

    if (ctx->channel->ops->unhandled_message) {
        ctx->channel->ops->unhandled_message(ctx->channel, msg);
        return 0;
    }
    log_info("netty: a %s reached the tail of the pipeline and is released: "
             "no handler wanted it %s",
             msg->type->name, channel_describe(ctx->channel, text));
    reference_release(msg);
    return 0;
}

static int tail_user_event(struct channel_handler_context *ctx,
                           const struct user_event *event)
{
    (void)ctx;
    (void)event;
    return 0;
}

static int tail_exception(struct channel_handler_context *ctx,
                          struct exception *cause)
{
    char text[CHANNEL_TEXT];

    if (ctx->channel->ops->unhandled_exception) {
        ctx->channel->ops->unhandled_exception(ctx->channel, cause);
        return 0;
    }
    log_info("netty: an exception reached the tail of the pipeline: no handler "
             "took care of it: %s %s",
             cause->text, channel_describe(ctx->channel, text));
    return 0;
}

const struct channel_handler_ops pipeline_tail_ops = {
    .name = "tail",
    .sharable = true,
    .channel_registered = tail_ignore,
    .channel_unregistered = tail_ignore,
    .channel_active = tail_ignore,
    .channel_inactive = tail_ignore,
    .channel_read = tail_read,
    .channel_read_complete = tail_ignore,
    .channel_writability_changed = tail_ignore,
    .user_event_triggered = tail_user_event,
    .exception_caught = tail_exception,
};

/* ---- events from the head on ---- */

/* To the head itself, which has its part in it. */
static void start_at_head(struct channel_pipeline *p,
                          const struct pipeline_event *e)
{
    if (channel_in_event_loop(p->head.channel))
        context_dispatch(&p->head, e);
    else
        context_hop(&p->head, e);
}

#define DEFINE_START(event, bit)                                               \
    void channel_pipeline_fire_##event(struct channel_pipeline *p)             \
    {                                                                          \
        start_at_head(p, &(struct pipeline_event){.kind = (bit)});             \
    }

DEFINE_START(channel_registered, MASK_CHANNEL_REGISTERED)
DEFINE_START(channel_unregistered, MASK_CHANNEL_UNREGISTERED)
DEFINE_START(channel_active, MASK_CHANNEL_ACTIVE)
DEFINE_START(channel_read_complete, MASK_CHANNEL_READ_COMPLETE)

/* The head has no part in these. */

void channel_pipeline_fire_channel_inactive(struct channel_pipeline *p)
{
    ctx_fire_channel_inactive(&p->head);
}

void channel_pipeline_fire_channel_read(struct channel_pipeline *p,
                                        struct reference_counted *msg)
{
    ctx_fire_channel_read(&p->head, msg);
}

void channel_pipeline_fire_user_event_triggered(struct channel_pipeline *p,
                                                const struct user_event *event)
{
    ctx_fire_user_event_triggered(&p->head, event);
}

void channel_pipeline_fire_channel_writability_changed(
    struct channel_pipeline *p)
{
    ctx_fire_channel_writability_changed(&p->head);
}

void channel_pipeline_fire_exception_caught(struct channel_pipeline *p,
                                            struct exception *cause)
{
    ctx_fire_exception_caught(&p->head, cause);
}
