/*
 * The idle state handler, on a clock that the test sets. Netty's
 * IdleStateHandlerTest.
 */
#include <criterion/criterion.h>

#include "models/netty/handler_idle_state.h"
#include "tests/netty/codec_check.h"

#define MS TICKER_MS

static struct codec_check c;

static void begin(uint64_t reader_ms, uint64_t writer_ms, uint64_t all_ms)
{
    codec_check_begin(&c, idle_state_handler_new(reader_ms * MS, writer_ms * MS,
                                                 all_ms * MS, false));
}

static void pass(uint64_t ms)
{
    embedded_channel_advance_time_by(c.ch, ms * MS);
}

static void write_some(size_t len)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, len);

    bytebuf_write_zero(buf, len);
    channel_write_and_flush(c.ch, &buf->ref, NULL);
    embedded_channel_run_pending_tasks(c.ch);
}

/* What was sent; none of it is looked at. */
static void drop_output(void)
{
    struct reference_counted *msg;

    while ((msg = embedded_channel_read_outbound(c.ch)))
        reference_release(msg);
}

Test(handler_idle, tells_when_nothing_is_read)
{
    begin(100, 0, 0);
    pass(99);
    expect_story(&c.story, "");
    pass(1);
    expect_story(&c.story, "{reader idle, first}");
    pass(99);
    expect_story(&c.story, "");
    pass(1);
    expect_story(&c.story, "{reader idle}");
    pass(100);
    expect_story(&c.story, "{reader idle}");
    pass(50);
    feed(&c, "x");
    expect_story(&c.story, "<x>.");
    pass(99);
    expect_story(&c.story, "");
    pass(1);
    expect_story(&c.story, "{reader idle, first}");
    codec_check_end(&c, "~");
}

/* A burst may take long: what is still being read is not silent. */
Test(handler_idle, the_clock_stands_still_while_reading)
{
    struct bytebuf *buf = unpooled_copied_buffer("x", 1);

    begin(100, 0, 100);
    pass(50);
    embedded_channel_write_one_inbound(c.ch, &buf->ref);
    expect_story(&c.story, "<x>");
    pass(1000);
    expect_story(&c.story, "");
    embedded_channel_flush_inbound(c.ch);
    expect_story(&c.story, ".");
    pass(99);
    expect_story(&c.story, "");
    pass(1);
    expect_story(&c.story, "{reader idle, first}{all idle, first}");
    codec_check_end(&c, "~");
}

Test(handler_idle, tells_when_nothing_is_written)
{
    begin(0, 100, 0);
    pass(60);
    write_some(10);
    pass(60);
    expect_story(&c.story, "");
    pass(40);
    expect_story(&c.story, "{writer idle, first}");
    pass(100);
    expect_story(&c.story, "{writer idle}");
    pass(10);
    write_some(10);
    feed(&c, "reading does not count");
    c.story.text[0] = '\0';
    pass(100);
    expect_story(&c.story, "{writer idle, first}");
    drop_output();
    codec_check_end(&c, "~");
}

/* What counts is the kernel taking it, not somebody asking for it. */
Test(handler_idle, a_write_counts_when_it_completes)
{
    struct bytebuf *buf = unpooled_copied_buffer("x", 1);
    struct promise *promise;

    begin(0, 100, 0);
    promise = channel_new_promise(c.ch);
    embedded_channel_set_stuck(c.ch, true);
    pass(60);
    channel_write_and_flush(c.ch, &buf->ref, promise);
    pass(40);
    expect_story(&c.story, "{writer idle, first}");
    pass(30);
    embedded_channel_set_stuck(c.ch, false);
    channel_flush(c.ch);
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert(future_is_success(&promise->future));
    pass(99);
    expect_story(&c.story, "");
    pass(1);
    expect_story(&c.story, "{writer idle, first}");
    promise_release(promise);
    drop_output();
    codec_check_end(&c, "~");
}

/* A peer that takes little is slow, not idle, if one looks closely. */
Test(handler_idle, observes_the_output_if_asked_to)
{
    codec_check_begin(&c, idle_state_handler_new(0, 100 * MS, 0, true));
    embedded_channel_set_stuck(c.ch, true);
    write_some(10);
    pass(100);
    expect_story(&c.story, "{writer idle, first}"); /* none taken so far */
    write_some(10); /* what is pending changes */
    pass(100);
    expect_story(&c.story, "");
    pass(100);
    expect_story(&c.story, "{writer idle}");
    embedded_channel_set_stuck(c.ch, false);
    embedded_channel_close(c.ch);
    drop_output();
    c.story.text[0] = '\0';
    codec_check_end(&c, "");
}

Test(handler_idle, tells_when_nothing_happens_at_all)
{
    begin(0, 0, 100);
    pass(60);
    feed(&c, "x");
    pass(60);
    write_some(10);
    pass(60);
    expect_story(&c.story, "<x>.");
    pass(40);
    expect_story(&c.story, "{all idle, first}");
    pass(100);
    expect_story(&c.story, "{all idle}");
    feed(&c, "x");
    pass(100);
    expect_story(&c.story, "<x>.{all idle, first}");
    write_some(10);
    pass(100);
    expect_story(&c.story, "{all idle, first}");
    drop_output();
    codec_check_end(&c, "~");
}

Test(handler_idle, watches_each_with_its_own_limit)
{
    begin(100, 150, 250);
    for (int i = 0; i < 8; i++)
        pass(50);
    expect_story(&c.story, "{reader idle, first}{writer idle, first}"
                           "{reader idle}{all idle, first}"
                           "{writer idle}{reader idle}{reader idle}");
    codec_check_end(&c, "~");
}

Test(handler_idle, watches_nothing_if_not_asked_to)
{
    begin(0, 0, 0);
    cr_assert_eq(embedded_channel_next_scheduled(c.ch), -1);
    pass(100000);
    expect_story(&c.story, "");
    codec_check_end(&c, "~");
}

Test(handler_idle, begins_when_the_channel_does)
{
    struct channel *ch = embedded_channel_new_unregistered();
    struct story story;

    story_init(&story);
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "idle",
                              idle_state_handler_new(100 * MS, 0, 0, false));
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "story",
                              &story.handler);
    embedded_channel_advance_time_by(ch, 500 * MS);
    expect_story(&story, "");
    embedded_channel_register(ch);
    embedded_channel_advance_time_by(ch, 100 * MS);
    expect_story(&story, "{reader idle, first}");
    embedded_channel_free(ch);
}

Test(handler_idle, leaves_no_timer_behind)
{
    begin(100, 100, 100);
    cr_assert_neq(embedded_channel_next_scheduled(c.ch), -1);
    channel_pipeline_remove_name(channel_pipeline(c.ch), "codec");
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert_eq(embedded_channel_next_scheduled(c.ch), -1);
    pass(1000);
    codec_check_end(&c, "~");

    begin(100, 100, 100);
    embedded_channel_close(c.ch);
    cr_assert_eq(embedded_channel_next_scheduled(c.ch), -1);
    pass(1000);
    codec_check_end(&c, "~");
}

/* Its memory is still there for a write that completes later. */
Test(handler_idle, outlives_the_writes_under_way)
{
    begin(0, 100, 0);
    embedded_channel_set_stuck(c.ch, true);
    write_some(10);
    channel_pipeline_remove_name(channel_pipeline(c.ch), "codec");
    embedded_channel_run_pending_tasks(c.ch);
    embedded_channel_set_stuck(c.ch, false);
    channel_flush(c.ch);
    embedded_channel_run_pending_tasks(c.ch);
    drop_output();
    codec_check_end(&c, "~");
}

static const struct idle_state_event *last_event;

static int close_on_second(struct channel_handler_context *ctx,
                           const struct user_event *event)
{
    last_event = idle_state_event_of(event);
    if (last_event && !last_event->first)
        ctx_close(ctx, NULL);
    return 0;
}

static const struct channel_handler_ops closer_ops = {.name = "closer",
                                                      .user_event_triggered =
                                                          close_on_second};

/* The common use: the handler behind closes the silent. */
Test(handler_idle, its_events_can_be_told_from_others)
{
    static struct channel_handler closer;

    begin(100, 0, 0);
    channel_handler_init(&closer, &closer_ops);
    channel_pipeline_add_after(channel_pipeline(c.ch), "codec", NULL, "closer",
                               &closer);
    channel_pipeline_fire_user_event_triggered(channel_pipeline(c.ch),
                                               &channel_input_shutdown_event);
    cr_assert_null(last_event);
    pass(100);
    cr_assert_eq(last_event->state, IDLE_STATE_READER);
    cr_assert(last_event->first);
    cr_assert(channel_is_open(c.ch));
    pass(100);
    cr_assert_not(channel_is_open(c.ch));
    codec_check_end(&c, "~");
}

static int remove_the_watch(struct channel_handler_context *ctx,
                            const struct user_event *event)
{
    (void)event;
    channel_pipeline_remove_name(ctx_pipeline(ctx), "codec");
    return 0;
}

static const struct channel_handler_ops remover_ops = {.name = "remover",
                                                       .user_event_triggered =
                                                           remove_the_watch};

Test(handler_idle, may_be_removed_by_its_own_event)
{
    static struct channel_handler remover;

    begin(100, 100, 100);
    channel_handler_init(&remover, &remover_ops);
    channel_pipeline_add_after(channel_pipeline(c.ch), "codec", NULL, "remover",
                               &remover);
    pass(1000);
    cr_assert_eq(embedded_channel_next_scheduled(c.ch), -1);
    codec_check_end(&c, "~");
}
