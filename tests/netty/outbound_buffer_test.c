/*
 * The outbound buffer: write and flush apart, completion, writability, failing.
 * On an embedded channel that is stuck, as when the kernel takes no more.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <semaphore.h>

#include "models/netty/embedded.h"
#include "tests/netty/recorder.h"

enum { OVERHEAD = CHANNEL_OUTBOUND_ENTRY_OVERHEAD };

static struct channel *ch;
static struct channel_outbound_buffer *ob;

static void setup(void)
{
    ch = embedded_channel_new();
    ob = &ch->outbound;
    recorder_clear();
}

static void teardown(void)
{
    embedded_channel_free(ch);
}

TestSuite(outbound_buffer, .init = setup, .fini = teardown);

static bool is_sent(const char *text)
{
    return is_text(embedded_channel_read_outbound(ch), text);
}

static struct reference_counted *bytes(size_t n)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, n);

    for (size_t i = 0; i < n; i++)
        bytebuf_write_bytes(buf, "x", 1);
    return &buf->ref;
}

static void note_end(struct future *f, void *arg)
{
    recorder_add(arg, future_is_success(f)     ? "done"
                      : future_is_cancelled(f) ? "cancelled"
                                               : "failed");
}

static struct promise *noted(const char *name)
{
    struct promise *p = promise_new(NULL);

    future_add_listener(&p->future, note_end, (void *)name);
    return p;
}

/* Writes a text whose end is noted under its own name. */
static struct promise *write_noted(const char *text)
{
    struct promise *p = noted(text);

    channel_write(ch, text_message(text), p);
    promise_release(p);
    return p; /* as long as it is pending */
}

/* ---- write and flush ---- */

Test(outbound_buffer, a_write_only_appends)
{
    channel_write(ch, text_message("one"), NULL);
    channel_write(ch, text_message("two"), NULL);
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 6 + 2 * OVERHEAD);
    cr_assert(channel_outbound_buffer_is_empty(ob), "nothing is flushed");
    cr_assert_null(embedded_channel_read_outbound(ch));
    channel_flush(ch);
    cr_assert(is_sent("one"));
    cr_assert(is_sent("two"));
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 0);
}

Test(outbound_buffer, a_flush_is_for_what_was_written_before)
{
    embedded_channel_set_stuck(ch, true);
    channel_write(ch, text_message("before"), NULL);
    channel_flush(ch);
    channel_write(ch, text_message("behind"), NULL);
    embedded_channel_set_stuck(ch, false);
    cr_assert(is_sent("before"));
    cr_assert_null(embedded_channel_read_outbound(ch));
    channel_flush(ch);
    cr_assert(is_sent("behind"));
}

static void note_state(struct future *f, void *arg)
{
    struct reference_counted *msg = arg;

    (void)f;
    cr_expect_eq(reference_count(msg), 2,
                 "the test's and the receiver's: the "
                 "entry's has been released");
    cr_expect_eq(channel_outbound_buffer_total_pending(ob), 5 + OVERHEAD,
                 "counted until the promise has been told");
    recorder_add("promise", "told");
}

Test(outbound_buffer, completion_releases_then_tells_then_counts_down)
{
    struct reference_counted *msg = text_message("hello");
    struct promise *p = promise_new(NULL);

    reference_retain(msg);
    future_add_listener(&p->future, note_state, msg);
    channel_write_and_flush(ch, msg, p);
    cr_assert_str_eq(recorder_log, "promise.told");
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 0);
    promise_release(p);
    reference_release(embedded_channel_read_outbound(ch));
    reference_release(msg);
}

static void write_and_flush_another(struct future *f, void *arg)
{
    (void)f;
    recorder_add("first", "done");
    channel_write_and_flush(ch, text_message(arg), NULL);
}

Test(outbound_buffer, a_flush_within_a_flush_adds_to_it)
{
    struct promise *p = promise_new(NULL);

    future_add_listener(&p->future, write_and_flush_another, "third");
    channel_write(ch, text_message("first"), p);
    channel_write(ch, text_message("second"), NULL);
    channel_flush(ch);
    cr_assert(is_sent("first"));
    cr_assert(is_sent("second"));
    cr_assert(is_sent("third"), "without another flush");
    promise_release(p);
}

static void close_it(struct future *f, void *arg)
{
    (void)f;
    (void)arg;
    channel_close(ch, NULL);
}

Test(outbound_buffer, a_listener_may_close_the_channel_within_a_flush)
{
    struct promise *p = promise_new(NULL);

    future_add_listener(&p->future, close_it, NULL);
    channel_write(ch, text_message("first"), p);
    write_noted("second");
    channel_flush(ch);
    cr_assert(is_sent("first"));
    cr_assert_null(embedded_channel_read_outbound(ch));
    cr_assert_str_eq(recorder_log, "second.failed");
    promise_release(p);
}

Test(outbound_buffer, a_cancelled_write_is_dropped_at_its_flush)
{
    struct reference_counted *msg = text_message("no");
    struct promise *p = noted("no");

    reference_retain(msg);
    channel_write(ch, text_message("a"), NULL);
    channel_write(ch, msg, p);
    channel_write(ch, text_message("b"), NULL);
    cr_assert(future_cancel(&p->future));
    channel_flush(ch);
    cr_assert_eq(reference_count(msg), 1);
    cr_assert(is_sent("a"));
    cr_assert(is_sent("b"));
    cr_assert_null(embedded_channel_read_outbound(ch));
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 0);
    cr_assert_str_eq(recorder_log, "no.cancelled");
    promise_release(p);
    reference_release(msg);
}

Test(outbound_buffer, a_flushed_write_cannot_be_cancelled)
{
    struct promise *p = promise_new(NULL);

    embedded_channel_set_stuck(ch, true);
    channel_write_and_flush(ch, text_message("x"), p);
    cr_assert_not(future_cancel(&p->future));
    embedded_channel_set_stuck(ch, false);
    cr_assert(is_sent("x"));
    promise_release(p);
}

/* ---- what the socket is given ---- */

Test(outbound_buffer, a_short_send_moves_the_reader_index)
{
    struct iovec iov[8];
    size_t n;

    embedded_channel_set_stuck(ch, true);
    write_noted("hello");
    write_noted("world");
    channel_flush(ch);
    cr_assert_eq(channel_outbound_buffer_iovecs(ob, iov, 8, &n), 2);
    cr_assert_eq(n, 10);
    channel_outbound_buffer_remove_bytes(ch, 7);
    cr_assert_str_eq(recorder_log, "hello.done");
    cr_assert_eq(channel_outbound_buffer_iovecs(ob, iov, 8, &n), 1);
    cr_assert_eq(n, 3);
    cr_assert_arr_eq(iov[0].iov_base, "rld", 3);
    channel_outbound_buffer_remove_bytes(ch, 3);
    cr_assert_str_eq(recorder_log, "hello.done world.done");
}

Test(outbound_buffer, no_more_iovecs_than_asked_for)
{
    struct iovec iov[3];
    size_t n;

    embedded_channel_set_stuck(ch, true);
    for (int i = 0; i < 5; i++)
        channel_write(ch, text_message("ab"), NULL);
    channel_write(ch, text_message("unflushed"), NULL);
    channel_flush(ch);
    channel_write(ch, text_message("later"), NULL);
    cr_assert_eq(channel_outbound_buffer_iovecs(ob, iov, 3, &n), 3);
    cr_assert_eq(n, 6);
}

Test(outbound_buffer, an_empty_message_completes_too)
{
    write_noted("");
    channel_flush(ch);
    cr_assert_str_eq(recorder_log, ".done");
    cr_assert(is_sent(""));
}

/* ---- writability ---- */

static void marks(long low, long high)
{
    cr_assert_eq(channel_set_option(ch,
                                    CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK,
                                    low),
                 0);
    cr_assert_eq(channel_set_option(ch,
                                    CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK,
                                    high),
                 0);
}

static void watch(void)
{
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(ch), NULL, "w",
                                           recorder_new_inbound("w")),
                 0);
    recorder_clear();
}

Test(outbound_buffer, unwritable_above_the_high_mark_not_at_it)
{
    marks(100, 200);
    watch();
    channel_write(ch, bytes(200 - OVERHEAD), NULL);
    cr_assert(channel_is_writable(ch), "equality changes nothing");
    cr_assert_eq(channel_bytes_before_unwritable(ch), 1);
    cr_assert_str_eq(recorder_log, "");
    channel_write(ch, bytes(0), NULL);
    cr_assert_not(channel_is_writable(ch));
    cr_assert_eq(channel_bytes_before_unwritable(ch), 0);
    cr_assert_str_eq(recorder_log, "w.writability");
    channel_write(ch, bytes(50), NULL);
    cr_assert_str_eq(recorder_log, "w.writability", "only on a transition");
}

Test(outbound_buffer, writable_below_the_low_mark_not_at_it)
{
    marks(100, 200);
    embedded_channel_set_stuck(ch, true);
    channel_write(ch, bytes(300), NULL);
    channel_write(ch, bytes(60 - OVERHEAD), NULL);
    channel_write(ch, bytes(40), NULL);
    channel_flush(ch);
    watch();
    /* 60 and 40 + OVERHEAD stay: above the mark. */
    channel_outbound_buffer_remove(ch);
    cr_assert_not(channel_is_writable(ch));
    cr_assert_eq(channel_bytes_before_writable(ch), 1 + OVERHEAD);
    channel_outbound_buffer_increment(ch, 60 - OVERHEAD);
    channel_outbound_buffer_remove(ch); /* 60 less: exactly at the mark */
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 100);
    cr_assert_not(channel_is_writable(ch), "equality changes nothing");
    cr_assert_str_eq(recorder_log, "");
    channel_outbound_buffer_decrement(ch, 60 - OVERHEAD);
    cr_assert(channel_is_writable(ch));
    cr_assert_str_eq(recorder_log, "w.writability");
    channel_outbound_buffer_remove(ch);
    cr_assert_str_eq(recorder_log, "w.writability");
}

Test(outbound_buffer, the_defaults_are_64_and_32_kib)
{
    embedded_channel_set_stuck(ch, true);
    channel_write_and_flush(ch, bytes(64 * 1024 - OVERHEAD), NULL);
    cr_assert(channel_is_writable(ch));
    channel_write_and_flush(ch, bytes(0), NULL);
    cr_assert_not(channel_is_writable(ch));
    cr_assert_eq(channel_bytes_before_writable(ch), 32 * 1024 + OVERHEAD + 1);
}

Test(outbound_buffer, the_user_has_reasons_of_his_own)
{
    watch();
    channel_outbound_buffer_set_user_writable(ch, 1, false);
    channel_outbound_buffer_set_user_writable(ch, 2, false);
    channel_outbound_buffer_set_user_writable(ch, 1, true);
    cr_assert_not(channel_is_writable(ch), "the other reason is left");
    cr_assert_str_eq(recorder_log, "w.writability");
    channel_outbound_buffer_set_user_writable(ch, 2, true);
    cr_assert(channel_is_writable(ch));
    cr_assert_str_eq(recorder_log, "w.writability w.writability");
}

Test(outbound_buffer, closing_fires_no_writability)
{
    marks(10, 20);
    channel_write(ch, bytes(50), NULL);
    watch();
    embedded_channel_close(ch);
    cr_assert_str_eq(recorder_log, "w.inactive w.unregistered w.removed");
}

static sem_t loop_blocked, loop_may_go_on;

static int block(void *arg)
{
    (void)arg;
    sem_post(&loop_blocked);
    sem_wait(&loop_may_go_on);
    return 0;
}

/* On a real loop, which is kept busy: the write cannot have arrived. */
Test(outbound_buffer, a_write_from_another_thread_counts_when_submitted)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "t");
    struct promise *p = promise_new(NULL);

    sem_init(&loop_blocked, 0, 0);
    sem_init(&loop_may_go_on, 0, 0);
    marks(10, 4096);
    ch->loop = ex; /* as if registered there */
    event_executor_execute(ex, block, NULL);
    sem_wait(&loop_blocked);
    channel_write(ch, bytes(8192), p);
    cr_assert_gt(channel_outbound_buffer_total_pending(ob), 8192);
    cr_assert_not(channel_is_writable(ch));
    cr_assert_not(future_is_done(&p->future));
    sem_post(&loop_may_go_on);
    channel_close(ch, NULL); /* behind the write */
    cr_assert_eq(future_sync(&p->future), -EPIPE);
    promise_release(p);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 0);
    ch->loop = NULL;
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* ---- failing ---- */

Test(outbound_buffer, failing_the_flushed_spares_the_others)
{
    embedded_channel_set_stuck(ch, true);
    write_noted("a");
    write_noted("b");
    channel_flush(ch);
    write_noted("c");
    channel_outbound_buffer_fail_flushed(ch, &exception_closed_channel);
    cr_assert_str_eq(recorder_log, "a.failed b.failed");
    channel_flush(ch);
    embedded_channel_set_stuck(ch, false);
    cr_assert(is_sent("c"));
}

Test(outbound_buffer, failing_the_rest_keeps_the_one_being_sent)
{
    embedded_channel_set_stuck(ch, true);
    write_noted("a");
    write_noted("b");
    channel_flush(ch);
    write_noted("c");
    channel_outbound_buffer_fail_rest(ch, &exception_closed_channel);
    cr_assert_str_eq(recorder_log, "b.failed c.failed");
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 1 + OVERHEAD);
    embedded_channel_set_stuck(ch, false);
    cr_assert(is_sent("a"));
}

Test(outbound_buffer, closed_it_takes_no_more)
{
    write_noted("a");
    channel_outbound_buffer_close(ch, &exception_closed_channel);
    write_noted("b");
    cr_assert_str_eq(recorder_log, "a.failed b.failed");
    cr_assert_eq(channel_outbound_buffer_total_pending(ob), 0);
}
