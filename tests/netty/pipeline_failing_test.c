/*
 * The pipeline when a handler fails: who is told, and what goes on.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/netty/pipeline_fixture.h"
#include "tests/netty/recorder.h"

TestSuite(pipeline_fails, .init = pipeline_setup, .fini = pipeline_teardown);

Test(pipeline_fails, an_inbound_failure_goes_to_the_own_exception_caught_first)
{
    add_last("a", recorder_new_inbound("a"));
    add_last("f", recorder_new_failing("f", "read", true));
    add_last("c", recorder_new_inbound("c"));
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "a.read f.read f.exception");
    cr_assert_null(embedded_channel_check_exception(ch));
}

Test(pipeline_fails, then_tailwards)
{
    add_last("a", recorder_new_inbound("a"));
    add_last("f", recorder_new_failing("f", "read", false));
    add_last("c", recorder_new_inbound("c"));
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "a.read f.read c.exception");
    struct exception *e = embedded_channel_check_exception(ch);
    cr_assert_eq(e->code, -EIO);
    cr_assert_str_eq(e->text, "handler \"f\" failed in channel_read: "
                              "Input/output error");
    exception_release(e);
}

Test(pipeline_fails, a_failure_in_exception_caught_is_only_logged)
{
    add_last("f", recorder_new_failing("f", "exception", true));
    add_last("c", recorder_new_inbound("c"));
    recorder_clear();
    channel_pipeline_fire_exception_caught(p, exception_new(-EIO, "x"));
    cr_assert_str_eq(recorder_log, "f.exception");
    cr_assert_null(embedded_channel_check_exception(ch));
}

/* Mistake 9. */
Test(pipeline_fails, a_failed_write_fails_its_promise_and_nothing_else)
{
    struct promise *promise = channel_new_promise(ch);

    add_last("a", recorder_new("a"));
    add_last("f", recorder_new_failing("f", "write", true));
    add_last("c", recorder_new("c"));
    recorder_clear();
    channel_write(ch, text_message("x"), promise);
    cr_assert_eq(future_cause(&promise->future)->code, -EIO);
    cr_assert_str_eq(recorder_log, "c.write f.write");
    cr_assert_null(embedded_channel_check_exception(ch));
    promise_release(promise);
}

Test(pipeline_fails, a_failed_flush_is_caught)
{
    add_last("f", recorder_new_failing("f", "flush", true));
    recorder_clear();
    channel_flush(ch);
    cr_assert_str_eq(recorder_log, "f.flush f.exception");
}

Test(pipeline_fails, a_handler_that_fails_in_added_is_removed)
{
    add_last("a", recorder_new_inbound("a"));
    recorder_clear();
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "f",
                                           recorder_new_failing("f", "added",
                                                                true)),
                 0);
    expect_names("a");
    cr_assert_str_eq(recorder_log, "f.added f.removed a.exception");
    exception_release(embedded_channel_check_exception(ch));
}

Test(pipeline_fails, a_handler_that_fails_in_removed_is_reported)
{
    add_last("a", recorder_new_inbound("a"));
    add_last("f", recorder_new_failing("f", "removed", true));
    recorder_clear();
    channel_pipeline_remove_name(p, "f");
    cr_assert_str_eq(recorder_log, "f.removed a.exception");
    exception_release(embedded_channel_check_exception(ch));
}
