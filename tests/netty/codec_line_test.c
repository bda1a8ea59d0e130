/*
 * The line decoder. Netty's LineBasedFrameDecoderTest, and the line that Netty
 * gets wrong.
 */
#include <criterion/criterion.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_line.h"
#include "tests/netty/codec_check.h"

static struct channel_handler *strip_8(void)
{
    return line_based_frame_decoder_new(8, true, true);
}

static struct channel_handler *strip_8_late(void)
{
    return line_based_frame_decoder_new(8, true, false);
}

static struct channel_handler *keep_8(void)
{
    return line_based_frame_decoder_new(8, false, true);
}

Test(codec_line, decodes_lines_however_they_are_cut)
{
    static const char bytes[] = "first\r\nsecond\n\r\n\nlast\r\nrest";

    codec_check_cuts(strip_8, bytes, sizeof(bytes) - 1,
                     "<first><second><><><last>~");
    codec_check_cuts(keep_8, bytes, sizeof(bytes) - 1,
                     "<first\r\n><second\n><\r\n><\n><last\r\n>~");
}

Test(codec_line, a_lone_cr_is_part_of_a_line)
{
    static const char bytes[] = "a\rb\n\r\r\n";

    codec_check_cuts(strip_8, bytes, sizeof(bytes) - 1, "<a\rb><\r>~");
}

Test(codec_line, drops_a_long_line_and_carries_on)
{
    static const char bytes[] = "ok\r\n123456789\r\nfine\r\n";

    codec_check_cuts(strip_8, bytes, sizeof(bytes) - 1, "<ok>!EMSGSIZE<fine>~");
    codec_check_cuts(strip_8_late, bytes, sizeof(bytes) - 1,
                     "<ok>!EMSGSIZE<fine>~");
}

Test(codec_line, reports_a_long_line_once)
{
    static const char bytes[] = "123456789012345678901234567890\r\n1\n";

    codec_check_cuts(strip_8, bytes, sizeof(bytes) - 1, "!EMSGSIZE<1>~");
    codec_check_cuts(strip_8_late, bytes, sizeof(bytes) - 1, "!EMSGSIZE<1>~");
}

/* Netty counts the CR that comes without its LF, and rejects this line. */
Test(codec_line, takes_a_line_of_exactly_the_maximum)
{
    static const char bytes[] = "12345678\r\n12345678\n";

    codec_check_cuts(strip_8, bytes, sizeof(bytes) - 1,
                     "<12345678><12345678>~");
    codec_check_cuts(strip_8_late, bytes, sizeof(bytes) - 1,
                     "<12345678><12345678>~");
}

Test(codec_line, fails_fast_or_late)
{
    struct codec_check c;

    codec_check_begin(&c, strip_8());
    feed(&c, "1234567890");
    expect_story(&c.story, "!EMSGSIZE.");
    cr_assert_str_eq(c.story.exception,
                     "a line of 10 or more bytes exceeds the maximum of 8");
    feed(&c, "12\n");
    expect_story(&c.story, ".");
    codec_check_end(&c, "~");

    codec_check_begin(&c, strip_8_late());
    feed(&c, "1234567890\r");
    expect_story(&c.story, ".");
    feed(&c, "\nok\n");
    expect_story(&c.story, "!EMSGSIZE<ok>.");
    cr_assert_str_eq(c.story.exception,
                     "a line of 10 bytes exceeds the maximum of 8");
    codec_check_end(&c, "~");
}

Test(codec_line, the_reported_length_does_not_depend_on_the_cuts)
{
    static const char bytes[] = "123456789\r\r\n";

    for (size_t cut = 1; cut < sizeof(bytes) - 1; cut++) {
        struct codec_check c;
        codec_check_begin(&c, strip_8_late());
        codec_check_feed(&c, bytes, cut);
        codec_check_feed(&c, bytes + cut, sizeof(bytes) - 1 - cut);
        cr_assert_str_eq(c.story.exception,
                         "a line of 10 bytes exceeds the maximum of 8");
        embedded_channel_close(c.ch);
        c.story.text[0] = '\0';
        codec_check_end(&c, "");
    }
}

Test(codec_line, frames_are_slices_of_what_was_read)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = unpooled_copied_buffer("one\ntwo\n", 8);
    const unsigned char *memory = bytebuf_readable(in);

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "lines", strip_8());
    cr_assert(embedded_channel_write_inbound(ch, &in->ref));
    for (size_t i = 0; i < 2; i++) {
        struct bytebuf *frame = bytebuf_of(embedded_channel_read_inbound(ch));
        cr_assert_not_null(frame);
        cr_assert_eq(bytebuf_readable(frame), memory + 4 * i);
        cr_assert_eq(bytebuf_ref_count(frame), 1);
        /* The last frame frees what was read. */
        cr_assert_eq(bytebuf_ref_count(in), 2 - i);
        bytebuf_release(frame);
    }
    cr_assert_eq(bytebuf_ref_count(in), 0);
    cr_assert_not(embedded_channel_finish(ch));
    embedded_channel_free(ch);
}

/* Else a line that comes in byte by byte would cost the square of its length.
 * An LF that is put where it has looked already is not seen. */
Test(codec_line, does_not_look_twice_at_what_it_has_seen)
{
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 64);
    struct bytebuf *spy;
    struct codec_check c;

    codec_check_begin(&c, line_based_frame_decoder_new(100, true, true));
    bytebuf_write_string(in, "abc");
    spy = bytebuf_retained_duplicate(in);
    embedded_channel_write_inbound(c.ch, &in->ref);
    bytebuf_set_byte(spy, 1, '\n');
    feed(&c, "d\n");
    expect_story(&c.story, ".<a\ncd>.");
    bytebuf_release(spy);
    codec_check_end(&c, "~");
}
