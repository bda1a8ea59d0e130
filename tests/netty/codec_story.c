#include "tests/netty/codec_story.h"

#include <stdio.h>
#include <string.h>

#include "models/netty/bytebuf.h"
#include "models/netty/codec_string.h"

static void tell(struct channel_handler_context *ctx, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct channel_handler_context *ctx, const char *fmt, ...)
{
    struct story *story = (struct story *)ctx_handler(ctx);
    size_t len = strlen(story->text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(story->text + len, sizeof(story->text) - len, fmt, ap);
    va_end(ap);
}

static int on_read(struct channel_handler_context *ctx,
                   struct reference_counted *msg)
{
    struct story *story = (struct story *)ctx_handler(ctx);
    struct bytebuf *buf = bytebuf_of(msg);
    struct string *s = string_of(msg);
    char text[512] = "";

    if (buf) {
        size_t len = bytebuf_readable_bytes(buf);
        bytebuf_get_bytes(buf, bytebuf_reader_index(buf), text,
                          len < 511 ? len : 511);
        tell(ctx, "<%s>", text);
    } else {
        tell(ctx, "<%s>", s ? s->text : msg->type->name);
    }
    story->messages++;
    reference_release(msg);
    return 0;
}

static int on_exception(struct channel_handler_context *ctx,
                        struct exception *cause)
{
    struct story *story = (struct story *)ctx_handler(ctx);

    tell(ctx, "!%s", strerrorname_np(-cause->code));
    snprintf(story->exception, sizeof(story->exception), "%s", cause->text);
    return 0;
}

static int on_read_complete(struct channel_handler_context *ctx)
{
    tell(ctx, ".");
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

static int on_inactive(struct channel_handler_context *ctx)
{
    tell(ctx, "~");
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static int on_user_event(struct channel_handler_context *ctx,
                         const struct user_event *event)
{
    tell(ctx, "{%s}", event->name);
    return 0;
}

static const struct channel_handler_ops ops = {
    .name = "story",
    .exception_caught = on_exception,
    .channel_read = on_read,
    .channel_read_complete = on_read_complete,
    .channel_inactive = on_inactive,
    .user_event_triggered = on_user_event,
};

void story_init(struct story *story)
{
    memset(story, 0, sizeof(*story));
    channel_handler_init(&story->handler, &ops);
}
