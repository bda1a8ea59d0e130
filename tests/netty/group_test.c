/*
 * Channel groups: who is in, who is told, and how the one future ends.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "models/netty/embedded.h"
#include "models/netty/group.h"
#include "models/netty/server_socket_channel.h"
#include "tests/netty/expect_misuse.h"
#include "tests/netty/recorder.h"

enum { MEMBERS = 3 };

static struct channel_group *group;
static struct channel *member[MEMBERS];

static void setup(void)
{
    group = channel_group_new(NULL, false);
    for (int i = 0; i < MEMBERS; i++) {
        member[i] = embedded_channel_new();
        cr_assert_eq(channel_group_add(group, member[i]), 0);
    }
    recorder_clear();
}

static void teardown(void)
{
    channel_group_free(group);
    for (int i = 0; i < MEMBERS; i++)
        embedded_channel_free(member[i]);
}

TestSuite(group, .init = setup, .fini = teardown);

/* What was sent on the channel next; "" if nothing. Valid until the next. */
static const char *sent(struct channel *ch)
{
    static char text[64];
    struct reference_counted *msg = embedded_channel_read_outbound(ch);

    text[0] = '\0';
    if (msg) {
        struct bytebuf *buf = bytebuf_of(msg);
        size_t n = bytebuf_readable_bytes(buf);
        bytebuf_read_bytes(buf, text, n);
        text[n] = '\0';
        reference_release(msg);
    }
    return text;
}

/* ---- who is in ---- */

Test(group, a_channel_is_a_member_once)
{
    cr_assert_eq(channel_group_add(group, member[0]), -EEXIST);
    cr_assert_eq(channel_group_size(group), MEMBERS);
}

Test(group, finds_by_id_and_by_channel)
{
    struct channel *found = channel_group_find(group, member[1]->id);

    cr_assert_eq(found, member[1]);
    channel_release(found);
    cr_assert(channel_group_contains(group, member[1]));
    cr_assert_null(channel_group_find(group, 0));
}

Test(group, removing_leaves_the_channel_open)
{
    cr_assert(channel_group_remove(group, member[1]));
    cr_assert_not(channel_group_remove(group, member[1]), "twice");
    cr_assert_not(channel_group_contains(group, member[1]));
    cr_assert_eq(channel_group_size(group), MEMBERS - 1);
    cr_assert(channel_is_open(member[1]));
    /* Its close future has forgotten the group, or this would not be safe. */
    cr_assert_eq(reference_count(&member[1]->ref), 2,
                 "the test's and the registration's");
}

Test(group, a_closed_channel_leaves_by_itself)
{
    embedded_channel_close(member[2]);
    cr_assert_not(channel_group_contains(group, member[2]));
    cr_assert_eq(channel_group_size(group), MEMBERS - 1);
    cr_assert_eq(reference_count(&member[2]->ref), 1, "the test's");
}

Test(group, a_channel_closed_before_does_not_stay)
{
    struct channel *ch = embedded_channel_new();

    embedded_channel_close(ch);
    cr_assert_eq(channel_group_add(group, ch), 0);
    cr_assert_eq(channel_group_size(group), MEMBERS);
    embedded_channel_free(ch);
}

Test(group, a_channel_may_be_in_several_groups)
{
    struct channel_group *other = channel_group_new(NULL, false);

    cr_assert_eq(channel_group_add(other, member[0]), 0);
    embedded_channel_close(member[0]);
    cr_assert_eq(channel_group_size(other), 0);
    cr_assert_eq(channel_group_size(group), MEMBERS - 1);
    channel_group_free(other);
}

Test(group, coming_and_going_leaves_nothing_behind)
{
    for (int i = 0; i < 1000; i++) {
        cr_assert(channel_group_remove(group, member[0]));
        cr_assert_eq(channel_group_add(group, member[0]), 0);
    }
    cr_assert_eq(channel_close_future(member[0])->n_more, 0,
                 "no listener for each time");
}

/* ---- writing ---- */

Test(group, writes_to_all)
{
    struct future *f =
        channel_group_write_and_flush(group, text_message("hi"), NULL, NULL);

    cr_assert(future_is_success(f));
    cr_assert_eq(channel_group_future_size(f), MEMBERS);
    for (int i = 0; i < MEMBERS; i++)
        cr_assert_str_eq(sent(member[i]), "hi");
    future_release(f);
}

Test(group, each_receiver_has_its_own_reader_index_and_the_same_bytes)
{
    struct reference_counted *msg = text_message("hello");
    const void *bytes = bytebuf_address(bytebuf_of(msg), 0, 5);

    reference_retain(msg);
    future_release(channel_group_write_and_flush(group, msg, NULL, NULL));
    cr_assert_eq(reference_count(msg), 1 + MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        struct reference_counted *got =
            embedded_channel_read_outbound(member[i]);
        struct bytebuf *buf = bytebuf_of(got);
        cr_assert_eq(bytebuf_readable_bytes(buf), 5);
        cr_assert_eq((const void *)bytebuf_address(buf, 0, 5), bytes);
        bytebuf_skip_bytes(buf, 5);
        reference_release(got);
    }
    cr_assert_eq(reference_count(msg), 1, "nobody else holds it");
    cr_assert(is_text(msg, "hello"));
}

Test(group, a_matcher_chooses_the_receivers)
{
    struct future *f =
        channel_group_write_and_flush(group, text_message("from 1"),
                                      channel_matcher_is_not, member[1]);

    cr_assert_eq(channel_group_future_size(f), MEMBERS - 1);
    cr_assert_null(channel_group_future_find(f, member[1]));
    cr_assert_str_eq(sent(member[0]), "from 1");
    cr_assert_str_eq(sent(member[1]), "");
    cr_assert_str_eq(sent(member[2]), "from 1");
    future_release(f);
}

Test(group, a_write_waits_for_the_flush)
{
    struct future *f =
        channel_group_write(group, text_message("late"), NULL, NULL);

    cr_assert_not(future_is_done(f));
    cr_assert_str_eq(sent(member[0]), "");
    channel_group_flush(group, channel_matcher_is_not, member[2]);
    cr_assert_str_eq(sent(member[0]), "late");
    cr_assert_not(future_is_done(f), "one has not been flushed");
    channel_group_flush(group, NULL, NULL);
    cr_assert(future_is_success(f));
    cr_assert_str_eq(sent(member[1]), "late");
    cr_assert_str_eq(sent(member[2]), "late");
    future_release(f);
}

Test(group, writing_to_nobody_succeeds)
{
    struct channel_group *empty = channel_group_new(NULL, false);
    struct reference_counted *msg = text_message("anyone?");

    reference_retain(msg);
    struct future *f = channel_group_write_and_flush(empty, msg, NULL, NULL);
    cr_assert(future_is_success(f));
    cr_assert_eq(channel_group_future_size(f), 0);
    cr_assert_eq(reference_count(msg), 1, "the group has released its own");
    reference_release(msg);
    future_release(f);
    channel_group_free(empty);
}

/* ---- how it ends ---- */

static void count(struct future *f, void *arg)
{
    (void)f;
    ++*(int *)arg;
}

Test(group, one_failure_fails_the_whole_and_is_named)
{
    cr_assert_eq(
        channel_pipeline_add_last(channel_pipeline(member[1]), NULL, "bad",
                                  recorder_new_failing("bad", "write", false)),
        0);
    struct future *f =
        channel_group_write_and_flush(group, text_message("x"), NULL, NULL);

    cr_assert(future_is_done(f));
    cr_assert_not(future_is_success(f));
    cr_assert_eq(future_cause(f)->code, -EIO);
    cr_assert_not_null(strstr(future_cause(f)->text, "1 of 3 channels failed"));
    cr_assert_eq(channel_group_future_failures(f), 1);
    cr_assert(channel_group_future_is_partial(f));
    cr_assert(future_is_success(channel_group_future_find(f, member[0])));
    cr_assert_eq(future_cause(channel_group_future_find(f, member[1]))->code,
                 -EIO);
    for (int i = 0; i < MEMBERS; i++)
        sent(member[i]);
    future_release(f);
}

Test(group, all_failing_is_not_partial)
{
    for (int i = 0; i < MEMBERS; i++)
        embedded_channel_set_stuck(member[i], true);
    struct future *f =
        channel_group_write_and_flush(group, text_message("x"), NULL, NULL);

    for (int i = 0; i < MEMBERS; i++)
        embedded_channel_close(member[i]);
    cr_assert_eq(future_cause(f)->code, -EPIPE);
    cr_assert_eq(channel_group_future_failures(f), MEMBERS);
    cr_assert_not(channel_group_future_is_partial(f));
    future_release(f);
}

Test(group, a_slow_member_delays_the_future_only)
{
    int told = 0;

    embedded_channel_set_stuck(member[0], true);
    struct future *f =
        channel_group_write_and_flush(group, text_message("x"), NULL, NULL);
    future_add_listener(f, count, &told);

    cr_assert_str_eq(sent(member[1]), "x");
    cr_assert_str_eq(sent(member[2]), "x");
    cr_assert_eq(told, 0);
    embedded_channel_set_stuck(member[0], false);
    cr_assert_eq(told, 1);
    cr_assert_str_eq(sent(member[0]), "x");
    future_release(f);
}

Test(group, its_future_cannot_be_cancelled)
{
    struct future *f =
        channel_group_write(group, text_message("x"), NULL, NULL);

    cr_assert_not(future_cancel(f));
    channel_group_flush(group, NULL, NULL);
    cr_assert(future_is_success(f));
    for (int i = 0; i < MEMBERS; i++)
        sent(member[i]);
    future_release(f);
}

Test(group, another_kind_of_future_is_refused)
{
    expect_misuse(channel_group_future_size(channel_close_future(member[0])),
                  "not the future of a channel group");
}

/* ---- closing ---- */

static void run_tasks(void)
{
    for (int i = 0; i < MEMBERS; i++)
        embedded_channel_run_pending_tasks(member[i]);
}

Test(group, closes_all)
{
    struct future *f = channel_group_close(group, NULL, NULL);

    run_tasks();
    cr_assert(future_is_success(f));
    cr_assert_eq(channel_group_size(group), 0);
    for (int i = 0; i < MEMBERS; i++)
        cr_assert_not(channel_is_open(member[i]));
    future_release(f);
}

Test(group, the_close_future_waits_for_all_by_whomever)
{
    struct future *f = channel_group_new_close_future(group, NULL, NULL);

    embedded_channel_close(member[0]);
    embedded_channel_close(member[2]);
    cr_assert_not(future_is_done(f));
    embedded_channel_close(member[1]);
    cr_assert(future_is_success(f));
    future_release(f);
}

Test(group, stays_closed_if_asked_to)
{
    struct channel_group *stays = channel_group_new(NULL, true);
    struct channel *ch = embedded_channel_new();

    future_release(channel_group_close(stays, NULL, NULL));
    cr_assert_eq(channel_group_add(stays, ch), 0);
    embedded_channel_run_pending_tasks(ch);
    cr_assert_not(channel_is_open(ch));
    cr_assert_eq(channel_group_size(stays), 0);
    embedded_channel_free(ch);
    channel_group_free(stays);
}

/* Chooses all but member[0], and notes the order of asking. */
static bool note_order(struct channel *ch, void *server)
{
    recorder_add(ch == server ? "server" : "client", "chosen");
    return ch != member[0];
}

Test(group, servers_are_closed_first_and_never_written_to)
{
    struct channel *server = server_socket_channel_new(AF_INET);
    struct event_executor_group *loops = event_loop_group_new(1, "boss");
    struct promise *registered = promise_new(NULL);

    event_loop_group_register(loops, server, registered);
    cr_assert_eq(future_sync(&registered->future), 0);
    promise_release(registered);
    cr_assert_eq(channel_group_add(group, server), 0);
    struct future *f =
        channel_group_write_and_flush(group, text_message("x"), NULL, NULL);
    cr_assert(future_is_success(f), "a server channel takes no messages");
    cr_assert_null(channel_group_future_find(f, server));
    future_release(f);
    for (int i = 0; i < MEMBERS; i++)
        sent(member[i]);

    f = channel_group_close(group, note_order, server);
    run_tasks();
    cr_assert_eq(future_sync(f), 0);
    cr_assert_str_eq(recorder_log, "server.chosen client.chosen client.chosen "
                                   "client.chosen");
    cr_assert(future_is_success(channel_close_future(server)));
    cr_assert(channel_is_open(member[0]));
    future_release(f);
    channel_release(server);
    event_executor_group_free(loops);
}
