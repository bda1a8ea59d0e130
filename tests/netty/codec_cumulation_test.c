/*
 * What a decoder does with bytes that do not make a message yet: whose memory
 * they are in, who else holds it, and how it grows.
 */
#include <criterion/criterion.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_fixed_length.h"
#include "tests/netty/codec_check.h"
#include "tests/netty/codec_driven.h"

static struct bytebuf *read_frame(struct channel *ch)
{
    return bytebuf_of(embedded_channel_read_inbound(ch));
}

/* Slices that others hold stay what they are, however the rest grows. */
Test(codec_cumulation, does_not_move_bytes_that_others_hold)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 4);
    const unsigned char *memory = bytebuf_readable(in);
    struct bytebuf *held;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec",
                              driven_new_handler());
    bytebuf_write_string(in, "AbcD");
    embedded_channel_write_one_inbound(ch, &in->ref);
    held = read_frame(ch);
    cr_assert_eq(bytebuf_readable(held), memory);
    in = unpooled_copied_buffer("eFgHi", 5);
    embedded_channel_write_inbound(ch, &in->ref);
    cr_assert_eq(bytebuf_readable(held), memory);
    cr_assert(bytebuf_equals_bytes(held, "Ab", 2));
    bytebuf_release(held);
    embedded_channel_free(ch);
}

/* Nor are they overwritten when room is made at the front. */
Test(codec_cumulation, does_not_compact_bytes_that_others_hold)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 16);
    struct bytebuf *held, *frame;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec",
                              driven_new_handler());
    bytebuf_write_string(in, "a.........K");
    embedded_channel_write_inbound(ch, &in->ref);
    held = read_frame(ch);
    in = unpooled_copied_buffer("lM", 2);
    embedded_channel_write_inbound(ch, &in->ref);
    frame = read_frame(ch);
    cr_assert(bytebuf_equals_bytes(frame, "Kl", 2));
    cr_assert(bytebuf_equals_bytes(held, "a", 1));
    bytebuf_release(frame);
    bytebuf_release(held);
    embedded_channel_free(ch);
}

/* What lies behind a view is not the decoder's to write to. */
Test(codec_cumulation, does_not_write_behind_a_view)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *root = allocator_buffer(&allocator_unpooled, 16);
    struct bytebuf *view, *frame;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec",
                              driven_new_handler());
    bytebuf_write_string(root, "A");
    view = bytebuf_retained_duplicate(root);
    embedded_channel_write_inbound(ch, &view->ref);
    bytebuf_write_string(root, "mine");
    embedded_channel_write_inbound(ch, &unpooled_copied_buffer("b", 1)->ref);
    frame = read_frame(ch);
    cr_assert(bytebuf_equals_bytes(frame, "Ab", 2));
    cr_assert(bytebuf_equals_bytes(root, "Amine", 5));
    bytebuf_release(frame);
    bytebuf_release(root);
    embedded_channel_free(ch);
}

/* Half a message must not keep the large buffer that it was read into. */
Test(codec_cumulation, half_a_message_does_not_pin_a_large_buffer)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_pooled, 65536);
    struct allocator_metrics m;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec",
                              driven_new_handler());
    bytebuf_write_string(in, "A");
    embedded_channel_write_inbound(ch, &in->ref);
    allocator_read_metrics(&m);
    cr_assert_eq(m.used_buffers, 1);
    cr_assert_eq(m.used_bytes, 64);
    in = unpooled_copied_buffer("b", 1);
    embedded_channel_write_inbound(ch, &in->ref);
    struct bytebuf *frame = read_frame(ch);
    cr_assert(bytebuf_equals_bytes(frame, "Ab", 2));
    bytebuf_release(frame);
    allocator_read_metrics(&m);
    cr_assert_eq(m.used_buffers, 0);
    embedded_channel_free(ch);
}

/* A message of a megabyte in small reads: the cumulation grows by doubling. */
Test(codec_cumulation, puts_a_large_message_together)
{
    enum { SIZE = 1 << 20, PIECE = 1000 };
    struct channel *ch = embedded_channel_new();
    struct bytebuf *frame;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec",
                              fixed_length_frame_decoder_new(SIZE));
    for (size_t at = 0; at < SIZE; at += PIECE) {
        size_t len = SIZE - at < PIECE ? SIZE - at : PIECE;
        struct bytebuf *in = allocator_buffer(allocator_default, len);
        for (size_t i = 0; i < len; i++)
            bytebuf_write_byte(in, (int64_t)((at + i) * 31 >> 4));
        embedded_channel_write_inbound(ch, &in->ref);
    }
    frame = read_frame(ch);
    cr_assert_eq(bytebuf_readable_bytes(frame), SIZE);
    for (size_t i = 0; i < SIZE; i++)
        cr_assert_eq(bytebuf_read_unsigned_byte(frame), (uint8_t)(i * 31 >> 4));
    bytebuf_release(frame);
    cr_assert_not(embedded_channel_finish(ch));
    embedded_channel_free(ch);
}
