/*
 * The delimiter decoder. Netty's DelimiterBasedFrameDecoderTest and
 * DelimitersTest, and the delimiters that Netty loses.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_delimiter.h"
#include "tests/netty/codec_check.h"

static const struct delimiter line_ends[] = {{"\r\n", 2}, {"\n", 1}};
static const struct delimiter triple[] = {{"-=-", 3}};

static struct channel_handler *lines(void)
{
    return delimiter_based_frame_decoder_new(8, true, true, line_ends, 2);
}

static struct channel_handler *keep_lines(void)
{
    return delimiter_based_frame_decoder_new(8, false, true, line_ends, 2);
}

static struct channel_handler *triples(void)
{
    return delimiter_based_frame_decoder_new(8, true, true, triple, 1);
}

static struct channel_handler *triples_late(void)
{
    return delimiter_based_frame_decoder_new(8, true, false, triple, 1);
}

Test(codec_delimiter, the_shortest_frame_counts)
{
    static const char bytes[] = "one\r\ntwo\nthree\r\n\r\nrest";

    codec_check_cuts(lines, bytes, sizeof(bytes) - 1, "<one><two><three><>~");
    codec_check_cuts(keep_lines, bytes, sizeof(bytes) - 1,
                     "<one\r\n><two\n><three\r\n><\r\n>~");
}

Test(codec_delimiter, finds_delimiters_of_several_bytes)
{
    static const char bytes[] = "a-=-b-=-=-c--=-";

    codec_check_cuts(triples, bytes, sizeof(bytes) - 1, "<a><b><=-c->~");
}

Test(codec_delimiter, drops_a_long_frame_and_carries_on)
{
    static const char bytes[] = "ok-=-12345678901234-=-fine-=-";

    codec_check_cuts(triples, bytes, sizeof(bytes) - 1, "<ok>!EMSGSIZE<fine>~");
    codec_check_cuts(triples_late, bytes, sizeof(bytes) - 1,
                     "<ok>!EMSGSIZE<fine>~");
}

/* Netty takes the half of a delimiter for part of the frame, or drops it with
 * a long one, and then misses its end. */
Test(codec_delimiter, half_a_delimiter_is_neither_counted_nor_lost)
{
    static const char exact[] = "12345678-=-12345678-=-";
    struct codec_check c;

    codec_check_cuts(triples, exact, sizeof(exact) - 1,
                     "<12345678><12345678>~");
    codec_check_begin(&c, triples_late());
    feed(&c, "1234567890-=");
    expect_story(&c.story, ".");
    feed(&c, "-next-=-");
    expect_story(&c.story, "!EMSGSIZE<next>.");
    cr_assert_str_eq(c.story.exception,
                     "a frame of 10 bytes exceeds the maximum of 8");
    codec_check_end(&c, "~");
}

/* A delimiter that is put where it has looked already is not seen. */
Test(codec_delimiter, does_not_look_twice_at_what_it_has_seen)
{
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 64);
    struct bytebuf *spy;
    struct codec_check c;

    codec_check_begin(&c, lines());
    bytebuf_write_string(in, "abc");
    spy = bytebuf_retained_duplicate(in);
    embedded_channel_write_inbound(c.ch, &in->ref);
    bytebuf_set_byte(spy, 1, '\n');
    feed(&c, "d\n");
    expect_story(&c.story, ".<a\ncd>.");
    bytebuf_release(spy);
    codec_check_end(&c, "~");
}

Test(codec_delimiter, refuses_to_have_none)
{
    static const struct delimiter empty = {"", 0};

    errno = 0;
    cr_assert_null(delimiter_based_frame_decoder_new(8, true, true, NULL, 0));
    cr_assert_eq(errno, EINVAL);
    cr_assert_null(delimiter_based_frame_decoder_new(8, true, true, &empty, 1));
}
