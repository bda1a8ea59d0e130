/*
 * A loop's future: wait for it, or leave a listener.
 *
 * The second of three. sync() blocks the thread that needs the result; a
 * listener is called with it, by the loop that made it, and nobody blocks. In a
 * loop's own thread only the second is possible: sync() there would wait for
 * the very thread it blocks, so it is refused.
 *
 * See who prints the result in each case, that a listener added late is still
 * called, that listeners are called in order, and what sync() in the loop says.
 */
#include <errno.h>
#include <string.h>

#include "models/netty/examples/say.h"
#include "models/netty/promise_combiner.h"

static int answer(void *arg, void **result)
{
    say("computing");
    *(int *)arg = 42;
    *result = arg;
    return 0;
}

static struct future *submit(struct event_executor *loop, callable_fn run,
                             void *arg)
{
    return made(event_executor_submit(loop, run, arg), "a future");
}

/* Called in the future's executor, which is the loop. */
static void on_done(struct future *f, void *name)
{
    say("%s listener: %d", (const char *)name, *(int *)future_get_now(f));
}

static void on_late(struct future *f, void *done)
{
    on_done(f, "a late");
    promise_set_success(done, NULL);
}

/* Runs in the loop, and waits for something the loop has yet to do. */
static int wait_in_loop(void *loop, void **result)
{
    int number;
    struct future *f = submit(loop, answer, &number);
    int err = future_sync(f);

    (void)result;
    say("sync in the loop's own thread: %s", strerror(-err));
    /* The task uses `number`: it must not begin any more. */
    say("so take the task back: %s", future_cancel(f) ? "yes" : "no");
    future_release(f);
    return 0;
}

int main(void)
{
    struct event_executor_group *group =
        made(event_loop_group_new(1, "loop"), "the loop");
    struct event_executor *loop = event_executor_group_next(group);
    struct promise *late = made(promise_new(NULL), "a promise");
    int number = 0;

    say("1. synchronous: main waits, and goes on with the result");
    struct future *f = submit(loop, answer, &number);
    check(future_sync(f), "compute");
    say("got %d", *(int *)future_get_now(f));

    say("2. a listener of a future that is done: called all the same");
    check(future_add_listener(f, on_late, late), "add a listener");
    check(future_await(&late->future), "wait");
    future_release(f);
    promise_release(late);

    say("3. asynchronous: main leaves two listeners, and does not wait");
    number = 0;
    struct promise *done = made(promise_new(loop), "a promise");
    check(future_add_listener(&done->future, on_done, "the first"), "add one");
    check(future_add_listener(&done->future, on_done, "the second"), "add one");
    f = submit(loop, answer, &number);
    check(promise_notifier_cascade(f, done), "pass the result on");
    future_release(f);
    promise_release(done); /* who has still to complete it holds it */

    wait_for(submit(loop, wait_in_loop, loop), "run in the loop");
    event_executor_group_free(group);
    return 0;
}
