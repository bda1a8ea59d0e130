#include "models/netty/codec_delimiter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/codec_byte_to_message.h"

struct delimiter_decoder {
    struct byte_to_message_decoder base; /* first */

    /* set once: */
    size_t max_length; /* of a frame without its delimiter */
    bool strip;        /* messages come without it */
    bool fail_fast;    /* report a long frame before its end */
    size_t count;      /* delimiters */
    size_t longest;    /* bytes of the longest */

    /* the handler's executor only: */
    bool discarding;  /* within a frame that is too long */
    size_t discarded; /* bytes of it so far */
    size_t looked_at; /* readable bytes at which no delimiter starts */

    /* set once: */
    struct delimiter delimiters[]; /* their bytes lie behind */
};

static void fail(const struct delimiter_decoder *d,
                 struct channel_handler_context *ctx, size_t length,
                 const char *or_more)
{
    ctx_fire_exception_caught(
        ctx, exception_new(-EMSGSIZE,
                           "a frame of %zu%s bytes exceeds the maximum of %zu",
                           length, or_more, d->max_length));
}

/* The delimiter that makes the shortest frame, *length long; NULL: none. */
static const struct delimiter *find(const struct delimiter_decoder *d,
                                    const struct bytebuf *in, size_t *length)
{
    size_t start = bytebuf_reader_index(in);
    size_t end = bytebuf_writer_index(in);
    const struct delimiter *best = NULL;

    for (size_t i = 0; i < d->count; i++) {
        const struct delimiter *x = &d->delimiters[i];
        long at =
            bytebuf_search(in, start + d->looked_at, end, x->bytes, x->len);
        if (at < 0)
            continue;
        best = x;
        *length = (size_t)at - start;
        /* Only one that starts before is of interest now. */
        if (end > (size_t)at + d->longest - 1)
            end = (size_t)at + d->longest - 1;
    }
    return best;
}

static int take_frame(struct delimiter_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in,
                      size_t length, const struct delimiter *x,
                      struct decoder_output *out)
{
    int err;

    if (d->discarding || length > d->max_length) {
        bool report = !d->discarding || !d->fail_fast;
        bytebuf_skip_bytes(in, length + x->len);
        length += d->discarded;
        d->discarding = false;
        d->discarded = 0;
        if (report)
            fail(d, ctx, length, "");
        return 0;
    }
    if (!d->strip)
        return decoder_output_add_slice(out, in, length + x->len);
    err = decoder_output_add_slice(out, in, length);
    bytebuf_skip_bytes(in, x->len);
    return err;
}

/* No delimiter in sight, but the last bytes may be the start of one. */
static void take_part(struct delimiter_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in)
{
    size_t readable = bytebuf_readable_bytes(in);
    size_t sure = readable < d->longest ? 0 : readable - (d->longest - 1);

    d->looked_at = sure;
    if (!d->discarding) {
        if (sure <= d->max_length)
            return;
        d->discarding = true;
        if (d->fail_fast)
            fail(d, ctx, sure, " or more");
    }
    bytebuf_skip_bytes(in, sure);
    d->discarded += sure;
    d->looked_at = 0;
}

static int decode(struct byte_to_message_decoder *base,
                  struct channel_handler_context *ctx, struct bytebuf *in,
                  struct decoder_output *out)
{
    struct delimiter_decoder *d = (struct delimiter_decoder *)base;
    size_t length;
    const struct delimiter *x = find(d, in, &length);

    if (!x) {
        take_part(d, ctx, in);
        return 0;
    }
    d->looked_at = 0;
    return take_frame(d, ctx, in, length, x, out);
}

static const struct byte_to_message_decoder_ops kind = {.decode = decode};

static const struct channel_handler_ops ops = {
    .name = "delimiter_based_frame_decoder",
    BYTE_TO_MESSAGE_DECODER_OPS,
};

struct channel_handler *
delimiter_based_frame_decoder_new(size_t max_length, bool strip, bool fail_fast,
                                  const struct delimiter *delimiters,
                                  size_t count)
{
    struct delimiter_decoder *d;
    size_t bytes = 0, longest = 0;

    for (size_t i = 0; i < count; i++) {
        if (delimiters[i].len == 0)
            count = 0; /* refused below */
        bytes += delimiters[i].len;
        longest = longest > delimiters[i].len ? longest : delimiters[i].len;
    }
    if (count == 0) {
        errno = EINVAL;
        return NULL;
    }
    d = calloc(1, sizeof(*d) + count * sizeof(*delimiters) + bytes);
    if (!d)
        return NULL;
    byte_to_message_decoder_init(&d->base, &ops, &kind);
    d->max_length = max_length;
    d->strip = strip;
    d->fail_fast = fail_fast;
    d->count = count;
    d->longest = longest;
    char *copy = (char *)&d->delimiters[count];
    for (size_t i = 0; i < count; i++) {
        size_t len = delimiters[i].len;
        d->delimiters[i] = (struct delimiter){copy, len};
        memcpy(copy, delimiters[i].bytes, len);
        copy += len;
    }
    return &d->base.handler;
}
