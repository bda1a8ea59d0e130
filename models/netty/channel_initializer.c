#include "models/netty/channel_initializer.h"

#include <errno.h>

#include "common/log.h"

/* Runs init_channel and takes the initializer out. What init_channel does may
 * cause events that come by here: it is not to run twice. */
static int initialize(struct channel_handler_context *ctx)
{
    struct channel_initializer *init =
        (struct channel_initializer *)ctx_handler(ctx);
    struct channel *ch = ctx_channel(ctx);

    if (ctx->initializing || ctx_is_removed(ctx))
        return 0;
    ctx->initializing = true;
    int err = init->init_channel(ch, init->arg);
    if (!ctx_is_removed(ctx))
        (void)channel_pipeline_remove(channel_pipeline(ch), ctx_handler(ctx));
    return err;
}

static void fail(struct channel_handler_context *ctx, int err)
{
    char text[CHANNEL_TEXT];

    log_info("netty: a channel is closed: its initializer failed with %d %s",
             err, channel_describe(ctx_channel(ctx), text));
    channel_close(ctx_channel(ctx), NULL);
}

static int handler_added(struct channel_handler_context *ctx)
{
    if (!channel_is_registered(ctx_channel(ctx)))
        return 0; /* channel_registered will come */
    int err = initialize(ctx);
    if (err)
        fail(ctx, err);
    return 0;
}

static int channel_registered(struct channel_handler_context *ctx)
{
    int err = initialize(ctx);

    if (err)
        fail(ctx, err);
    else /* to the handlers that are there by now, from the start */
        channel_pipeline_fire_channel_registered(
            channel_pipeline(ctx_channel(ctx)));
    return 0;
}

static int exception_caught(struct channel_handler_context *ctx,
                            struct exception *cause)
{
    log_info("netty: a channel is closed: its initializer met: %s",
             cause->text);
    channel_close(ctx_channel(ctx), NULL);
    return 0;
}

const struct channel_handler_ops channel_initializer_ops = {
    .name = "channel_initializer",
    .sharable = true,
    .handler_added = handler_added,
    .channel_registered = channel_registered,
    .exception_caught = exception_caught,
};
