/*
 * One turn of an event loop: what comes first when all is ready at once; and
 * who held it up.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "models/netty/embedded.h"
#include "models/netty/fd_channel.h"
#include "models/netty/socket_channel.h"
#include "tests/netty/loopback.h"
#include "tests/netty/recorder.h"

static struct event_executor_group *loops;
static struct event_executor *loop;
static struct channel *ch; /* registered with it */
static int peer;           /* its other end */
static struct promise *over;

/* ---- the order ---- */

static int note(void *what)
{
    recorder_add("turn", what);
    return 0;
}

static int end_turn(void *unused)
{
    (void)unused;
    promise_set_success(over, NULL);
    return 0;
}

static int note_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    (void)ctx;
    note("read");
    reference_release(msg);
    return 0;
}

static const struct channel_handler_ops reader_ops = {.name = "reader",
                                                      .channel_read =
                                                          note_read};

static void setup(void)
{
    static struct channel_handler reader = CHANNEL_HANDLER_INIT(&reader_ops);
    int fds[2];

    recorder_clear();
    loops = event_loop_group_new(1, "loop");
    loop = loops->children[0];
    over = promise_new(NULL);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    peer = fds[1];
    ch = socket_channel_adopt(fds[0], NULL);
    channel_pipeline_add_last(channel_pipeline(ch), NULL, NULL, &reader);
    struct promise *p = promise_new(NULL);
    channel_register(ch, loop, p);
    cr_assert_eq(future_sync(&p->future), 0);
    promise_release(p);
}

static void teardown(void)
{
    event_executor_group_free(loops);
    channel_release(ch);
    close(peer);
    promise_release(over);
}

TestSuite(loop_turn, .init = setup, .fini = teardown);

/* Whether the kernel says that the channel's socket is ready for all of it. */
static bool is_ready_for(short events)
{
    struct pollfd p = {.fd = fd_channel_fd(fd_channel_of(ch)),
                       .events = events};

    return poll(&p, 1, 0) == 1 && p.revents == events;
}

/* At the end of a turn, so that the next one finds everything at once; asked
 * for in an order that is not the one expected. */
static int have_all_ready(void *unused)
{
    (void)unused;
    event_executor_execute(loop, note, "task");
    event_executor_execute(loop, end_turn, NULL);
    scheduled_future_release(event_executor_schedule(loop, note, "timer", 0));
    cr_expect_eq(write(peer, "x", 1), 1);
    cr_expect(is_ready_for(POLLIN));
    return 0;
}

static int at_the_end_of_the_turn(void *run)
{
    return event_loop_execute_after_iteration(event_loop_of(loop),
                                              *(task_fn *)run, NULL);
}

Test(loop_turn, io_then_timers_then_tasks)
{
    task_fn run = have_all_ready;

    cr_assert_eq(loopback_run(loop, at_the_end_of_the_turn, &run), 0);
    cr_assert_eq(future_sync(&over->future), 0);
    cr_assert_str_eq(recorder_log, "turn.read turn.timer turn.task");
}

enum { MUCH = 4 << 20 };

static const struct channel_ops *really; /* what the spy stands before */

static int note_and_write(struct channel *c)
{
    note("write");
    return really->do_write(c);
}

/* More than the kernel takes: EV_WRITE is armed. */
static int write_much(void *spy)
{
    struct bytebuf *buf = allocator_buffer(&allocator_unpooled, MUCH);

    memset(bytebuf_writable(buf, MUCH), 'x', MUCH);
    bytebuf_advance_writer(buf, MUCH);
    channel_write_and_flush(ch, &buf->ref, NULL);
    cr_expect(ch->ops->is_flush_pending(ch));
    really = ch->ops;
    *(struct channel_ops *)spy = *really;
    ((struct channel_ops *)spy)->do_write = note_and_write;
    ch->ops = spy;
    return 0;
}

static int have_both_ready(void *unused)
{
    static char got[64 << 10];

    (void)unused;
    while (read(peer, got, sizeof(got)) > 0)
        continue;
    cr_expect_eq(write(peer, "x", 1), 1);
    cr_expect(is_ready_for(POLLIN | POLLOUT));
    event_executor_execute(loop, end_turn, NULL);
    return 0;
}

static int be_itself_again(void *unused)
{
    (void)unused;
    ch->ops = really;
    return 0;
}

Test(loop_turn, a_descriptor_is_written_to_before_it_is_read)
{
    static struct channel_ops spy;
    task_fn run = have_both_ready;

    loopback_run(loop, write_much, &spy);
    loopback_run(loop, at_the_end_of_the_turn, &run);
    cr_assert_eq(future_sync(&over->future), 0);
    loopback_run(loop, be_itself_again, NULL);
    cr_assert_eq(strncmp(recorder_log, "turn.write turn.read", 20), 0, "%s",
                 recorder_log);
}

/* ---- who held it up ---- */

static int hold(struct channel_handler_context *ctx,
                struct reference_counted *msg)
{
    struct timespec t = {.tv_nsec = 5 * 1000 * 1000};

    (void)ctx;
    nanosleep(&t, NULL);
    reference_release(msg);
    return 0;
}

static const struct channel_handler_ops holder_ops = {.name = "holder",
                                                      .channel_read = hold};

Test(handler_watch, names_who_held_the_thread)
{
    struct channel_handler holder = CHANNEL_HANDLER_INIT(&holder_ops);
    struct channel *e = embedded_channel_new();
    FILE *log = tmpfile();
    char text[512];

    channel_pipeline_add_last(channel_pipeline(e), NULL, "slow", &holder);
    cr_assert_eq(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
    embedded_channel_write_one_inbound(e, text_message("unwatched"));
    channel_handler_watch(TICKER_MS);
    embedded_channel_write_one_inbound(e, text_message("watched"));
    channel_handler_watch(0);
    fflush(stderr);
    rewind(log);
    size_t n = fread(text, 1, sizeof(text) - 1, log);
    text[n] = '\0';
    char *found = strstr(text, "handler \"slow\" held the thread for ");
    cr_assert_not_null(found, "the log: %s", text);
    cr_assert_not_null(strstr(found, " ms in channel_read"));
    cr_assert_null(strstr(found + 1, "handler \"slow\""), "only when watched");
    embedded_channel_free(e);
    fclose(log);
}
