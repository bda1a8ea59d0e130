/*
 * An event loop runs tasks: at once, later, and again and again.
 *
 * See which thread prints each line: main only hands tasks over; loop-0 or
 * loop-1 runs them. A loop is one thread, so what it runs needs no lock, and
 * nothing it runs may block. What to look for:
 * - tasks run in the order given, and one that a task gives to its own loop
 *   waits for its turn as well: execute() never runs anything on the spot;
 * - the group hands its loops out in turn;
 * - a failing task is logged, and the loop goes on;
 * - scheduled tasks run by their deadlines, not in the order scheduled;
 * - a periodic task may cancel itself.
 */
#include <errno.h>

#include "models/netty/examples/say.h"
#include "models/netty/scheduler.h"

static int print(void *arg)
{
    say("%s", (const char *)arg);
    return 0;
}

static int fail(void *unused)
{
    (void)unused;
    return -EIO;
}

static int give_another(void *loop)
{
    say("a task that gives its loop another one ...");
    check(event_executor_execute(loop, print, "... which runs after it"),
          "execute");
    say("... goes on first");
    return 0;
}

struct ticks {
    struct scheduled_future *future; /* set by schedule_all in the loop */
    int n;                           /* that there have been */
};

static int tick(void *arg)
{
    struct ticks *t = arg;

    say("tick %d", ++t->n);
    if (t->n == 3)
        (void)scheduled_future_cancel(t->future);
    return 0;
}

struct later {
    struct event_executor *loop;     /* where */
    struct scheduled_future *minute; /* due in a minute */
    struct ticks ticks;              /* every 10 ms */
};

/* In the loop: so no tick can come before ticks.future is set. */
static int schedule_all(void *arg)
{
    struct later *l = arg;
    int64_t ms = (int64_t)TICKER_MS;

    l->minute = made(event_executor_schedule(l->loop, print,
                                             "in a minute: not in our time",
                                             60000 * ms),
                     "a scheduled task");
    scheduled_future_release(made(
        event_executor_schedule(l->loop, print,
                                "in no time, and scheduled later: yet first",
                                0),
        "a scheduled task"));
    l->ticks.future =
        made(event_executor_schedule_at_fixed_rate(l->loop, tick, &l->ticks,
                                                   10 * ms, 10 * ms),
             "a periodic task");
    return 0;
}

static int nothing(void *unused, void **result)
{
    (void)unused;
    (void)result;
    return 0;
}

/* Waits until the loop has run all that it has been given. */
static void drain(struct event_executor *loop)
{
    wait_for(event_executor_submit(loop, nothing, NULL), "drain the loop");
}

int main(void)
{
    struct event_executor_group *group =
        made(event_loop_group_new(2, "loop"), "the loops");
    struct event_executor *first = event_executor_group_next(group);
    struct event_executor *second = event_executor_group_next(group);
    struct later later = {.loop = first};

    check(event_executor_execute(first, print, "the first task"), "execute");
    check(event_executor_execute(first, fail, NULL), "execute");
    check(event_executor_execute(first, give_another, first), "execute");
    drain(first);
    drain(first); /* what came behind our first one */
    check(event_executor_execute(second, print, "the other loop"), "execute");
    drain(second);
    say("two loops in turn: the third next() is the first again: %s",
        event_executor_group_next(group) == first ? "yes" : "no");

    check(event_executor_execute(first, schedule_all, &later), "execute");
    drain(first);
    (void)future_await(&later.ticks.future->promise.future);
    say("the ticks have ended: cancelled %s",
        future_is_cancelled(&later.ticks.future->promise.future) ? "yes"
                                                                 : "no");
    say("cancel what was for in a minute: %s",
        scheduled_future_cancel(later.minute) ? "yes" : "too late");
    scheduled_future_release(later.ticks.future);
    scheduled_future_release(later.minute);
    event_executor_group_free(group);
    return 0;
}
