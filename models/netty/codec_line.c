#include "models/netty/codec_line.h"

#include <errno.h>
#include <stdlib.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_byte_to_message.h"

struct line_decoder {
    struct byte_to_message_decoder base; /* first */

    /* set once: */
    size_t max_length; /* of a line without its end */
    bool strip;        /* messages come without the line's end */
    bool fail_fast;    /* report a long line before its end */

    /* the handler's executor only: */
    bool discarding;  /* within a line that is too long */
    size_t discarded; /* bytes of it so far */
    size_t looked_at; /* readable bytes known to hold no LF */
};

static void fail(const struct line_decoder *d,
                 struct channel_handler_context *ctx, size_t length,
                 const char *or_more)
{
    ctx_fire_exception_caught(
        ctx, exception_new(-EMSGSIZE,
                           "a line of %zu%s bytes exceeds the maximum of %zu",
                           length, or_more, d->max_length));
}

static bool is_cr(const struct bytebuf *in, size_t index)
{
    return bytebuf_get_byte(in, index) == '\r';
}

/* A whole line is there: `length` bytes without its end, which has `end`. */
static int take_line(struct line_decoder *d,
                     struct channel_handler_context *ctx, struct bytebuf *in,
                     size_t length, size_t end, struct decoder_output *out)
{
    int err;

    if (length > d->max_length) {
        bytebuf_skip_bytes(in, length + end);
        fail(d, ctx, length, "");
        return 0;
    }
    if (!d->strip)
        return decoder_output_add_slice(out, in, length + end);
    err = decoder_output_add_slice(out, in, length);
    bytebuf_skip_bytes(in, end);
    return err;
}

/* No end in sight. A CR at the end may be half of one, so it is not counted. */
static void take_part(struct line_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in)
{
    size_t readable = bytebuf_readable_bytes(in);
    bool cr = is_cr(in, bytebuf_writer_index(in) - 1);
    size_t length = readable - cr;

    d->looked_at = readable;
    if (length <= d->max_length)
        return;
    d->discarding = true;
    d->discarded = 0;
    if (d->fail_fast)
        fail(d, ctx, length, " or more");
}

/* Within a long line: drops what belongs to it. A CR at the end stays, so that
 * the length reported does not depend on how the bytes came in. */
static void discard(struct line_decoder *d, struct channel_handler_context *ctx,
                    struct bytebuf *in, long lf)
{
    size_t readable = bytebuf_readable_bytes(in);

    if (lf < 0) {
        size_t n = readable - is_cr(in, bytebuf_writer_index(in) - 1);
        bytebuf_skip_bytes(in, n);
        d->discarded += n;
        d->looked_at = readable - n;
        return;
    }
    size_t length = (size_t)lf - bytebuf_reader_index(in);
    bool cr = length > 0 && is_cr(in, (size_t)lf - 1);
    bytebuf_skip_bytes(in, length + 1);
    length = d->discarded + length - cr;
    d->discarding = false;
    d->discarded = 0;
    if (!d->fail_fast)
        fail(d, ctx, length, "");
}

static int decode(struct byte_to_message_decoder *base,
                  struct channel_handler_context *ctx, struct bytebuf *in,
                  struct decoder_output *out)
{
    struct line_decoder *d = (struct line_decoder *)base;
    size_t start = bytebuf_reader_index(in);
    /* What has been looked at need not be again: else a line that comes in
     * byte by byte would cost the square of its length. */
    long lf = bytebuf_index_of(in, start + d->looked_at,
                               bytebuf_writer_index(in), '\n');

    d->looked_at = 0;
    if (!d->discarding && lf < 0)
        take_part(d, ctx, in);
    if (d->discarding) {
        discard(d, ctx, in, lf);
        return 0;
    }
    if (lf < 0)
        return 0;
    size_t length = (size_t)lf - start;
    bool cr = length > 0 && is_cr(in, (size_t)lf - 1);
    return take_line(d, ctx, in, length - cr, 1u + cr, out);
}

static const struct byte_to_message_decoder_ops kind = {.decode = decode};

static const struct channel_handler_ops ops = {
    .name = "line_based_frame_decoder",
    BYTE_TO_MESSAGE_DECODER_OPS,
};

struct channel_handler *line_based_frame_decoder_new(size_t max_length,
                                                     bool strip, bool fail_fast)
{
    struct line_decoder *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    byte_to_message_decoder_init(&d->base, &ops, &kind);
    d->max_length = max_length;
    d->strip = strip;
    d->fail_fast = fail_fast;
    return &d->base.handler;
}
