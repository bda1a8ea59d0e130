/*
 * The embedded channel: what a test of handlers can rely on.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "models/netty/embedded.h"
#include "models/netty/scheduler.h"
#include "tests/netty/recorder.h"

static struct channel *ch;

static void setup(void)
{
    ch = embedded_channel_new();
    recorder_clear();
}

static void teardown(void)
{
    embedded_channel_free(ch);
}

TestSuite(embedded, .init = setup, .fini = teardown);

static void add(struct channel_handler *h)
{
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(ch), NULL, NULL, h),
                 0);
}

static int note(void *what)
{
    recorder_add("task", what);
    return 0;
}

static void *look_from_elsewhere(void *unused)
{
    (void)unused;
    return channel_in_event_loop(ch) ? ch : NULL;
}

Test(embedded, every_thread_is_its_loop)
{
    pthread_t thread;
    void *yes = NULL;

    cr_assert(channel_in_event_loop(ch));
    pthread_create(&thread, NULL, look_from_elsewhere, NULL);
    pthread_join(thread, &yes);
    cr_assert_not_null(yes);
}

/* Queues a task, and hands on. */
static int queue_in_read(struct channel_handler_context *ctx,
                         struct reference_counted *msg)
{
    event_executor_execute(ctx_executor(ctx), note, "run");
    recorder_add("read", "goes_on");
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static const struct channel_handler_ops queue_ops = {.name = "queue",
                                                     .sharable = true,
                                                     .channel_read =
                                                         queue_in_read};
static struct channel_handler queuer = CHANNEL_HANDLER_INIT(&queue_ops);

Test(embedded, tasks_run_when_the_outermost_call_returns)
{
    add(&queuer);
    add(recorder_new_inbound("h"));
    recorder_clear();
    embedded_channel_write_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log,
                     "read.goes_on h.read h.read_complete task.run");
    reference_release(embedded_channel_read_inbound(ch));
}

/* Writes into its own channel, as a test's handler might. */
static int write_in_read(struct channel_handler_context *ctx,
                         struct reference_counted *msg)
{
    event_executor_execute(ctx_executor(ctx), note, "run");
    embedded_channel_write_outbound(ctx_channel(ctx), msg);
    recorder_add("read", "goes_on");
    return 0;
}

static const struct channel_handler_ops writer_ops = {.name = "writer",
                                                      .sharable = true,
                                                      .channel_read =
                                                          write_in_read};
static struct channel_handler writer = CHANNEL_HANDLER_INIT(&writer_ops);

Test(embedded, an_inner_call_runs_no_tasks)
{
    add(&writer);
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "read.goes_on task.run");
    cr_assert(is_text(embedded_channel_read_outbound(ch), "x"));
}

Test(embedded, messages_come_out_in_order)
{
    cr_assert(embedded_channel_write_inbound(ch, text_message("1")));
    cr_assert(embedded_channel_write_inbound(ch, text_message("2")));
    cr_assert(embedded_channel_write_outbound(ch, text_message("3")));
    cr_assert(is_text(embedded_channel_read_inbound(ch), "1"));
    cr_assert(is_text(embedded_channel_read_inbound(ch), "2"));
    cr_assert_null(embedded_channel_read_inbound(ch));
    cr_assert(is_text(embedded_channel_read_outbound(ch), "3"));
    cr_assert_null(embedded_channel_read_outbound(ch));
}

Test(embedded, a_burst_may_be_several_messages)
{
    add(recorder_new_inbound("h"));
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("1"));
    embedded_channel_write_one_inbound(ch, text_message("2"));
    cr_assert(embedded_channel_flush_inbound(ch));
    cr_assert_str_eq(recorder_log, "h.read h.read h.read_complete");
    reference_release(embedded_channel_read_inbound(ch));
    reference_release(embedded_channel_read_inbound(ch));
}

/* ---- the clock ---- */

Test(embedded, scheduled_tasks_wait_for_the_clock)
{
    struct event_executor *loop = channel_event_loop(ch);

    scheduled_future_release(
        event_executor_schedule(loop, note, "late", 2 * (int64_t)TICKER_S));
    scheduled_future_release(
        event_executor_schedule(loop, note, "soon", (int64_t)TICKER_S));
    cr_assert_eq(embedded_channel_next_scheduled(ch), (int64_t)TICKER_S);
    embedded_channel_run_pending_tasks(ch);
    cr_assert_str_eq(recorder_log, "");
    embedded_channel_advance_time_by(ch, TICKER_S - 1);
    cr_assert_str_eq(recorder_log, "");
    cr_assert_eq(embedded_channel_next_scheduled(ch), 1);
    embedded_channel_advance_time_by(ch, 1);
    cr_assert_str_eq(recorder_log, "task.soon");
    embedded_channel_advance_time_by(ch, 10 * TICKER_S);
    cr_assert_str_eq(recorder_log, "task.soon task.late");
    cr_assert_eq(embedded_channel_next_scheduled(ch), -1);
}

Test(embedded, tells_whether_tasks_are_pending)
{
    cr_assert_not(embedded_channel_has_pending_tasks(ch));
    event_executor_execute(channel_event_loop(ch), note, "run");
    cr_assert(embedded_channel_has_pending_tasks(ch));
    cr_assert_str_eq(recorder_log, "", "execute never runs at once");
    embedded_channel_run_pending_tasks(ch);
    cr_assert_not(embedded_channel_has_pending_tasks(ch));
    cr_assert_str_eq(recorder_log, "task.run");
}

/* ---- exceptions ---- */

Test(embedded, the_first_exception_is_kept)
{
    channel_pipeline_fire_exception_caught(channel_pipeline(ch),
                                           exception_new(-EIO, "first"));
    channel_pipeline_fire_exception_caught(channel_pipeline(ch),
                                           exception_new(-EPERM, "second"));
    struct exception *e = embedded_channel_check_exception(ch);
    cr_assert_str_eq(e->text, "first");
    exception_release(e);
    cr_assert_null(embedded_channel_check_exception(ch), "told once");
}

Test(embedded, an_exception_that_is_caught_is_not_kept)
{
    add(recorder_new_failing("h", "none", true));
    channel_pipeline_fire_exception_caught(channel_pipeline(ch),
                                           exception_new(-EIO, "caught"));
    cr_assert_null(embedded_channel_check_exception(ch));
}

/* ---- the end ---- */

Test(embedded, finish_closes_and_tells_of_leftovers)
{
    struct channel *in = embedded_channel_new();
    struct channel *out = embedded_channel_new();

    cr_assert_not(embedded_channel_finish(ch), "nothing is left");
    cr_assert_not(channel_is_open(ch));
    embedded_channel_write_inbound(in, text_message("x"));
    cr_assert(embedded_channel_finish(in));
    embedded_channel_write_outbound(out, text_message("x"));
    cr_assert(embedded_channel_finish(out));
    embedded_channel_free(in); /* releases what was not read */
    embedded_channel_free(out);
}

Test(embedded, stuck_it_keeps_what_is_flushed)
{
    embedded_channel_set_stuck(ch, true);
    cr_assert_not(embedded_channel_write_outbound(ch, text_message("x")));
    cr_assert_eq(ch->outbound.n_flushed, 1);
    embedded_channel_set_stuck(ch, false);
    cr_assert(is_text(embedded_channel_read_outbound(ch), "x"));
}

Test(embedded, handlers_may_be_added_before_it_is_registered)
{
    struct channel *fresh = embedded_channel_new_unregistered();

    cr_assert_not(channel_is_active(fresh));
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(fresh), NULL, "h",
                                           recorder_new_inbound("h")),
                 0);
    cr_assert_str_eq(recorder_log, "");
    embedded_channel_register(fresh);
    cr_assert(channel_is_active(fresh));
    cr_assert_str_eq(recorder_log, "h.added h.registered h.active");
    embedded_channel_free(fresh);
}
