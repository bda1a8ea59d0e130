/*
 * scheduler - the tasks of one executor that are for later.
 *
 * A binary heap ordered by (deadline, number): tasks due at the same time run
 * in the order scheduled. It belongs to the executor's thread; other threads
 * hand their tasks over as a task (see single_thread_executor).
 *
 * Source: io.netty.util.concurrent.AbstractScheduledEventExecutor,
 * ScheduledFutureTask.
 */
#ifndef NETTY_SCHEDULER_H
#define NETTY_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/event_executor.h"
#include "models/netty/promise.h"

/* A scheduled task, and the future of its end: success when it has run once,
 * failure when a run failed; a periodic one ends only by failing or cancel. */
struct scheduled_future {
    struct promise promise; /* first */

    /* set once: */
    task_fn run;       /* what to do */
    void *arg;         /* with what */
    int64_t period_ns; /* 0: once; above: fixed rate; below: fixed delay */

    /* executor thread only, once handed over: */
    uint64_t deadline; /* when, in the executor's time */
    uint64_t number;   /* order of scheduling */
    size_t index;      /* in the heap, or SCHEDULER_NOT_QUEUED */
};

#define SCHEDULER_NOT_QUEUED SIZE_MAX

struct scheduler {
    /* executor thread only: */
    struct scheduled_future **heap; /* counted references */
    size_t n;                       /* in use */
    size_t cap;                     /* allocated */
    uint64_t last_number;           /* given out */
};

/* Cancels it; false when it has run, is running, or was cancelled before. Its
 * memory leaves the heap at once (off the executor's thread: as a task). */
bool scheduled_future_cancel(struct scheduled_future *s);

/* Gives the caller's reference back; the task is kept. NULL is ignored. */
static inline void scheduled_future_release(struct scheduled_future *s)
{
    promise_release((struct promise *)s);
}

/* ---- for executors, in their thread ---- */

void scheduler_free(struct scheduler *sch);

/* Queues it and takes a reference. 0 or -ENOMEM. */
int scheduler_add(struct scheduler *sch, struct scheduled_future *s);

/* Takes it out, if it is there, and gives the reference back. */
void scheduler_remove(struct scheduler *sch, struct scheduled_future *s);

/* Cancels all. */
void scheduler_cancel_all(struct scheduler *sch);

/* The deadline of the next; UINT64_MAX when there is none. */
static inline uint64_t scheduler_next_deadline(const struct scheduler *sch)
{
    return sch->n > 0 ? sch->heap[0]->deadline : UINT64_MAX;
}

/* Runs the tasks that were due at `now`, in order, once each. How many. */
size_t scheduler_run_due(struct scheduler *sch, const struct ticker *ticker,
                         uint64_t now);

/* Runs a task as every executor does: a failure is logged. */
void event_executor_run_task(task_fn run, void *arg);

#endif
