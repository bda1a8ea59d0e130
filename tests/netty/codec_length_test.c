/*
 * Fixed-length and length-field decoders, and the prepender. Netty's
 * LengthFieldBasedFrameDecoderTest, LengthFieldPrependerTest.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_fixed_length.h"
#include "models/netty/codec_length_field.h"
#include "tests/netty/codec_check.h"

static struct channel_handler *threes(void)
{
    return fixed_length_frame_decoder_new(3);
}

Test(codec_fixed_length, cuts_frames_of_one_length)
{
    codec_check_cuts(threes, "abcdefgh", 8, "<abc><def>~");
    errno = 0;
    cr_assert_null(fixed_length_frame_decoder_new(0));
    cr_assert_eq(errno, EINVAL);
}

static struct length_field field; /* of the decoders that `make` makes */

static struct channel_handler *make(void)
{
    return length_field_based_frame_decoder_new(&field);
}

#define check(bytes, story)                                                    \
    codec_check_cuts(make, bytes, sizeof(bytes) - 1, story)

/* The examples of Netty's documentation. */
Test(codec_length_field, decodes_each_kind_of_header)
{
    field = (struct length_field){.max_length = 64, .length = 2, .strip = 2};
    check("\0\5HELLO\0\0\0\3BYE", "<HELLO><><BYE>~");

    /* The field counts itself. */
    field.adjustment = -2;
    check("\0\7HELLO\0\5BYE", "<HELLO><BYE>~");

    /* Three bytes, behind two others. */
    field = (struct length_field){.max_length = 64,
                                  .offset = 2,
                                  .length = 3,
                                  .strip = 5};
    check("\xca\xfe\0\0\5HELLO", "<HELLO>~");

    /* Behind the field more header, which is not counted. */
    field = (struct length_field){.max_length = 64,
                                  .length = 3,
                                  .adjustment = 2,
                                  .strip = 5};
    check("\0\0\5\xca\xfeHELLO", "<HELLO>~");

    /* One byte before, one behind, the whole is counted. */
    field = (struct length_field){.max_length = 64,
                                  .offset = 1,
                                  .length = 2,
                                  .adjustment = -3,
                                  .strip = 3};
    check("\xca\0\x9\xfeHELLO", "<\xfeHELLO>~");
}

Test(codec_length_field, knows_all_widths_and_both_orders)
{
    field = (struct length_field){.max_length = 600, .length = 1, .strip = 1};
    check("\2hi", "<hi>~");
    field.length = field.strip = 4;
    check("\0\0\0\2hi", "<hi>~");
    field.length = field.strip = 8;
    check("\0\0\0\0\0\0\0\2hi", "<hi>~");
    field.little_endian = true;
    check("\2\0\0\0\0\0\0\0hi", "<hi>~");
    field.length = field.strip = 3;
    check("\2\0\0hi", "<hi>~");
    field.length = field.strip = 2;
    check("\2\0hi", "<hi>~");
}

Test(codec_length_field, skips_a_long_frame_and_carries_on)
{
    static const char bytes[] = "\0\2ok\0\x10ZZZZZZZZZZZZZZZZ\0\4fine";

    field = (struct length_field){.max_length = 10, .length = 2, .strip = 2};
    check(bytes, "<ok>!EMSGSIZE<fine>~");
    field.fail_lazily = true;
    check(bytes, "<ok>!EMSGSIZE<fine>~");
}

Test(codec_length_field, fails_fast_or_late)
{
    struct codec_check c;

    field = (struct length_field){.max_length = 10, .length = 2, .strip = 2};
    codec_check_begin(&c, make());
    feed(&c, "\0\x20xx");
    expect_story(&c.story, "!EMSGSIZE.");
    cr_assert_str_eq(c.story.exception,
                     "a frame of 34 bytes exceeds the maximum of 10");
    codec_check_end(&c, "~");

    field.fail_lazily = true;
    codec_check_begin(&c, make());
    feed(&c, "\0\x0axx");
    expect_story(&c.story, ".");
    feed(&c, "xxxxxxxx");
    expect_story(&c.story, "!EMSGSIZE.");
    codec_check_end(&c, "~");
}

Test(codec_length_field, reports_what_makes_no_sense)
{
    field = (struct length_field){.max_length = 64, .length = 8, .strip = 8};
    check("\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\2hi", "!EPROTO<hi>~");
    /* As large as can be, plus the header: does not wrap around. */
    field.fail_lazily = false;
    {
        struct codec_check c;
        codec_check_begin(&c, make());
        feed(&c, "\x7f\xff\xff\xff\xff\xff\xff\xff");
        expect_story(&c.story, "!EMSGSIZE.");
        codec_check_end(&c, "~");
    }

    /* Shorter than its header. */
    field = (struct length_field){.max_length = 64,
                                  .length = 2,
                                  .adjustment = -2,
                                  .strip = 2};
    check("\0\1\0\4hi", "!EPROTO<hi>~");

    /* Shorter than what is stripped. */
    field = (struct length_field){.max_length = 64, .length = 2, .strip = 6};
    check("\0\3abc\0\6abcdhi", "!EPROTO<hi>~");
}

Test(codec_length_field, refuses_headers_that_cannot_be)
{
    static const struct length_field bad[] = {
        {.max_length = 64, .length = 0},
        {.max_length = 64, .length = 5},
        {.max_length = 64, .length = 9},
        {.max_length = 0, .length = 1},
        {.max_length = 4, .offset = 3, .length = 2},
        {.max_length = UINT32_MAX, .length = 2},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        errno = 0;
        cr_assert_null(length_field_based_frame_decoder_new(&bad[i]));
        cr_assert_eq(errno, EINVAL);
    }
}

/* ---- the prepender ---- */

/* Writes "hello" through it; what leaves must be these bytes, then it. */
static void check_prepender(struct channel_handler *handler,
                            const char *expected, size_t len)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *out;

    cr_assert_not_null(handler);
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "p", handler);
    struct bytebuf *msg = unpooled_copied_buffer("hello", 5);
    cr_assert(embedded_channel_write_outbound(ch, &msg->ref));
    out = bytebuf_of(embedded_channel_read_outbound(ch));
    cr_assert(bytebuf_equals_bytes(out, expected, len));
    bytebuf_release(out);
    out = bytebuf_of(embedded_channel_read_outbound(ch));
    cr_assert_eq(out, msg); /* itself: nothing was copied */
    bytebuf_release(out);
    cr_assert_not(embedded_channel_finish(ch));
    embedded_channel_free(ch);
    free(handler);
}

Test(codec_length_field, prepends_lengths)
{
    check_prepender(length_field_prepender_new(1, 0, false, false), "\5", 1);
    check_prepender(length_field_prepender_new(2, 0, false, false), "\0\5", 2);
    check_prepender(length_field_prepender_new(3, 0, false, false), "\0\0\5",
                    3);
    check_prepender(length_field_prepender_new(4, 0, true, false), "\0\0\0\11",
                    4);
    check_prepender(length_field_prepender_new(8, -1, true, false),
                    "\0\0\0\0\0\0\0\14", 8);
    check_prepender(length_field_prepender_new(4, 0, false, true), "\5\0\0\0",
                    4);
    check_prepender(length_field_prepender_new(2, 1, false, true), "\6\0", 2);
    errno = 0;
    cr_assert_null(length_field_prepender_new(5, 0, false, false));
    cr_assert_eq(errno, EINVAL);
}

/* The write fails, and nothing leaves: neither the field nor the message. */
static void check_refused(struct channel_handler *handler, size_t len)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *msg = allocator_buffer(allocator_default, len);
    struct promise *promise = channel_new_promise(ch);

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "p", handler);
    bytebuf_write_zero(msg, len);
    channel_write_and_flush(ch, &msg->ref, promise);
    embedded_channel_run_pending_tasks(ch);
    cr_assert(future_is_done(&promise->future));
    cr_assert_eq(future_cause(&promise->future)->code, -ERANGE);
    cr_assert_eq(bytebuf_ref_count(msg), 0);
    cr_assert_null(embedded_channel_read_outbound(ch));
    promise_release(promise);
    embedded_channel_free(ch);
    free(handler);
}

Test(codec_length_field, refuses_lengths_that_do_not_fit)
{
    check_refused(length_field_prepender_new(1, 0, false, false), 256);
    check_refused(length_field_prepender_new(1, 0, true, false), 255);
    check_refused(length_field_prepender_new(2, -6, false, false), 5);
}

/* What the prepender makes, the decoder understands. */
Test(codec_length_field, there_and_back)
{
    struct channel_handler *prepender =
        length_field_prepender_new(4, 0, false, false);
    struct channel *out = embedded_channel_new();
    struct codec_check in;
    struct reference_counted *msg;

    field = (struct length_field){.max_length = 100, .length = 4, .strip = 4};
    codec_check_begin(&in, make());
    channel_pipeline_add_last(channel_pipeline(out), NULL, "p", prepender);
    for (int i = 0; i < 3; i++) {
        struct bytebuf *buf = allocator_buffer(allocator_default, 16);
        bytebuf_write_format(buf, "message %d", i);
        embedded_channel_write_outbound(out, &buf->ref);
    }
    while ((msg = embedded_channel_read_outbound(out)))
        embedded_channel_write_one_inbound(in.ch, msg);
    embedded_channel_flush_inbound(in.ch);
    expect_story(&in.story, "<message 0><message 1><message 2>.");
    embedded_channel_finish(out);
    embedded_channel_free(out);
    codec_check_end(&in, "~");
    free(prepender);
}
