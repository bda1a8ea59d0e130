/*
 * Flush consolidation. Netty's FlushConsolidationHandlerTest.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "models/netty/handler_flush_consolidation.h"
#include "tests/netty/codec_check.h"

static int flushes; /* that reached the head */

static int count_flush(struct channel_handler_context *ctx)
{
    flushes++;
    ctx_flush(ctx);
    return 0;
}

static const struct channel_handler_ops counter_ops = {.name = "counter",
                                                       .flush = count_flush};

static struct codec_check c;

static void begin(int limit, bool when_idle)
{
    static struct channel_handler counter;

    codec_check_begin(&c, flush_consolidation_handler_new(limit, when_idle));
    channel_handler_init(&counter, &counter_ops);
    channel_pipeline_add_first(channel_pipeline(c.ch), NULL, "counter",
                               &counter);
    flushes = 0;
}

/* A read without its end: the burst goes on. */
static void begin_burst(void)
{
    embedded_channel_write_one_inbound(c.ch,
                                       &unpooled_copied_buffer("x", 1)->ref);
}

static void flush_times(int n)
{
    for (int i = 0; i < n; i++)
        channel_flush(c.ch);
}

static void end(void)
{
    embedded_channel_close(c.ch);
    c.story.text[0] = '\0';
    codec_check_end(&c, "");
}

Test(handler_flush, gathers_what_a_burst_flushes)
{
    begin(256, false);
    begin_burst();
    flush_times(200);
    cr_assert_eq(flushes, 0);
    embedded_channel_flush_inbound(c.ch);
    cr_assert_eq(flushes, 1);
    embedded_channel_flush_inbound(c.ch); /* nothing is kept back */
    cr_assert_eq(flushes, 1);
    end();
}

Test(handler_flush, keeps_back_no_more_than_its_limit)
{
    begin(256, false);
    begin_burst();
    flush_times(255);
    cr_assert_eq(flushes, 0);
    flush_times(1);
    cr_assert_eq(flushes, 1);
    flush_times(256 + 255);
    cr_assert_eq(flushes, 2);
    embedded_channel_flush_inbound(c.ch);
    cr_assert_eq(flushes, 3);
    end();
}

Test(handler_flush, lets_pass_outside_of_bursts)
{
    begin(256, false);
    flush_times(3);
    cr_assert_eq(flushes, 3);
    end();
}

Test(handler_flush, gathers_outside_of_bursts_if_asked_to)
{
    begin(256, true);
    flush_times(20);
    cr_assert_eq(flushes, 0);
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert_eq(flushes, 1);
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert_eq(flushes, 1);
    flush_times(256);
    cr_assert_eq(flushes, 2);
    end();
}

Test(handler_flush, flushes_before_a_close)
{
    begin(256, false);
    begin_burst();
    flush_times(3);
    channel_close(c.ch, NULL);
    cr_assert_eq(flushes, 1);
    embedded_channel_run_pending_tasks(c.ch);
    end();
}

Test(handler_flush, flushes_before_a_disconnect)
{
    begin(256, false);
    begin_burst();
    flush_times(3);
    channel_disconnect(c.ch, NULL);
    cr_assert_eq(flushes, 1);
    embedded_channel_run_pending_tasks(c.ch);
    end();
}

Test(handler_flush, flushes_on_an_exception)
{
    begin(256, false);
    begin_burst();
    flush_times(3);
    channel_pipeline_fire_exception_caught(channel_pipeline(c.ch),
                                           exception_new(-EIO, "for a test"));
    cr_assert_eq(flushes, 1);
    expect_story(&c.story, "<x>!EIO");
    end();
}

Test(handler_flush, flushes_when_removed)
{
    begin(256, false);
    begin_burst();
    flush_times(3);
    channel_pipeline_remove_name(channel_pipeline(c.ch), "codec");
    cr_assert_eq(flushes, 1);
    end();
}

/* The task of a handler that is gone finds nothing to do. */
Test(handler_flush, its_task_may_come_when_it_is_gone)
{
    begin(256, true);
    flush_times(3);
    channel_pipeline_remove_name(channel_pipeline(c.ch), "codec");
    cr_assert_eq(flushes, 1);
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert_eq(flushes, 1);
    end();
}

/* When nothing more may be written, only flushing helps. */
Test(handler_flush, flushes_when_unwritable)
{
    begin(256, false);
    channel_set_option(c.ch, CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK, 100);
    channel_set_option(c.ch, CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK, 200);
    begin_burst();
    flush_times(1);
    cr_assert_eq(flushes, 0);
    struct bytebuf *buf = allocator_buffer(allocator_default, 300);
    bytebuf_write_zero(buf, 300);
    channel_write(c.ch, &buf->ref, NULL);
    embedded_channel_run_pending_tasks(c.ch);
    cr_assert_eq(flushes, 1);
    reference_release(embedded_channel_read_outbound(c.ch));
    end();
}

Test(handler_flush, takes_a_limit_of_one_or_more)
{
    errno = 0;
    cr_assert_null(flush_consolidation_handler_new(0, false));
    cr_assert_eq(errno, EINVAL);
    begin(1, false);
    begin_burst();
    flush_times(3);
    cr_assert_eq(flushes, 3);
    end();
}
