#include "models/netty/scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static bool is_before(const struct scheduled_future *a,
                      const struct scheduled_future *b)
{
    return a->deadline < b->deadline ||
           (a->deadline == b->deadline && a->number < b->number);
}

static void put(struct scheduler *sch, size_t i, struct scheduled_future *s)
{
    sch->heap[i] = s;
    s->index = i;
}

static void sift_up(struct scheduler *sch, size_t i, struct scheduled_future *s)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!is_before(s, sch->heap[parent]))
            break;
        put(sch, i, sch->heap[parent]);
        i = parent;
    }
    put(sch, i, s);
}

static void sift_down(struct scheduler *sch, size_t i,
                      struct scheduled_future *s)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= sch->n)
            break;
        if (child + 1 < sch->n &&
            is_before(sch->heap[child + 1], sch->heap[child]))
            child++;
        if (!is_before(sch->heap[child], s))
            break;
        put(sch, i, sch->heap[child]);
        i = child;
    }
    put(sch, i, s);
}

static int push(struct scheduler *sch, struct scheduled_future *s)
{
    if (sch->n == sch->cap) {
        size_t cap = sch->cap ? 2 * sch->cap : 16;
        struct scheduled_future **heap =
            realloc(sch->heap, cap * sizeof(struct scheduled_future *));
        if (!heap)
            return -ENOMEM;
        sch->heap = heap;
        sch->cap = cap;
    }
    sift_up(sch, sch->n++, s);
    return 0;
}

static void take_out(struct scheduler *sch, struct scheduled_future *s)
{
    size_t i = s->index;
    struct scheduled_future *last = sch->heap[--sch->n];

    s->index = SCHEDULER_NOT_QUEUED;
    if (last == s)
        return;
    if (i > 0 && is_before(last, sch->heap[(i - 1) / 2]))
        sift_up(sch, i, last);
    else
        sift_down(sch, i, last);
}

int scheduler_add(struct scheduler *sch, struct scheduled_future *s)
{
    s->number = ++sch->last_number;
    int err = push(sch, s);
    if (!err)
        promise_retain(&s->promise);
    return err;
}

void scheduler_remove(struct scheduler *sch, struct scheduled_future *s)
{
    if (s->index == SCHEDULER_NOT_QUEUED)
        return;
    take_out(sch, s);
    promise_release(&s->promise);
}

void scheduler_cancel_all(struct scheduler *sch)
{
    while (sch->n > 0) {
        struct scheduled_future *s = sch->heap[sch->n - 1];
        take_out(sch, s);
        future_cancel(&s->promise.future);
        promise_release(&s->promise);
    }
}

void scheduler_free(struct scheduler *sch)
{
    scheduler_cancel_all(sch);
    free(sch->heap);
    *sch = (struct scheduler){0};
}

void event_executor_run_task(task_fn run, void *arg)
{
    int err = run(arg);

    if (err < 0)
        log_info("netty: a task failed: %s", strerror(-err));
}

/* One run of a periodic task; back into the heap unless it has ended. */
static void run_periodic(struct scheduler *sch, struct scheduled_future *s,
                         const struct ticker *ticker)
{
    if (future_is_cancelled(&s->promise.future))
        return;
    int err = s->run(s->arg);
    if (err < 0) {
        promise_try_failure(&s->promise,
                            exception_new(err, "a periodic task failed: %s",
                                          strerror(-err)));
        return;
    }
    if (future_is_done(&s->promise.future))
        return;
    if (s->period_ns > 0)
        s->deadline += (uint64_t)s->period_ns;
    else
        s->deadline = ticker_now(ticker) + (uint64_t)-s->period_ns;
    if (scheduler_add(sch, s) < 0)
        promise_try_failure(&s->promise, &exception_out_of_memory);
}

static void run_once(struct scheduled_future *s)
{
    if (!promise_set_uncancellable(&s->promise))
        return;
    int err = s->run(s->arg);
    if (err < 0) {
        log_info("netty: a scheduled task failed: %s", strerror(-err));
        promise_try_failure(&s->promise,
                            exception_new(err, "a scheduled task failed: %s",
                                          strerror(-err)));
        return;
    }
    promise_try_success(&s->promise, NULL);
}

size_t scheduler_run_due(struct scheduler *sch, const struct ticker *ticker,
                         uint64_t now)
{
    /* What is scheduled meanwhile waits for the next round, even with no delay:
     * else a task that schedules itself would keep the loop for ever. */
    uint64_t last = sch->last_number;
    size_t n = 0;

    while (scheduler_next_deadline(sch) <= now &&
           sch->heap[0]->number <= last) {
        struct scheduled_future *s = sch->heap[0];
        take_out(sch, s);
        if (s->period_ns)
            run_periodic(sch, s, ticker);
        else
            run_once(s);
        promise_release(&s->promise);
        n++;
    }
    return n;
}
