#include "tests/netty/codec_driven.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/pipeline.h"

static int add(struct decoder_output *out, const char *text)
{
    return decoder_output_add(out,
                              &unpooled_copied_buffer(text, strlen(text))->ref);
}

static int drive(struct byte_to_message_decoder *d,
                 struct channel_handler_context *ctx, struct bytebuf *in,
                 struct decoder_output *out)
{
    char byte = (char)bytebuf_get_byte(in, bytebuf_reader_index(in));
    struct channel_pipeline *p = ctx_pipeline(ctx);

    if (byte == '0')
        return add(out, "0");
    if (isupper(byte)) {
        if (bytebuf_readable_bytes(in) < 2)
            return 0;
        return decoder_output_add_slice(out, in, 2);
    }
    if (islower(byte))
        return decoder_output_add_slice(out, in, 1);
    bytebuf_skip_bytes(in, 1);
    if (byte == '!')
        return -EIO;
    if (byte == '+') {
        for (int c = 'a'; c <= 'z'; c++)
            add(out, (char[]){(char)c, '\0'});
    } else if (byte == '-') {
        add(out, "-");
        cr_assert_eq(channel_pipeline_remove(p, &d->handler), 0);
    } else if (byte == '=') {
        cr_assert_eq(channel_pipeline_replace(p, ctx_name(ctx), "new",
                                              &driven_new()->base.handler),
                     0);
    }
    return 0;
}

static int drive_last(struct byte_to_message_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in,
                      struct decoder_output *out)
{
    (void)ctx;
    ((struct driven *)d)->lasts++;
    if (bytebuf_is_readable(in)) /* a half pair is better than none */
        return decoder_output_add_slice(out, in, bytebuf_readable_bytes(in));
    return add(out, "end");
}

static void driven_removed(struct byte_to_message_decoder *d,
                           struct channel_handler_context *ctx)
{
    (void)ctx;
    ((struct driven *)d)->gone++;
}

static void driven_destroy(struct channel_handler *handler)
{
    struct driven *d = (struct driven *)handler;

    if (d->destroyed)
        *d->destroyed = 1;
    byte_to_message_decoder_destroy(handler);
}

static const struct byte_to_message_decoder_ops kind = {
    .decode = drive,
    .decode_last = drive_last,
    .removed = driven_removed,
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct channel_handler_ops ops = {
    .name = "driven",
    BYTE_TO_MESSAGE_DECODER_OPS,
    .destroy = driven_destroy,
};
#pragma GCC diagnostic pop

struct driven *driven_new(void)
{
    struct driven *d = calloc(1, sizeof(*d));

    byte_to_message_decoder_init(&d->base, &ops, &kind);
    return d;
}

struct channel_handler *driven_new_handler(void)
{
    return &driven_new()->base.handler;
}
