/*
 * The future of a thread pool: a slip that is good for a result.
 *
 * The first of three: here the only thing to do with a future is to wait for
 * it. Who submits a task gets the future at once, goes on with something else,
 * and blocks when it needs the result. That is java.util.concurrent.Future;
 * example_future_loop.c adds listeners, example_promise.c the other end.
 *
 * See that main goes on while a pool thread computes, that get() hands the
 * result over, that a task's failure is the future's, and that a task which
 * has not begun can be cancelled.
 */
#include <errno.h>
#include <string.h>

#include "models/netty/examples/say.h"

static int sum(void *arg, void **result)
{
    long *n = arg;

    say("computing 1 + ... + %ld", *n);
    *n = *n * (*n + 1) / 2;
    *result = n; /* the future only carries the pointer: it is main's */
    return 0;
}

static int fail(void *unused, void **result)
{
    (void)unused;
    (void)result;
    say("this one fails");
    return -ERANGE;
}

/* Keeps its thread until the promise is completed. Blocking is what a pool is
 * for; in an event loop this would be refused. */
static int occupy(void *promise, void **result)
{
    (void)result;
    return future_await(&((struct promise *)promise)->future);
}

static struct future *submit(struct event_executor *thread, callable_fn run,
                             void *arg)
{
    return made(event_executor_submit(thread, run, arg), "a future");
}

int main(void)
{
    struct event_executor_group *pool =
        made(default_event_executor_group_new(2, "pool"), "the pool");
    struct event_executor *thread = event_executor_group_next(pool);
    struct promise *leave = made(promise_new(NULL), "a promise");
    long n = 100;
    void *result = NULL;

    struct future *busy = submit(thread, occupy, leave);
    struct future *f = submit(thread, sum, &n);
    say("submitted; done: %s", future_is_done(f) ? "yes" : "no");
    say("get_now does not wait: %s",
        future_get_now(f) ? "a result" : "no result yet");
    promise_set_success(leave, NULL);
    check(future_get(f, &result), "compute");
    say("get waited for it: %ld", *(long *)result);
    future_release(f);
    wait_for(busy, "occupy the thread");
    promise_release(leave);

    f = submit(thread, fail, NULL);
    int err = future_sync(f);
    say("sync says what went wrong: %s", strerror(-err));
    say("as does its cause: %s", future_cause(f)->text);
    future_release(f);

    leave = made(promise_new(NULL), "a promise");
    busy = submit(thread, occupy, leave);
    f = submit(thread, sum, &n);
    say("queued behind a busy one, cancelled: %s",
        future_cancel(f) ? "yes" : "no");
    promise_set_success(leave, NULL);
    wait_for(busy, "occupy the thread");
    promise_release(leave);
    say("sync on it: %s", strerror(-future_sync(f)));
    future_release(f);
    event_executor_group_free(pool);
    return 0;
}
