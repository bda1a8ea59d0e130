/*
 * What a decoder has taken in and not yet used, and what it has made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/codec_internal.h"

/* ---- the output ---- */

void decoder_output_init(struct decoder_output *out)
{
    out->items = out->few;
    out->count = 0;
    out->room = sizeof(out->few) / sizeof(out->few[0]);
    out->any = false;
}

int decoder_output_add(struct decoder_output *out,
                       struct reference_counted *msg)
{
    if (out->count == out->room) {
        bool small = out->items == out->few;
        struct reference_counted **items =
            reallocarray(small ? NULL : out->items, 2 * out->room,
                         sizeof(struct reference_counted *));
        if (!items) {
            reference_release(msg);
            return -ENOMEM;
        }
        if (small)
            memcpy(items, out->few, sizeof(out->few));
        out->items = items;
        out->room *= 2;
    }
    out->items[out->count++] = msg;
    out->any = true;
    return 0;
}

int decoder_output_add_slice(struct decoder_output *out, struct bytebuf *in,
                             size_t len)
{
    struct bytebuf *frame = bytebuf_read_retained_slice(in, len);

    return frame ? decoder_output_add(out, &frame->ref) : -ENOMEM;
}

void decoder_output_fire(struct decoder_output *out,
                         struct channel_handler_context *ctx)
{
    for (size_t i = 0; i < out->count; i++)
        ctx_fire_channel_read(ctx, out->items[i]);
    out->count = 0;
}

void decoder_output_free(struct decoder_output *out)
{
    if (out->items != out->few)
        free(out->items);
}

/* ---- the cumulation ---- */

/* A new buffer for both, with room to spare. Takes neither over. */
static struct bytebuf *merge_anew(const struct allocator *alloc,
                                  struct bytebuf *old, struct bytebuf *in)
{
    size_t len = bytebuf_readable_bytes(old) + bytebuf_readable_bytes(in);

    if (len > BYTEBUF_MAX_CAPACITY) {
        errno = ENOBUFS;
        return NULL;
    }
    size_t room = allocator_calculate_new_capacity(len, BYTEBUF_MAX_CAPACITY);
    struct bytebuf *both = allocator_buffer(alloc, room);
    if (!both)
        return NULL;
    (void)bytebuf_write_buffer(both, old, bytebuf_readable_bytes(old));
    (void)bytebuf_write_buffer(both, in, bytebuf_readable_bytes(in));
    return both;
}

int decoder_cumulate(struct bytebuf **cumulation, const struct allocator *alloc,
                     struct bytebuf *in)
{
    struct bytebuf *old = *cumulation;
    size_t len = bytebuf_readable_bytes(in);
    int err = 0;

    if (!old) {
        *cumulation = in;
        return 0;
    }
    /* Growing would move bytes that others hold slices of, perhaps on other
     * threads; and what lies behind a view may be another's. */
    bool moves = len > bytebuf_writable_bytes(old);
    if (len > bytebuf_max_writable_bytes(old) || bytebuf_unwrap(old) ||
        (moves && bytebuf_ref_count(old) > 1)) {
        struct bytebuf *both = merge_anew(alloc, old, in);
        if (both) {
            *cumulation = both;
            bytebuf_release(old);
        } else {
            err = -errno;
        }
    } else {
        err = bytebuf_write_buffer(old, in, len);
    }
    bytebuf_release(in);
    return err;
}
