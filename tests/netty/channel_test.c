/*
 * A channel's life, on the embedded channel: registering, reading, closing,
 * options. What needs a socket is in socket_channel_test.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "models/netty/embedded.h"
#include "models/netty/server_socket_channel.h"
#include "tests/netty/recorder.h"

static struct channel *ch;

static void setup(void)
{
    ch = embedded_channel_new_unregistered();
    recorder_clear();
}

static void teardown(void)
{
    embedded_channel_free(ch);
}

TestSuite(channel, .init = setup, .fini = teardown);

static void add(const char *name)
{
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(ch), NULL, name,
                                           recorder_new(name)),
                 0);
}

/* Notes "NAME.done", or how it failed. `arg` is the name. */
static void note_end(struct future *f, void *arg)
{
    recorder_add(arg, future_is_success(f)     ? "done"
                      : future_is_cancelled(f) ? "cancelled"
                                               : "failed");
}

/* A promise of the channel's whose end is noted under this name. */
static struct promise *noted(const char *name)
{
    struct promise *p = promise_new(NULL);

    future_add_listener(&p->future, note_end, (void *)name);
    return p;
}

/* ---- registering ---- */

Test(channel, is_added_then_told_then_registered_then_active)
{
    struct channel *real = embedded_channel_new();
    struct promise *p = noted("promise");

    add("a");
    /* Another embedded channel's loop is as good as its own. */
    channel_register(ch, channel_event_loop(real), p);
    cr_assert_str_eq(recorder_log, "a.added promise.done a.registered a.active "
                                   "a.read()");
    promise_release(p);
    channel_close(ch, NULL);
    embedded_channel_run_pending_tasks(real); /* they are that loop's */
    embedded_channel_free(ch);
    ch = real;
}

Test(channel, is_active_for_the_first_time_only)
{
    embedded_channel_register(ch);
    add("a");
    channel_deregister(ch, NULL);
    embedded_channel_run_pending_tasks(ch);
    cr_assert_not(channel_is_registered(ch));
    embedded_channel_register(ch);
    cr_assert(channel_is_registered(ch));
    cr_assert_str_eq(recorder_log, "a.added a.deregister a.unregistered "
                                   "a.registered");
}

Test(channel, registers_once)
{
    struct promise *p = promise_new(NULL);

    embedded_channel_register(ch);
    channel_register(ch, channel_event_loop(ch), p);
    cr_assert_eq(future_cause(&p->future)->code, -EALREADY);
    cr_assert_not_null(
        strstr(future_cause(&p->future)->text, "registered to an event loop"));
    promise_release(p);
}

Test(channel, a_loop_of_another_kind_is_refused)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "t");
    struct promise *p = promise_new(NULL);

    channel_register(ch, ex, p);
    cr_assert_eq(future_cause(&p->future)->code, -EINVAL);
    cr_assert_not_null(
        strstr(future_cause(&p->future)->text, "incompatible event loop"));
    promise_release(p);
    event_executor_shutdown_gracefully(ex, 0, 0);
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* ---- reading ---- */

Test(channel, reads_again_after_each_burst_if_auto_read)
{
    embedded_channel_register(ch);
    add("a");
    recorder_clear();
    embedded_channel_write_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "a.read a.read_complete a.read()");
    cr_assert(is_text(embedded_channel_read_inbound(ch), "x"));
}

Test(channel, without_auto_read_who_wants_more_asks_for_it)
{
    embedded_channel_register(ch);
    add("a");
    channel_set_auto_read(ch, false);
    recorder_clear();
    embedded_channel_write_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "a.read a.read_complete");
    channel_read(ch);
    cr_assert_str_eq(recorder_log, "a.read a.read_complete a.read()");
    recorder_clear();
    channel_set_auto_read(ch, true);
    cr_assert_str_eq(recorder_log, "a.read()", "switching it on reads");
    channel_set_auto_read(ch, true);
    cr_assert_str_eq(recorder_log, "a.read()", "once");
    cr_assert(is_text(embedded_channel_read_inbound(ch), "x"));
}

/* ---- closing ---- */

Test(channel, closing_fails_writes_then_tells_then_comes_inactive_later)
{
    struct promise *write = noted("write"), *close = noted("close");

    embedded_channel_register(ch);
    add("a");
    embedded_channel_set_stuck(ch, true);
    channel_write_and_flush(ch, text_message("x"), write);
    future_add_listener(channel_close_future(ch), note_end, "close_future");
    recorder_clear();
    channel_close(ch, close);
    cr_assert_str_eq(recorder_log,
                     "a.close write.failed close_future.done "
                     "close.done",
                     "no event from within the call");
    cr_assert_not(channel_is_open(ch));
    recorder_clear();
    embedded_channel_run_pending_tasks(ch);
    cr_assert_str_eq(recorder_log, "a.inactive a.unregistered a.removed");
    cr_assert_eq(future_cause(&write->future)->code, -EPIPE);
    promise_release(write);
    promise_release(close);
}

Test(channel, closing_twice_is_closing_once)
{
    struct promise *second = noted("second");

    embedded_channel_register(ch);
    add("a");
    channel_close(ch, NULL);
    recorder_clear();
    channel_close(ch, second);
    embedded_channel_run_pending_tasks(ch);
    cr_assert_str_eq(recorder_log, "a.close second.done a.inactive "
                                   "a.unregistered a.removed");
    promise_release(second);
}

/* Closes the channel from within a read, and says when it is back. */
static int close_in_read(struct channel_handler_context *ctx,
                         struct reference_counted *msg)
{
    reference_release(msg);
    ctx_close(ctx, NULL);
    recorder_add("closer", "returned");
    return 0;
}

static const struct channel_handler_ops closer_ops = {.name = "closer",
                                                      .channel_read =
                                                          close_in_read};

Test(channel, an_operation_never_reenters_inbound_handlers)
{
    struct channel_handler closer = CHANNEL_HANDLER_INIT(&closer_ops);

    embedded_channel_register(ch);
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(ch), NULL, "closer",
                                           &closer),
                 0);
    add("a");
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "closer.returned a.inactive a.unregistered "
                                   "a.removed");
}

Test(channel, the_handlers_leave_from_tail_to_head)
{
    embedded_channel_register(ch);
    add("a");
    add("b");
    channel_close(ch, NULL);
    recorder_clear();
    embedded_channel_run_pending_tasks(ch);
    cr_assert_str_eq(recorder_log, "a.inactive b.inactive a.unregistered "
                                   "b.unregistered b.removed a.removed");
}

Test(channel, a_write_to_a_closed_channel_releases_and_fails)
{
    struct promise *p = promise_new(NULL);
    struct reference_counted *msg = text_message("late");

    embedded_channel_register(ch);
    embedded_channel_close(ch);
    reference_retain(msg);
    channel_write_and_flush(ch, msg, p);
    cr_assert_eq(reference_count(msg), 1, "released");
    cr_assert_eq(future_cause(&p->future)->code, -EPIPE);
    cr_assert_str_eq(future_cause(&p->future)->text,
                     exception_closed_channel.text);
    cr_assert_not_null(strstr(exception_closed_channel.text, "closed"));
    reference_release(msg);
    promise_release(p);
}

Test(channel, a_cancelled_close_does_not_begin)
{
    struct promise *p = promise_new(NULL);

    embedded_channel_register(ch);
    cr_assert(future_cancel(&p->future));
    channel_close(ch, p);
    cr_assert(channel_is_open(ch));
    promise_release(p);
}

Test(channel, disconnecting_a_stream_closes_it)
{
    struct promise *p = noted("disconnect");

    embedded_channel_register(ch);
    channel_disconnect(ch, p);
    cr_assert_not(channel_is_open(ch));
    cr_assert_str_eq(recorder_log, "disconnect.done");
    promise_release(p);
}

Test(channel, a_future_may_close_its_channel)
{
    struct promise *ok = channel_new_promise(ch), *bad;

    embedded_channel_register(ch);
    future_add_listener(&ok->future, channel_future_close_on_failure, NULL);
    promise_set_success(ok, NULL);
    cr_assert(channel_is_open(ch));
    promise_release(ok);
    bad = channel_new_promise(ch);
    future_add_listener(&bad->future, channel_future_close_on_failure, NULL);
    promise_set_failure(bad, exception_new(-EIO, "no"));
    cr_assert_not(channel_is_open(ch));
    promise_release(bad);
}

Test(channel, a_child_keeps_its_parent)
{
    struct channel *child = embedded_channel_new();

    child->parent = channel_retain(ch);
    cr_assert_eq(reference_count(&ch->ref), 2);
    embedded_channel_free(child);
    cr_assert_eq(reference_count(&ch->ref), 1);
}

/* ---- options ---- */

Test(channel, options_have_defaults_and_ranges)
{
    static const struct {
        enum channel_option option;
        long preset, good, bad;
    } cases[] = {
        {CHANNEL_OPTION_AUTO_READ, 1, 0, 2},
        {CHANNEL_OPTION_AUTO_CLOSE, 1, 0, -1},
        {CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS, 30000, 0, -1},
        {CHANNEL_OPTION_MAX_MESSAGES_PER_READ, 16, 1, 0},
        {CHANNEL_OPTION_WRITE_SPIN_COUNT, 16, 1, 65536},
        {CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK, 65536, 40000, 32767},
        {CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK, 32768, 40000, 40001},
        {CHANNEL_OPTION_ALLOW_HALF_CLOSURE, 0, 1, 2},
        {CHANNEL_OPTION_RCVBUF_MAX, 65536, 64, 63},
    };
    long value;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(channel_get_option(ch, cases[i].option, &value), 0);
        cr_expect_eq(value, cases[i].preset, "option %zu", i);
        cr_expect_eq(channel_set_option(ch, cases[i].option, cases[i].good), 0,
                     "option %zu", i);
        cr_expect_eq(channel_set_option(ch, cases[i].option, cases[i].bad),
                     -EINVAL, "option %zu", i);
        cr_assert_eq(channel_get_option(ch, cases[i].option, &value), 0);
        cr_expect_eq(value, cases[i].good, "option %zu", i);
    }
}

Test(channel, a_channel_without_a_socket_has_no_socket_options)
{
    long value;

    cr_assert_eq(channel_set_option(ch, CHANNEL_OPTION_TCP_NODELAY, 1),
                 -EOPNOTSUPP);
    cr_assert_eq(channel_get_option(ch, CHANNEL_OPTION_SO_SNDBUF, &value),
                 -EOPNOTSUPP);
}

Test(channel, says_who_it_is)
{
    char text[CHANNEL_TEXT], id[32];

    snprintf(id, sizeof(id), "[id: 0x%08x]", ch->id);
    cr_assert_str_eq(channel_describe(ch, text), id);
}
