/*
 * The base of decoders: what it does when handlers do odd things meanwhile.
 * Netty's ByteToMessageDecoderTest.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_byte_to_message.h"
#include "models/netty/codec_fixed_length.h"
#include "models/netty/codec_string.h"
#include "tests/netty/codec_check.h"

/*
 * A decoder driven by its input, byte by byte:
 *     a-z   a message of that byte
 *     A-Z   with the byte behind it: a message of two; waits for that byte
 *     +     16 messages at once, and more
 *     0     a message, but reads nothing
 *     !     fails with EIO, having read it
 *     -     a message, and removes the decoder
 *     =     puts a fresh one, named "new", in its place
 *     anything else is read and makes no message
 */
struct driven {
    struct byte_to_message_decoder base;
    int lasts;      /* calls of decode_last */
    int gone;       /* calls of removed */
    int *destroyed; /* set when its memory is given back, or NULL */
};

static struct driven *driven_new(void);

static int add(struct decoder_output *out, const char *text)
{
    return decoder_output_add(out,
                              &unpooled_copied_buffer(text, strlen(text))->ref);
}

static int drive(struct byte_to_message_decoder *d,
                 struct channel_handler_context *ctx, struct bytebuf *in,
                 struct decoder_output *out)
{
    char byte = (char)bytebuf_get_byte(in, bytebuf_reader_index(in));
    struct channel_pipeline *p = ctx_pipeline(ctx);

    if (byte == '0')
        return add(out, "0");
    if (isupper(byte)) {
        if (bytebuf_readable_bytes(in) < 2)
            return 0;
        return decoder_output_add_slice(out, in, 2);
    }
    if (islower(byte))
        return decoder_output_add_slice(out, in, 1);
    bytebuf_skip_bytes(in, 1);
    if (byte == '!')
        return -EIO;
    if (byte == '+') {
        for (int c = 'a'; c <= 'z'; c++)
            add(out, (char[]){(char)c, '\0'});
    } else if (byte == '-') {
        add(out, "-");
        cr_assert_eq(channel_pipeline_remove(p, &d->handler), 0);
    } else if (byte == '=') {
        cr_assert_eq(channel_pipeline_replace(p, ctx_name(ctx), "new",
                                              &driven_new()->base.handler),
                     0);
    }
    return 0;
}

static int drive_last(struct byte_to_message_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in,
                      struct decoder_output *out)
{
    (void)ctx;
    ((struct driven *)d)->lasts++;
    if (bytebuf_is_readable(in)) /* a half pair is better than none */
        return decoder_output_add_slice(out, in, bytebuf_readable_bytes(in));
    return add(out, "end");
}

static void driven_removed(struct byte_to_message_decoder *d,
                           struct channel_handler_context *ctx)
{
    (void)ctx;
    ((struct driven *)d)->gone++;
}

static void driven_destroy(struct channel_handler *handler)
{
    struct driven *d = (struct driven *)handler;

    if (d->destroyed)
        *d->destroyed = 1;
    byte_to_message_decoder_destroy(handler);
}

static const struct byte_to_message_decoder_ops kind = {
    .decode = drive,
    .decode_last = drive_last,
    .removed = driven_removed,
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct channel_handler_ops ops = {
    .name = "driven",
    BYTE_TO_MESSAGE_DECODER_OPS,
    .destroy = driven_destroy,
};
#pragma GCC diagnostic pop

static struct driven *driven_new(void)
{
    struct driven *d = calloc(1, sizeof(*d));

    byte_to_message_decoder_init(&d->base, &ops, &kind);
    return d;
}

static struct channel_handler *make(void)
{
    return &driven_new()->base.handler;
}

Test(codec_base, decodes_however_the_bytes_are_cut)
{
    codec_check_cuts(make, "abAxc.By.C", 10, "<a><b><Ax><c><By><C>~");
    codec_check_cuts(make, "a.", 2, "<a><end>~");
}

Test(codec_base, passes_each_message_on_before_the_next)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "+x+");
    expect_story(&c.story,
                 "<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q><r><s><t>"
                 "<u><v><w><x><y><z><x>"
                 "<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q><r><s><t>"
                 "<u><v><w><x><y><z>.");
    codec_check_end(&c, "<end>.~");
}

Test(codec_base, lets_other_messages_pass)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "A");
    embedded_channel_write_inbound(c.ch, &string_new("a string")->ref);
    feed(&c, "b");
    expect_story(&c.story, ".<a string>.<Ab>.");
    codec_check_end(&c, "<end>.~");
}

Test(codec_base, what_was_decoded_comes_before_the_error)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "ab!cd");
    /* The error ends this round; the rest waits for the next read. */
    expect_story(&c.story, "<a><b>!EIO.");
    feed(&c, "e");
    expect_story(&c.story, "<c><d><e>.");
    codec_check_end(&c, "<end>.~");
}

Test(codec_base, a_message_out_of_nothing_is_an_error)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "a0");
    expect_story(&c.story, "<a><0>!EPROTO.");
    cr_assert_str_eq(
        c.story.exception,
        "codec: decode did not read anything but decoded a message");
    embedded_channel_close(c.ch);
    c.story.text[0] = '\0';
    codec_check_end(&c, "");
}

Test(codec_base, one_message_for_each_read)
{
    struct driven *d = driven_new();
    struct codec_check c;

    d->base.single_decode = true;
    codec_check_begin(&c, &d->base.handler);
    feed(&c, "ab");
    expect_story(&c.story, "<a>.");
    feed(&c, "c");
    expect_story(&c.story, "<b>.");
    codec_check_end(&c, "<c><end>.~");
}

/* ---- reads while it is at work ---- */

/* On a message `x` it lets more come in; on `y` it removes the decoder; on `z`
 * it ends the input. */
static int meddle(struct channel_handler_context *ctx,
                  struct reference_counted *msg)
{
    struct channel_pipeline *p = ctx_pipeline(ctx);
    struct bytebuf *buf = bytebuf_of(msg);
    char byte =
        buf ? (char)bytebuf_get_byte(buf, bytebuf_reader_index(buf)) : ' ';

    ctx_fire_channel_read(ctx, msg);
    if (byte == 'x') {
        struct bytebuf *more = unpooled_copied_buffer("12mB", 4);
        channel_pipeline_fire_channel_read(p, &more->ref);
        more = unpooled_copied_buffer("en", 2);
        channel_pipeline_fire_channel_read(p, &more->ref);
        channel_pipeline_fire_channel_read(p, &string_new("other")->ref);
        channel_pipeline_fire_channel_read_complete(p);
    }
    if (byte == 'y')
        cr_assert_eq(channel_pipeline_remove_name(p, "codec"), 0);
    if (byte == 'z')
        channel_pipeline_fire_user_event_triggered(
            p, &channel_input_shutdown_event);
    return 0;
}

static const struct channel_handler_ops meddler_ops = {.name = "meddler",
                                                       .channel_read = meddle};

static void add_meddler(struct codec_check *c)
{
    static struct channel_handler meddler;

    channel_handler_init(&meddler, &meddler_ops);
    cr_assert_eq(channel_pipeline_add_after(channel_pipeline(c->ch), "codec",
                                            NULL, "meddler", &meddler),
                 0);
}

Test(codec_base, reads_that_come_meanwhile_wait_their_turn)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    add_meddler(&c);
    feed(&c, "axb");
    expect_story(&c.story, "<a><x>.<b><m><Be><n><other>.");
    codec_check_end(&c, "<end>.~");
}

Test(codec_base, the_end_of_input_waits_its_turn)
{
    struct driven *d = driven_new();
    struct codec_check c;

    codec_check_begin(&c, &d->base.handler);
    add_meddler(&c);
    feed(&c, "azbC");
    expect_story(&c.story, "<a><z>{channel_input_shutdown}<b><C>..");
    cr_assert_eq(d->lasts, 1);
    codec_check_end(&c, "<end>.~");
}

/* ---- removal ---- */

Test(codec_base, hands_the_rest_on_when_removed)
{
    struct codec_check c;
    int destroyed = 0;
    struct driven *d = driven_new();

    d->destroyed = &destroyed;
    codec_check_begin(&c, &d->base.handler);
    feed(&c, "aB");
    channel_pipeline_remove_name(channel_pipeline(c.ch), "codec");
    expect_story(&c.story, "<a>.<B>.");
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert(destroyed);
    feed(&c, "not decoded");
    expect_story(&c.story, "<not decoded>.");
    codec_check_end(&c, "~");
}

Test(codec_base, may_be_removed_from_within_decode)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "a-rest");
    expect_story(&c.story, "<a><->"  /* what it had decoded */
                           "<rest>." /* what it had not */
                           ".");
    codec_check_end(&c, "~");
}

Test(codec_base, nothing_left_is_not_handed_on)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "a-");
    expect_story(&c.story, "<a><->.");
    codec_check_end(&c, "~");
}

Test(codec_base, may_be_removed_by_a_handler_behind)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    add_meddler(&c);
    feed(&c, "aybC");
    expect_story(&c.story, "<a><y><bC>..");
    codec_check_end(&c, "~");
}

/* What was queued while it was at work follows what it had left. */
Test(codec_base, hands_on_what_was_queued_too)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    add_meddler(&c);
    feed(&c, "x-q");
    expect_story(&c.story, "<x>.<-><q>.<12mB><en><other>.");
    codec_check_end(&c, "~");
}

Test(codec_base, gives_way_to_another_protocol)
{
    struct codec_check c;

    codec_check_begin(&c, make());
    feed(&c, "a=bC");
    expect_story(&c.story, "<a><b>..");
    feed(&c, "d");
    expect_story(&c.story, "<Cd>.");
    codec_check_end(&c, "<end>.~");
}

/* ---- the end ---- */

Test(codec_base, decodes_what_it_can_when_the_channel_closes)
{
    struct driven *d = driven_new();
    struct codec_check c;

    d->base.single_decode = true; /* so that much is left */
    codec_check_begin(&c, &d->base.handler);
    feed(&c, "aBc");
    expect_story(&c.story, "<a>.");
    codec_check_end(&c, "<Bc><end>.~");
}

Test(codec_base, does_not_call_last_once_removed)
{
    struct driven *d = driven_new();
    struct codec_check c;

    d->base.single_decode = true;
    codec_check_begin(&c, &d->base.handler);
    feed(&c, "a-bc");
    expect_story(&c.story, "<a>.");
    codec_check_end(&c, "<-><bc>.~");
}

/* ---- asking for more ---- */

static int reads; /* asked for */

static int count_read(struct channel_handler_context *ctx)
{
    reads++;
    ctx_read(ctx);
    return 0;
}

static const struct channel_handler_ops counter_ops = {.name = "counter",
                                                       .read = count_read};

/* Without autoRead, who has not got a message yet cannot ask for more. */
Test(codec_base, asks_for_the_rest_of_a_message)
{
    static struct channel_handler counter;
    struct codec_check c;

    codec_check_begin(&c, make());
    channel_handler_init(&counter, &counter_ops);
    channel_pipeline_add_first(channel_pipeline(c.ch), NULL, "counter",
                               &counter);
    channel_set_auto_read(c.ch, false);
    reads = 0;
    feed(&c, "A");
    cr_assert_eq(reads, 1);
    feed(&c, "bc");
    cr_assert_eq(reads, 1);
    c.story.text[0] = '\0';
    codec_check_end(&c, "<end>.~");
}

/* ---- the cumulation ---- */

static struct bytebuf *read_frame(struct channel *ch)
{
    return bytebuf_of(embedded_channel_read_inbound(ch));
}

/* Slices that others hold stay what they are, however the rest grows. */
Test(codec_base, does_not_move_bytes_that_others_hold)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 4);
    const unsigned char *memory = bytebuf_readable(in);
    struct bytebuf *held;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec", make());
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
Test(codec_base, does_not_compact_bytes_that_others_hold)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_unpooled, 16);
    struct bytebuf *held, *frame;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec", make());
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
Test(codec_base, does_not_write_behind_a_view)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *root = allocator_buffer(&allocator_unpooled, 16);
    struct bytebuf *view, *frame;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec", make());
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
Test(codec_base, half_a_message_does_not_pin_a_large_buffer)
{
    struct channel *ch = embedded_channel_new();
    struct bytebuf *in = allocator_buffer(&allocator_pooled, 65536);
    struct allocator_metrics m;

    channel_pipeline_add_last(channel_pipeline(ch), NULL, "codec", make());
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
Test(codec_base, puts_a_large_message_together)
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
