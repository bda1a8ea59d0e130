/*
 * The base of decoders: what it does when handlers do odd things meanwhile.
 * Netty's ByteToMessageDecoderTest.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/bytebuf_int.h"
#include "models/netty/codec_fixed_length.h"
#include "models/netty/codec_string.h"
#include "tests/netty/codec_check.h"
#include "tests/netty/codec_driven.h"

Test(codec_base, decodes_however_the_bytes_are_cut)
{
    codec_check_cuts(driven_new_handler, "abAxc.By.C", 10,
                     "<a><b><Ax><c><By><C>~");
    codec_check_cuts(driven_new_handler, "a.", 2, "<a><end>~");
}

Test(codec_base, passes_each_message_on_before_the_next)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
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

    codec_check_begin(&c, driven_new_handler());
    feed(&c, "A");
    embedded_channel_write_inbound(c.ch, &string_new("a string")->ref);
    feed(&c, "b");
    expect_story(&c.story, ".<a string>.<Ab>.");
    codec_check_end(&c, "<end>.~");
}

Test(codec_base, what_was_decoded_comes_before_the_error)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
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

    codec_check_begin(&c, driven_new_handler());
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

    codec_check_begin(&c, driven_new_handler());
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

    codec_check_begin(&c, driven_new_handler());
    feed(&c, "a-rest");
    expect_story(&c.story, "<a><->"  /* what it had decoded */
                           "<rest>." /* what it had not */
                           ".");
    codec_check_end(&c, "~");
}

Test(codec_base, nothing_left_is_not_handed_on)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
    feed(&c, "a-");
    expect_story(&c.story, "<a><->.");
    codec_check_end(&c, "~");
}

Test(codec_base, may_be_removed_by_a_handler_behind)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
    add_meddler(&c);
    feed(&c, "aybC");
    expect_story(&c.story, "<a><y><bC>..");
    codec_check_end(&c, "~");
}

/* What was queued while it was at work follows what it had left. */
Test(codec_base, hands_on_what_was_queued_too)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
    add_meddler(&c);
    feed(&c, "x-q");
    expect_story(&c.story, "<x>.<-><q>.<12mB><en><other>.");
    codec_check_end(&c, "~");
}

Test(codec_base, gives_way_to_another_protocol)
{
    struct codec_check c;

    codec_check_begin(&c, driven_new_handler());
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

    codec_check_begin(&c, driven_new_handler());
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
