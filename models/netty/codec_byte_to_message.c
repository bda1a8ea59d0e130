#include "models/netty/codec_byte_to_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/channel.h"
#include "models/netty/codec_internal.h"

enum state { AT_REST, AT_WORK, REMOVED_AT_WORK };

static struct byte_to_message_decoder *
decoder_of(const struct channel_handler_context *ctx)
{
    return (struct byte_to_message_decoder *)ctx_handler(ctx);
}

/* ---- the cumulation ---- */

static void drop_cumulation(struct byte_to_message_decoder *d)
{
    struct bytebuf *buf = d->cumulation;

    d->cumulation = NULL;
    d->n_reads = 0;
    if (buf)
        bytebuf_release(buf);
}

/* Room at the front is made use of, unless others look at these bytes. */
static void discard_some(struct byte_to_message_decoder *d)
{
    d->n_reads = 0;
    if (d->cumulation && !d->first && bytebuf_ref_count(d->cumulation) == 1)
        bytebuf_discard_some_read_bytes(d->cumulation);
}

/* A burst is over, and a part of a message is left, perhaps for long: it must
 * not pin the large buffer that it was read into. Not in Netty. Without memory
 * it stays where it is. */
static void move_to_small(struct byte_to_message_decoder *d)
{
    struct bytebuf *old = d->cumulation;
    size_t len = bytebuf_readable_bytes(old);

    if (bytebuf_capacity(old) < 1024 || len > bytebuf_capacity(old) / 4)
        return;
    struct bytebuf *copy = bytebuf_copy(old, bytebuf_reader_index(old), len);
    if (!copy)
        return;
    d->cumulation = copy;
    bytebuf_release(old);
}

/* ---- decoding ---- */

static int decode_all(struct byte_to_message_decoder *d,
                      struct channel_handler_context *ctx,
                      struct decoder_output *out)
{
    struct bytebuf *in = d->cumulation;

    while (bytebuf_is_readable(in)) {
        size_t before = bytebuf_readable_bytes(in);
        int err = d->kind->decode(d, ctx, in, out);
        bool has_read = bytebuf_readable_bytes(in) != before;
        bool has_message = out->count > 0;
        decoder_output_fire(out, ctx);
        if (err || d->state == REMOVED_AT_WORK)
            return err;
        if (has_message && !has_read) {
            ctx_fire_exception_caught(
                ctx, exception_new(-EPROTO,
                                   "%s: decode did not read anything but "
                                   "decoded a message",
                                   ctx_name(ctx)));
            return 0;
        }
        if (!has_read || (has_message && d->single_decode))
            return 0;
    }
    return 0;
}

/* One read: added to what is left, decoded, passed on. */
static int decode_read(struct byte_to_message_decoder *d,
                       struct channel_handler_context *ctx, struct bytebuf *in)
{
    struct decoder_output out;
    int err;

    decoder_output_init(&out);
    d->has_read = true;
    d->first = d->cumulation == NULL;
    err = decoder_cumulate(&d->cumulation, ctx_alloc(ctx), in);
    if (!err)
        err = decode_all(d, ctx, &out);
    d->has_fired |= out.any;
    decoder_output_free(&out);
    if (!bytebuf_is_readable(d->cumulation))
        drop_cumulation(d);
    else if (++d->n_reads >= d->discard_after_reads)
        discard_some(d);
    return err;
}

/* No more input: what can be is decoded, the rest is given up. */
static int decode_rest(struct byte_to_message_decoder *d,
                       struct channel_handler_context *ctx)
{
    decode_fn *last = d->kind->decode_last;
    struct decoder_output out;
    int err = 0;

    decoder_output_init(&out);
    if (d->cumulation)
        err = decode_all(d, ctx, &out);
    if (!err && d->state != REMOVED_AT_WORK) {
        struct bytebuf *in = d->cumulation;
        struct bytebuf *none = in ? NULL : allocator_buffer(ctx_alloc(ctx), 0);
        if (!in && !none)
            err = -ENOMEM;
        else if (last)
            err = last(d, ctx, in ? in : none, &out);
        else if (in && bytebuf_is_readable(in))
            err = d->kind->decode(d, ctx, in, &out);
        if (none)
            bytebuf_release(none);
    }
    decoder_output_fire(&out, ctx);
    decoder_output_free(&out);
    if (d->state == REMOVED_AT_WORK) /* then they are handed on */
        return err;
    drop_cumulation(d);
    if (out.any)
        ctx_fire_channel_read_complete(ctx);
    return err;
}

/* ---- one thing after the other ---- */

static int queue_read(struct byte_to_message_decoder *d,
                      struct reference_counted *msg)
{
    struct reference_counted **queued =
        reallocarray(d->queued, d->n_queued + 1,
                     sizeof(struct reference_counted *));

    if (!queued) {
        reference_release(msg);
        return -ENOMEM;
    }
    d->queued = queued;
    d->queued[d->n_queued++] = msg;
    return 0;
}

static struct reference_counted *next_queued(struct byte_to_message_decoder *d)
{
    struct reference_counted *msg = d->queued[0];

    memmove(d->queued, d->queued + 1, --d->n_queued * sizeof(msg));
    if (d->n_queued == 0) {
        free(d->queued);
        d->queued = NULL;
    }
    return msg;
}

/* It has left the pipeline: the bytes left go to the next handler. */
static void hand_on(struct byte_to_message_decoder *d,
                    struct channel_handler_context *ctx)
{
    struct bytebuf *buf = d->cumulation;

    d->cumulation = NULL;
    if (buf && bytebuf_is_readable(buf)) {
        ctx_fire_channel_read(ctx, &buf->ref);
        ctx_fire_channel_read_complete(ctx);
    } else if (buf) {
        bytebuf_release(buf);
    }
    while (d->n_queued > 0)
        ctx_fire_channel_read(ctx, next_queued(d));
    if (d->kind->removed)
        d->kind->removed(d, ctx);
}

static int take(struct byte_to_message_decoder *d,
                struct channel_handler_context *ctx,
                struct reference_counted *msg)
{
    struct bytebuf *buf = bytebuf_of(msg);

    if (buf)
        return decode_read(d, ctx, buf);
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* The work is done, and what came up meanwhile. Passes the error through, or
 * reports it at once where more is to be done. */
static int finish_work(struct byte_to_message_decoder *d,
                       struct channel_handler_context *ctx, int err)
{
    while (d->state == AT_WORK && (d->n_queued > 0 || d->closed)) {
        if (err)
            ctx_fire_exception_caught(ctx,
                                      exception_new(err, "%s", strerror(-err)));
        if (d->n_queued > 0) {
            err = take(d, ctx, next_queued(d));
        } else {
            d->closed = false;
            err = decode_rest(d, ctx);
        }
    }
    bool removed = d->state == REMOVED_AT_WORK;
    d->state = AT_REST;
    if (removed)
        hand_on(d, ctx);
    if (d->inactive) {
        d->inactive = false;
        ctx_fire_channel_inactive(ctx);
    }
    return err;
}

/* ---- the handler ---- */

int byte_to_message_channel_read(struct channel_handler_context *ctx,
                                 struct reference_counted *msg)
{
    struct byte_to_message_decoder *d = decoder_of(ctx);

    if (d->state != AT_REST)
        return queue_read(d, msg);
    d->state = AT_WORK;
    return finish_work(d, ctx, take(d, ctx, msg));
}

int byte_to_message_channel_read_complete(struct channel_handler_context *ctx)
{
    struct byte_to_message_decoder *d = decoder_of(ctx);

    if (d->state == AT_REST && d->cumulation) {
        discard_some(d);
        move_to_small(d);
    }
    /* Without autoRead nobody would ask for the rest of a message, since the
     * handlers behind have seen none. */
    if (d->has_read && !d->has_fired && !channel_is_auto_read(ctx_channel(ctx)))
        ctx_read(ctx);
    d->has_read = false;
    d->has_fired = false;
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

static int input_closed(struct channel_handler_context *ctx)
{
    struct byte_to_message_decoder *d = decoder_of(ctx);

    d->closed = true;
    if (d->state != AT_REST)
        return 0;
    d->state = AT_WORK;
    return finish_work(d, ctx, 0);
}

int byte_to_message_channel_inactive(struct channel_handler_context *ctx)
{
    decoder_of(ctx)->inactive = true;
    return input_closed(ctx);
}

int byte_to_message_user_event_triggered(struct channel_handler_context *ctx,
                                         const struct user_event *event)
{
    int err = 0;

    if (event == &channel_input_shutdown_event)
        err = input_closed(ctx);
    ctx_fire_user_event_triggered(ctx, event);
    return err;
}

int byte_to_message_handler_removed(struct channel_handler_context *ctx)
{
    struct byte_to_message_decoder *d = decoder_of(ctx);

    if (d->state == AT_REST)
        hand_on(d, ctx);
    else
        d->state = REMOVED_AT_WORK;
    return 0;
}

/* ---- life ---- */

void byte_to_message_decoder_init(
    struct byte_to_message_decoder *d, const struct channel_handler_ops *ops,
    const struct byte_to_message_decoder_ops *kind)
{
    memset(d, 0, sizeof(*d));
    channel_handler_init(&d->handler, ops);
    d->kind = kind;
    d->discard_after_reads = 16;
}

void byte_to_message_decoder_destroy(struct channel_handler *handler)
{
    struct byte_to_message_decoder *d =
        (struct byte_to_message_decoder *)handler;

    drop_cumulation(d);
    while (d->n_queued > 0)
        reference_release(next_queued(d));
    free(d);
}
