#include "models/netty/codec_length_field.h"

#include <errno.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_byte_to_message.h"

struct length_field_decoder {
    struct byte_to_message_decoder base; /* first */
    struct length_field field;           /* set once */

    /* the handler's executor only: */
    uint64_t frame;    /* bytes of the frame that is coming in; 0: unknown */
    uint64_t too_long; /* bytes of the frame that is being skipped; 0: none */
    uint64_t to_skip;  /* bytes of it that are still to come */
};

/* What the field says. 8 bytes may be negative, as in Java. */
static int64_t read_field(const struct length_field *f,
                          const struct bytebuf *in)
{
    unsigned char bytes[8] = {0};
    size_t at = bytebuf_reader_index(in) + f->offset;

    if (f->little_endian) {
        bytebuf_get_bytes(in, at, bytes, f->length);
        return (int64_t)bytebuf_load_le(bytes, 8);
    }
    bytebuf_get_bytes(in, at, bytes + 8 - f->length, f->length);
    return (int64_t)bytebuf_load_be(bytes, 8);
}

static void fail_corrupted(struct channel_handler_context *ctx,
                           struct bytebuf *in, size_t skip, const char *what,
                           int64_t length)
{
    bytebuf_skip_bytes(in, skip);
    ctx_fire_exception_caught(ctx, exception_new(-EPROTO, "%s: %lld", what,
                                                 (long long)length));
}

static void fail_too_long(struct length_field_decoder *d,
                          struct channel_handler_context *ctx)
{
    ctx_fire_exception_caught(
        ctx,
        exception_new(-EMSGSIZE,
                      "a frame of %llu bytes exceeds the maximum of %u",
                      (unsigned long long)d->too_long, d->field.max_length));
}

/* Drops what has come of a frame that is too long. */
static void skip(struct length_field_decoder *d,
                 struct channel_handler_context *ctx, struct bytebuf *in)
{
    size_t readable = bytebuf_readable_bytes(in);
    size_t n = readable < d->to_skip ? readable : (size_t)d->to_skip;

    bytebuf_skip_bytes(in, n);
    d->to_skip -= n;
    if (d->to_skip > 0)
        return;
    if (d->field.fail_lazily)
        fail_too_long(d, ctx);
    d->too_long = 0;
}

/* Reads the header of the next frame: true if d->frame is known now. */
static bool start_frame(struct length_field_decoder *d,
                        struct channel_handler_context *ctx, struct bytebuf *in)
{
    const struct length_field *f = &d->field;
    int64_t header = (int64_t)f->offset + f->length;
    int64_t said = read_field(f, in), length;

    if (said < 0) {
        fail_corrupted(ctx, in, (size_t)header, "a negative length field",
                       said);
        return false;
    }
    if (__builtin_add_overflow(said, f->adjustment + header, &length))
        length = INT64_MAX;
    if (length < header) {
        fail_corrupted(ctx, in, (size_t)header,
                       "a frame that is shorter than its header", length);
        return false;
    }
    if (length > f->max_length) {
        d->too_long = d->to_skip = (uint64_t)length;
        if (!f->fail_lazily)
            fail_too_long(d, ctx);
        skip(d, ctx, in);
        return false;
    }
    d->frame = (uint64_t)length;
    return true;
}

static int decode(struct byte_to_message_decoder *base,
                  struct channel_handler_context *ctx, struct bytebuf *in,
                  struct decoder_output *out)
{
    struct length_field_decoder *d = (struct length_field_decoder *)base;
    const struct length_field *f = &d->field;
    size_t header = (size_t)f->offset + f->length;

    if (d->too_long) {
        skip(d, ctx, in);
        return 0;
    }
    if (!d->frame) {
        if (bytebuf_readable_bytes(in) < header || !start_frame(d, ctx, in))
            return 0;
    }
    if (bytebuf_readable_bytes(in) < d->frame)
        return 0;
    size_t length = (size_t)d->frame;
    d->frame = 0;
    if (f->strip > length) {
        fail_corrupted(ctx, in, length,
                       "a frame that is shorter than what is stripped",
                       (int64_t)length);
        return 0;
    }
    bytebuf_skip_bytes(in, f->strip);
    return decoder_output_add_slice(out, in, length - f->strip);
}

static const struct byte_to_message_decoder_ops kind = {.decode = decode};

static const struct channel_handler_ops decoder_ops = {
    .name = "length_field_based_frame_decoder",
    BYTE_TO_MESSAGE_DECODER_OPS,
};

static bool is_width(uint32_t length)
{
    return (length >= 1 && length <= 4) || length == 8;
}

struct channel_handler *
length_field_based_frame_decoder_new(const struct length_field *field)
{
    struct length_field_decoder *d;

    if (!is_width(field->length) || field->max_length == 0 ||
        field->max_length > INT32_MAX ||
        (uint64_t)field->offset + field->length > field->max_length) {
        errno = EINVAL;
        return NULL;
    }
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    byte_to_message_decoder_init(&d->base, &decoder_ops, &kind);
    d->field = *field;
    return &d->base.handler;
}

/* ---- the prepender ---- */

struct length_field_prepender {
    struct channel_handler handler; /* first */

    /* set once: */
    uint32_t length;    /* of the field */
    int32_t adjustment; /* added to what it says */
    bool inclusive;     /* it counts itself */
    bool little_endian; /* its byte order */
};

/* A buffer with the field. NULL with errno. */
static struct bytebuf *make_field(const struct length_field_prepender *p,
                                  const struct allocator *alloc,
                                  const struct bytebuf *msg)
{
    int64_t says = (int64_t)bytebuf_readable_bytes(msg) + p->adjustment +
                   (p->inclusive ? p->length : 0);
    unsigned char bytes[8];

    if (says < 0 || (p->length < 8 && says >> (8 * p->length))) {
        errno = ERANGE;
        return NULL;
    }
    if (p->little_endian)
        bytebuf_store_le(bytes, 8, (uint64_t)says);
    else
        bytebuf_store_be(bytes, 8, (uint64_t)says);

    struct bytebuf *field = allocator_buffer(alloc, p->length);
    if (field)
        (void)bytebuf_write_bytes(field,
                                  p->little_endian ? bytes
                                                   : bytes + 8 - p->length,
                                  p->length);
    return field;
}

static int prepend(struct channel_handler_context *ctx,
                   struct reference_counted *msg, struct promise *promise)
{
    struct length_field_prepender *p =
        (struct length_field_prepender *)ctx_handler(ctx);
    struct bytebuf *buf = bytebuf_of(msg);

    if (buf) {
        struct bytebuf *field = make_field(p, ctx_alloc(ctx), buf);
        if (!field) {
            int err = -errno;
            reference_release(msg);
            return err;
        }
        /* Written in order: if the field cannot be, neither can the rest, so
         * the message's promise tells of both. */
        ctx_write(ctx, &field->ref, NULL);
    }
    ctx_write(ctx, msg, promise);
    return 0;
}

static const struct channel_handler_ops prepender_ops = {
    .name = "length_field_prepender",
    .sharable = true,
    .write = prepend,
};

struct channel_handler *length_field_prepender_new(uint32_t length,
                                                   int32_t adjustment,
                                                   bool inclusive,
                                                   bool little_endian)
{
    struct length_field_prepender *p;

    if (!is_width(length)) {
        errno = EINVAL;
        return NULL;
    }
    p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    channel_handler_init(&p->handler, &prepender_ops);
    p->length = length;
    p->adjustment = adjustment;
    p->inclusive = inclusive;
    p->little_endian = little_endian;
    return &p->handler;
}
