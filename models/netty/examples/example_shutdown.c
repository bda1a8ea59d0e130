/*
 * Shutting down gracefully: what is promised is kept, then nothing is taken.
 *
 * shutdown_gracefully(quiet, timeout) does not end a loop at once. Channels are
 * closed and scheduled tasks cancelled; but who has a task to hand over may
 * still do so, and each task that runs starts the quiet period anew. Once it
 * has passed without one, or the time-out, the queue closes: whatever comes
 * then is rejected, and the thread ends. Netty's defaults are 2 s and 15 s;
 * with a quiet period of 0 the loop runs what it has, and ends.
 *
 * See that the loop takes tasks while it is shutting down, what becomes of its
 * channel and of what was scheduled, and what is said to who comes too late.
 */
#include <errno.h>
#include <string.h>

#include "models/netty/bootstrap.h"
#include "models/netty/examples/say.h"
#include "models/netty/scheduler.h"

static int print(void *arg)
{
    say("%s", (const char *)arg);
    return 0;
}

static int one_more(void *loop)
{
    say("a task that came after shutdown_gracefully()");
    check(event_executor_execute(loop, print, "and one that it has added"),
          "execute");
    return 0;
}

/* Called by the loop as it closes its channels: the shutdown has begun. */
static void on_closed(struct future *f, void *loop)
{
    (void)f;
    say("the channel has been closed");
    check(event_executor_execute(loop, one_more, loop), "execute");
}

/* A channel of the loop's that waits for nothing in particular. */
static struct future *open_channel(struct event_executor_group *group,
                                   struct event_executor *loop)
{
    struct bootstrap b;

    bootstrap_init(&b, group);
    struct future *f = made(bootstrap_register(&b, AF_INET), "a channel");
    check(future_sync(f), "register");
    check(future_add_listener(channel_close_future(future_channel(f)),
                              on_closed, loop),
          "add a listener");
    return f;
}

int main(void)
{
    struct event_executor_group *group =
        made(event_loop_group_new(1, "loop"), "the loop");
    struct event_executor *loop = event_executor_group_next(group);
    struct future *registered = open_channel(group, loop);
    struct scheduled_future *hour =
        made(event_executor_schedule(loop, print, "an hour later",
                                     3600 * TICKER_S),
             "a scheduled task");

    say("shut down, but not before 50 ms have passed without a task");
    struct future *end =
        made(event_executor_group_shutdown_gracefully(group, 50 * TICKER_MS,
                                                      10 * TICKER_S),
             "a shutdown");
    check(future_sync(end), "shut down");
    say("terminated: %s", future_is_done(end) ? "yes" : "no");
    say("what was for in an hour is cancelled: %s",
        future_is_cancelled(&hour->promise.future) ? "yes" : "no");
    say("a task that comes now: %s",
        strerror(-event_executor_execute(loop, print, "too late")));
    say("a time-out shorter than the quiet period: %s",
        event_executor_group_shutdown_gracefully(group, 2, 1)
            ? "taken"
            : strerror(errno));

    scheduled_future_release(hour);
    future_release(registered);
    event_executor_group_free(group); /* joins the thread, frees all */
    return 0;
}
