#include "models/netty/codec_string.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/allocator.h"
#include "models/netty/leak.h"

static void deallocate(struct reference_counted *obj)
{
    leak_untrack(obj);
    free(obj);
}

static void describe(const struct reference_counted *obj, char *to, size_t size)
{
    const struct string *s = (const struct string *)obj;

    snprintf(to, size, "string(\"%.40s\", len=%zu)", s->text, s->len);
}

const struct reference_counted_type string_type = {
    .name = "string",
    .deallocate = deallocate,
    .describe = describe,
};

/* Room for `len` bytes, which are the caller's to fill in. */
static struct string *string_alloc(size_t len, const char *site)
{
    struct string *s = malloc(sizeof(*s) + len + 1);

    if (!s)
        return NULL;
    reference_init(&s->ref, &string_type, site);
    s->len = len;
    s->text[len] = '\0';
    leak_track(&s->ref);
    return s;
}

struct string *string_new_at(const char *bytes, size_t len, const char *site)
{
    struct string *s = string_alloc(len, site);

    if (s)
        memcpy(s->text, bytes, len);
    return s;
}

static int decode(struct channel_handler_context *ctx,
                  struct reference_counted *msg)
{
    struct bytebuf *buf = bytebuf_of(msg);

    if (buf) {
        size_t len = bytebuf_readable_bytes(buf);
        struct string *s = string_alloc(len, REFERENCE_HERE);
        if (s)
            bytebuf_read_bytes(buf, s->text, len);
        bytebuf_release(buf);
        if (!s)
            return -ENOMEM;
        msg = &s->ref;
    }
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int encode(struct channel_handler_context *ctx,
                  struct reference_counted *msg, struct promise *promise)
{
    struct string *s = string_of(msg);

    if (s) {
        struct bytebuf *buf = allocator_buffer(ctx_alloc(ctx), s->len);
        if (buf)
            (void)bytebuf_write_bytes(buf, s->text, s->len); /* it fits */
        reference_release(msg);
        if (!buf)
            return -ENOMEM;
        msg = &buf->ref;
    }
    ctx_write(ctx, msg, promise);
    return 0;
}

static const struct channel_handler_ops decoder_ops = {
    .name = "string_decoder",
    .sharable = true,
    .channel_read = decode,
};

static const struct channel_handler_ops encoder_ops = {
    .name = "string_encoder",
    .sharable = true,
    .write = encode,
};

struct channel_handler string_decoder = CHANNEL_HANDLER_INIT(&decoder_ops);
struct channel_handler string_encoder = CHANNEL_HANDLER_INIT(&encoder_ops);
