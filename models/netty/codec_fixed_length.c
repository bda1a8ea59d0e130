#include "models/netty/codec_fixed_length.h"

#include <errno.h>
#include <stdlib.h>

#include "models/netty/codec_byte_to_message.h"

struct fixed_length_decoder {
    struct byte_to_message_decoder base; /* first */
    size_t length;                       /* set once: of each frame */
};

static int decode(struct byte_to_message_decoder *base,
                  struct channel_handler_context *ctx, struct bytebuf *in,
                  struct decoder_output *out)
{
    struct fixed_length_decoder *d = (struct fixed_length_decoder *)base;

    (void)ctx;
    if (bytebuf_readable_bytes(in) < d->length)
        return 0;
    return decoder_output_add_slice(out, in, d->length);
}

static const struct byte_to_message_decoder_ops kind = {.decode = decode};

static const struct channel_handler_ops ops = {
    .name = "fixed_length_frame_decoder",
    BYTE_TO_MESSAGE_DECODER_OPS,
};

struct channel_handler *fixed_length_frame_decoder_new(size_t length)
{
    struct fixed_length_decoder *d;

    if (length == 0) {
        errno = EINVAL;
        return NULL;
    }
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    byte_to_message_decoder_init(&d->base, &ops, &kind);
    d->length = length;
    return &d->base.handler;
}
