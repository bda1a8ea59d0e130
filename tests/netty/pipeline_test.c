/*
 * The pipeline: order, skipping, adding, removing, replacing, failing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/embedded.h"
#include "models/netty/executor_group.h"
#include "tests/netty/expect_misuse.h"
#include "tests/netty/pipeline_fixture.h"
#include "tests/netty/recorder.h"

TestSuite(pipeline, .init = pipeline_setup, .fini = pipeline_teardown);

static void add_abc(void)
{
    add_last("a", recorder_new("a"));
    add_last("b", recorder_new("b"));
    add_last("c", recorder_new("c"));
    recorder_clear();
}

/* ---- adding and finding ---- */

Test(pipeline, add_first_last_before_after)
{
    add_last("c", recorder_new("c"));
    channel_pipeline_add_first(p, NULL, "a", recorder_new("a"));
    channel_pipeline_add_before(p, "c", NULL, "b", recorder_new("b"));
    channel_pipeline_add_after(p, "c", NULL, "d", recorder_new("d"));
    expect_names("a b c d");
    cr_assert_str_eq(recorder_log, "c.added a.added b.added d.added");
}

Test(pipeline, handlers_are_found_by_name_and_address)
{
    struct channel_handler *a = recorder_new("a"), *b = recorder_new("b");

    cr_assert_null(channel_pipeline_first(p));
    cr_assert_null(channel_pipeline_last(p));
    add_last("a", a);
    add_last("b", b);
    cr_assert_eq(channel_pipeline_get(p, "b"), b);
    cr_assert_null(channel_pipeline_get(p, "x"));
    cr_assert_eq(channel_pipeline_context(p, "a")->handler, a);
    cr_assert_eq(channel_pipeline_context_of(p, b),
                 channel_pipeline_context(p, "b"));
    cr_assert_null(channel_pipeline_context_of(p, NULL));
    cr_assert_eq(ctx_handler(channel_pipeline_first(p)), a);
    cr_assert_eq(ctx_handler(channel_pipeline_last(p)), b);
    cr_assert_eq(channel_pipeline_channel(p), ch);
}

Test(pipeline, names_are_made_up_and_unique)
{
    add_last(NULL, recorder_new("a"));
    add_last(NULL, recorder_new("b"));
    add_last("recorder#2", recorder_new("c"));
    add_last(NULL, recorder_new("d"));
    expect_names("recorder#0 recorder#1 recorder#2 recorder#3");
}

Test(pipeline, duplicate_names_are_refused)
{
    struct channel_handler *b = recorder_new("b");

    add_last("a", recorder_new("a"));
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "a", b), -EEXIST);
    cr_assert_eq(channel_pipeline_add_first(p, NULL, "a", b), -EEXIST);
    cr_assert_eq(channel_pipeline_add_before(p, "a", NULL, "a", b), -EEXIST);
    expect_names("a");
    add_last("b", b); /* refused handlers stay the caller's, and usable */
}

Test(pipeline, an_unknown_base_is_refused)
{
    struct channel_handler *a = recorder_new("a");

    cr_assert_eq(channel_pipeline_add_before(p, "x", NULL, "a", a), -ENOENT);
    cr_assert_eq(channel_pipeline_add_after(p, "x", NULL, "a", a), -ENOENT);
    cr_assert_eq(channel_pipeline_replace(p, "x", "a", a), -ENOENT);
    cr_assert_eq(channel_pipeline_remove_name(p, "x"), -ENOENT);
    cr_assert_eq(channel_pipeline_remove(p, a), -ENOENT);
    free(a);
}

/* Mistake 10 of netty-semantics.md. */
Test(pipeline, a_handler_that_is_not_sharable_is_added_once)
{
    struct channel_handler *a = recorder_new("a");
    struct channel *other = embedded_channel_new();

    add_last("a", a);
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "b", a), -EBUSY);
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(other), NULL, "a",
                                           a),
                 -EBUSY);
    embedded_channel_free(other);
}

static int n_shared;

static int count(struct channel_handler_context *ctx)
{
    n_shared++;
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

Test(pipeline, a_sharable_handler_may_be_added_again)
{
    static const struct channel_handler_ops ops = {.name = "shared",
                                                   .sharable = true,
                                                   .channel_read_complete =
                                                       count};
    static struct channel_handler shared = CHANNEL_HANDLER_INIT(&ops);

    add_last("a", &shared);
    add_last("b", &shared);
    embedded_channel_flush_inbound(ch);
    cr_assert_eq(n_shared, 2);
    channel_pipeline_remove_name(p, "a");
    channel_pipeline_remove_name(p, "b");
    add_last("c", &shared);
    embedded_channel_flush_inbound(ch);
    cr_assert_eq(n_shared, 3);
}

/* ---- order ---- */

Test(pipeline, inbound_runs_from_head_to_tail)
{
    add_abc();
    channel_pipeline_fire_channel_read_complete(p);
    cr_assert_str_eq(recorder_log,
                     "a.read_complete b.read_complete c.read_complete "
                     "c.read() b.read() a.read()");
}

Test(pipeline, outbound_runs_from_tail_to_head)
{
    add_abc();
    embedded_channel_write_outbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log,
                     "c.write b.write a.write c.flush b.flush a.flush");
    cr_assert(is_text(embedded_channel_read_outbound(ch), "x"));
}

Test(pipeline, a_context_starts_at_its_neighbour)
{
    add_abc();
    ctx_write(channel_pipeline_context(p, "b"), text_message("x"), NULL);
    cr_assert_str_eq(recorder_log, "a.write");
    recorder_clear();
    ctx_fire_channel_read_complete(channel_pipeline_context(p, "b"));
    cr_assert_str_eq(recorder_log, "c.read_complete");
}

Test(pipeline, handlers_that_do_not_implement_an_event_are_skipped)
{
    add_last("in", recorder_new_inbound("in"));
    add_last("out", recorder_new_outbound("out"));
    recorder_clear();
    embedded_channel_write_inbound(ch, text_message("x"));
    embedded_channel_write_outbound(ch, text_message("y"));
    cr_assert_str_eq(recorder_log, "in.read in.read_complete out.read() "
                                   "out.write out.flush");
    cr_assert(is_text(embedded_channel_read_inbound(ch), "x"));
    cr_assert(is_text(embedded_channel_read_outbound(ch), "y"));
}

Test(pipeline, all_inbound_events_are_handed_on)
{
    static const struct user_event event = {"event"};

    add_last("a", recorder_new_inbound("a"));
    add_last("b", recorder_new_inbound("b"));
    recorder_clear();
    channel_pipeline_fire_channel_registered(p);
    channel_pipeline_fire_channel_active(p);
    channel_pipeline_fire_user_event_triggered(p, &event);
    channel_pipeline_fire_channel_writability_changed(p);
    channel_pipeline_fire_exception_caught(p, exception_new(-EIO, "x"));
    channel_pipeline_fire_channel_inactive(p);
    channel_pipeline_fire_channel_unregistered(p);
    cr_assert_str_eq(recorder_log,
                     "a.registered b.registered a.active b.active "
                     "a.event b.event a.writability b.writability "
                     "a.exception b.exception a.inactive b.inactive "
                     "a.unregistered b.unregistered");
    exception_release(embedded_channel_check_exception(ch));
}

Test(pipeline, all_outbound_operations_are_handed_on)
{
    struct socket_address any;

    socket_address_parse(&any, "127.0.0.1", 0);
    add_last("a", recorder_new_outbound("a"));
    recorder_clear();
    channel_bind(ch, &any, NULL);
    channel_connect(ch, &any, NULL, NULL);
    channel_read(ch);
    channel_flush(ch);
    channel_disconnect(ch, NULL);
    channel_deregister(ch, NULL);
    channel_close(ch, NULL);
    cr_assert_str_eq(recorder_log, "a.bind a.connect a.read() a.flush "
                                   "a.disconnect a.deregister a.close");
}

/* ---- removing and replacing ---- */

Test(pipeline, removing)
{
    struct channel_handler *d = recorder_new("d");

    add_abc();
    add_last("d", d);
    recorder_clear();
    cr_assert_eq(channel_pipeline_remove_name(p, "b"), 0);
    cr_assert_eq(channel_pipeline_remove_first(p), 0);
    cr_assert_eq(channel_pipeline_remove(p, d), 0);
    expect_names("c");
    cr_assert_eq(channel_pipeline_remove_last(p), 0);
    expect_names("");
    cr_assert_str_eq(recorder_log, "b.removed a.removed d.removed c.removed");
    cr_assert_eq(channel_pipeline_remove_last(p), -ENOENT);
}

Test(pipeline, replace_adds_the_new_one_before_it_removes_the_old)
{
    add_abc();
    cr_assert_eq(channel_pipeline_replace(p, "b", "x", recorder_new("x")), 0);
    expect_names("a x c");
    cr_assert_str_eq(recorder_log, "x.added b.removed");
    cr_assert_eq(channel_pipeline_replace(p, "x", "x", recorder_new("y")), 0);
    expect_names("a x c");
    struct channel_handler *z = recorder_new("z");
    cr_assert_eq(channel_pipeline_replace(p, "x", "a", z), -EEXIST);
    expect_names("a x c");
    free(z);
}

/* Removes itself, then hands the message on all the same. */
static int remove_self(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    cr_assert_eq(channel_pipeline_remove(ctx_pipeline(ctx), ctx_handler(ctx)),
                 0);
    cr_assert(ctx_is_removed(ctx));
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static bool destroyed;

static void note_destroyed(struct channel_handler *h)
{
    (void)h;
    destroyed = true;
}

Test(pipeline, a_removed_context_can_still_hand_on)
{
    static const struct channel_handler_ops ops = {.name = "once",
                                                   .channel_read = remove_self,
                                                   .destroy = note_destroyed};
    static struct channel_handler once = CHANNEL_HANDLER_INIT(&ops);

    add_last("once", &once);
    add_last("b", recorder_new("b"));
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "b.read");
    cr_assert(is_text(embedded_channel_read_inbound(ch), "x"));
    expect_names("b");
    cr_assert(destroyed);
}

/* Takes out itself and the next, which is in turn what it would go on to. */
static int remove_two(struct channel_handler_context *ctx,
                      struct reference_counted *msg)
{
    channel_pipeline_remove(ctx_pipeline(ctx), ctx_handler(ctx));
    channel_pipeline_remove_name(ctx_pipeline(ctx), "b");
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

Test(pipeline, a_removed_neighbour_is_passed_by)
{
    static const struct channel_handler_ops ops = {.name = "two",
                                                   .channel_read = remove_two};
    static struct channel_handler two = CHANNEL_HANDLER_INIT(&ops);

    add_last("two", &two);
    add_last("b", recorder_new("b"));
    add_last("c", recorder_new("c"));
    recorder_clear();
    embedded_channel_write_one_inbound(ch, text_message("x"));
    cr_assert_str_eq(recorder_log, "b.removed c.read");
    cr_assert(is_text(embedded_channel_read_inbound(ch), "x"));
}

/* ---- before the registration ---- */

Test(pipeline, callbacks_wait_for_the_registration_in_order)
{
    struct channel *fresh = embedded_channel_new_unregistered();
    struct channel_pipeline *q = channel_pipeline(fresh);

    channel_pipeline_add_last(q, NULL, "b", recorder_new("b"));
    channel_pipeline_add_first(q, NULL, "a", recorder_new("a"));
    channel_pipeline_add_last(q, NULL, "gone", recorder_new("gone"));
    channel_pipeline_remove_name(q, "gone");
    channel_pipeline_replace(q, "b", "c", recorder_new("c"));
    cr_assert_str_eq(recorder_log, "");
    embedded_channel_register(fresh);
    cr_assert_str_eq(recorder_log,
                     "b.added a.added gone.added gone.removed c.added "
                     "b.removed a.registered c.registered a.active c.active "
                     "c.read() a.read()");
    embedded_channel_free(fresh);
}

Test(pipeline, an_unregistered_channel_gives_its_handlers_back)
{
    struct channel *fresh = embedded_channel_new_unregistered();

    channel_pipeline_add_last(channel_pipeline(fresh), NULL, "a",
                              recorder_new("a"));
    channel_pipeline_add_last(channel_pipeline(fresh), NULL, "b",
                              recorder_new("b"));
    channel_pipeline_remove_name(channel_pipeline(fresh), "b");
    channel_release(fresh); /* AddressSanitizer sees what is not freed */
    cr_assert_str_eq(recorder_log, "");
}

/* ---- the ends ---- */

static int n_freed;

static void note_freed(void *memory, void *arg)
{
    (void)memory;
    (void)arg;
    n_freed++;
}

/* On a real channel's pipeline the tail releases; the embedded one keeps. */
Test(pipeline, what_is_left_is_released)
{
    static char bytes[] = "x";
    struct bytebuf *buf = unpooled_wrapped_buffer(bytes, 1, note_freed, NULL);

    embedded_channel_write_one_inbound(ch, &buf->ref);
    embedded_channel_free(ch);
    cr_assert_eq(n_freed, 1);
    pipeline_setup(); /* for the teardown */
}

Test(pipeline, a_completed_promise_is_misuse)
{
    struct promise *promise = channel_new_promise(ch);

    promise_set_success(promise, NULL);
    expect_misuse(channel_close(ch, promise), "close: its promise is complete");
    promise_release(promise);
}

Test(pipeline, a_cancelled_promise_keeps_its_operation_from_beginning)
{
    struct promise *promise = channel_new_promise(ch);

    future_cancel(&promise->future);
    add_last("a", recorder_new("a"));
    recorder_clear();
    channel_write(ch, text_message("released"), promise);
    channel_close(ch, promise);
    cr_assert_str_eq(recorder_log, "");
    cr_assert(channel_is_open(ch));
    promise_release(promise);
}

Test(pipeline, handlers_are_removed_from_the_tail_on_when_the_channel_ends)
{
    add_abc();
    embedded_channel_close(ch);
    cr_assert_str_eq(recorder_log,
                     "c.close b.close a.close "
                     "a.inactive b.inactive c.inactive "
                     "a.unregistered b.unregistered c.unregistered "
                     "c.removed b.removed a.removed");
    expect_names("");
}
