/*
 * What Netty's users get wrong most, numbers 4 to 7 of the ten: the guard or
 * the error that each meets here. 1 to 3 are in bytebuf_mistakes_test.c; 8 in
 * socket_channel_test.c (a peer that never reads); 9 and 10 in
 * pipeline_test.c and event_loop_test.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "models/netty/embedded.h"
#include "tests/netty/loopback.h"
#include "tests/netty/recorder.h"

/* ---- 4: waiting in the loop for what the loop has to do ---- */

static int sync_in_loop(void *arg)
{
    return future_sync(arg);
}

Test(mistakes, sync_in_the_own_loop_is_refused)
{
    struct event_executor *loop = event_loop_new(NULL, NULL, "own");
    struct promise *p = promise_new(loop);

    cr_assert_eq(loopback_run(loop, sync_in_loop, &p->future), -EDEADLK);
    promise_set_success(p, NULL);
    cr_assert_eq(loopback_run(loop, sync_in_loop, &p->future), 0,
                 "done: there is nothing to wait for");
    promise_release(p);
    future_await(event_executor_shutdown_gracefully(loop, 0, 0));
    single_thread_executor_free(single_thread_executor_of(loop));
}

/* ---- 5: blocking the loop ---- */

enum { LIMIT_MS = 100 };

static int hold_the_thread(struct channel_handler_context *ctx,
                           struct reference_counted *msg)
{
    uint64_t until = ticker_now(&ticker_system) + (LIMIT_MS + 1) * TICKER_MS;

    while (ticker_now(&ticker_system) < until)
        ;
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static const struct channel_handler_ops holder_ops = {.name = "holder",
                                                      .sharable = true,
                                                      .channel_read =
                                                          hold_the_thread};
static struct channel_handler holder = CHANNEL_HANDLER_INIT(&holder_ops);

/* What is said on stderr while run() runs; valid until the next. */
static const char *stderr_of(void (*run)(struct channel *), struct channel *ch)
{
    static char text[2048];
    int was = dup(STDERR_FILENO), fds[2];

    cr_assert_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    run(ch);
    log_flush();
    dup2(was, STDERR_FILENO);
    close(was);
    ssize_t n = read(fds[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    return text;
}

static void write_inbound(struct channel *ch)
{
    embedded_channel_write_inbound(ch, text_message("x"));
    fputs("end\n", stderr); /* so that there is something to read */
    fflush(stderr);
}

Test(mistakes, a_handler_that_holds_the_loop_is_named)
{
    struct channel *ch = embedded_channel_new();

    log_verbose = true;
    channel_handler_watch(LIMIT_MS * TICKER_MS);
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "innocent",
                              recorder_new_inbound("innocent"));
    cr_assert_str_eq(stderr_of(write_inbound, ch), "end\n");
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "culprit", &holder);
    const char *said = stderr_of(write_inbound, ch);
    cr_assert_not_null(strstr(said, "handler \"culprit\" held the thread for"),
                       "%s", said);
    cr_assert_not_null(strstr(said, "in channel_read"), "%s", said);
    cr_assert_null(strstr(said, "innocent"), "not whom it was called by: %s",
                   said);
    embedded_channel_free(ch);
}

/* ---- 6: an executor group is not parallel within a channel ---- */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Lets the executors run what they have, and then the channel's loop. */
static void settle(struct event_executor_group *group, struct channel *ch)
{
    for (size_t i = 0; i < group->n; i++)
        loopback_run(group->children[i], nothing, NULL);
    embedded_channel_run_pending_tasks(ch);
}

Test(mistakes, one_channel_has_one_executor_of_a_group)
{
    struct event_executor_group *group =
        default_event_executor_group_new(2, "heavy");
    struct channel *ch[2] = {embedded_channel_new(), embedded_channel_new()};
    struct event_executor *first[2];

    for (int i = 0; i < 2; i++) {
        struct channel_pipeline *p = channel_pipeline(ch[i]);
        channel_pipeline_add_last(p, group, "a", recorder_new("a"));
        channel_pipeline_add_last(p, group, "b", recorder_new("b"));
        first[i] = ctx_executor(channel_pipeline_context(p, "a"));
        cr_assert_eq(ctx_executor(channel_pipeline_context(p, "b")), first[i]);
    }
    cr_assert_neq(first[0], first[1], "parallel over channels");
    /* The handlers are removed in their executor, one after the other; each
     * time the loop is told. */
    for (int i = 0; i < 2; i++) {
        embedded_channel_close(ch[i]);
        while (channel_pipeline_names(channel_pipeline(ch[i]), NULL, 0) > 0)
            settle(group, ch[i]);
        settle(group, ch[i]);
        embedded_channel_free(ch[i]);
    }
    event_executor_group_free(group);
}

/* ---- 7: two routes to one channel ---- */

static sem_t loop_busy, written;

/* Writes in the loop what comes after what another thread has written. */
static int write_behind(void *arg)
{
    sem_post(&loop_busy);
    sem_wait(&written);
    channel_write_and_flush(arg, text_message("second"), NULL);
    return 0;
}

Test(mistakes, a_write_in_the_loop_overtakes_an_earlier_one_from_outside)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "loop");
    struct channel *ch = embedded_channel_new();
    struct promise *p = promise_new(NULL);

    sem_init(&loop_busy, 0, 0);
    sem_init(&written, 0, 0);
    ch->loop = ex; /* as if registered there */
    event_executor_execute(ex, write_behind, ch);
    sem_wait(&loop_busy);
    channel_write_and_flush(ch, text_message("first"), p); /* a task, behind */
    sem_post(&written);
    cr_assert_eq(future_sync(&p->future), 0);
    cr_assert(is_text(embedded_channel_read_outbound(ch), "second"));
    cr_assert(is_text(embedded_channel_read_outbound(ch), "first"));
    promise_release(p);
    channel_close(ch, NULL);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    ch->loop = NULL;
    single_thread_executor_free(single_thread_executor_of(ex));
    channel_release(ch);
}
