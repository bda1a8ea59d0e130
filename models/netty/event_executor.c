/*
 * event_executor - what all executors do alike: results and delays.
 */
#include "models/netty/event_executor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/scheduler.h"

/* ---- submit ---- */

/* A task whose result somebody wants. */
struct future_task {
    struct promise promise; /* first; a reference is the executor's */
    callable_fn run;        /* what to do */
    void *arg;              /* with what */
};

static void destroy_future_task(struct future *f)
{
    free(f); /* the promise is first */
}

static int run_future_task(void *arg)
{
    struct future_task *t = arg;
    void *result = NULL;

    if (promise_set_uncancellable(&t->promise)) {
        int err = t->run(t->arg, &result);
        if (err < 0)
            promise_set_failure(&t->promise,
                                exception_new(err, "a task failed: %s",
                                              strerror(-err)));
        else
            promise_set_success(&t->promise, result);
    }
    promise_release(&t->promise);
    return 0;
}

struct future *event_executor_submit(struct event_executor *ex, callable_fn run,
                                     void *arg)
{
    struct future_task *t = malloc(sizeof(*t));

    if (!t)
        return NULL;
    t->run = run;
    t->arg = arg;
    promise_init(&t->promise, ex, destroy_future_task);
    promise_retain(&t->promise);
    int err = event_executor_execute(ex, run_future_task, t);
    if (err) {
        free(t);
        errno = -err;
        return NULL;
    }
    return &t->promise.future;
}

/* ---- schedule ---- */

static void destroy_scheduled(struct future *f)
{
    free(f); /* the promise is first */
}

static struct scheduled_future *schedule(struct event_executor *ex, task_fn run,
                                         void *arg, int64_t delay_ns,
                                         int64_t period_ns)
{
    struct scheduled_future *s = malloc(sizeof(*s));

    if (!s)
        return NULL;
    promise_init(&s->promise, ex, destroy_scheduled);
    s->run = run;
    s->arg = arg;
    s->period_ns = period_ns;
    s->deadline = ticker_now(ex->ticker);
    if (delay_ns > 0)
        s->deadline += (uint64_t)delay_ns;
    s->number = 0;
    s->index = SCHEDULER_NOT_QUEUED;
    int err = ex->ops->add_scheduled(ex, s);
    if (err) {
        free(s);
        errno = -err;
        return NULL;
    }
    return s;
}

struct scheduled_future *event_executor_schedule(struct event_executor *ex,
                                                 task_fn run, void *arg,
                                                 int64_t delay_ns)
{
    return schedule(ex, run, arg, delay_ns, 0);
}

struct scheduled_future *
event_executor_schedule_at_fixed_rate(struct event_executor *ex, task_fn run,
                                      void *arg, int64_t initial_delay_ns,
                                      int64_t period_ns)
{
    if (period_ns <= 0) {
        errno = EINVAL;
        return NULL;
    }
    return schedule(ex, run, arg, initial_delay_ns, period_ns);
}

struct scheduled_future *
event_executor_schedule_with_fixed_delay(struct event_executor *ex, task_fn run,
                                         void *arg, int64_t initial_delay_ns,
                                         int64_t delay_ns)
{
    if (delay_ns <= 0) {
        errno = EINVAL;
        return NULL;
    }
    return schedule(ex, run, arg, initial_delay_ns, -delay_ns);
}

bool scheduled_future_cancel(struct scheduled_future *s)
{
    struct event_executor *ex = s->promise.future.executor;

    if (!future_cancel(&s->promise.future))
        return false;
    ex->ops->remove_scheduled(ex, s);
    return true;
}

struct future *event_executor_shutdown_gracefully(struct event_executor *ex,
                                                  uint64_t quiet_ns,
                                                  uint64_t timeout_ns)
{
    if (timeout_ns < quiet_ns) {
        errno = EINVAL;
        return NULL;
    }
    return ex->ops->shutdown_gracefully(ex, quiet_ns, timeout_ns);
}
