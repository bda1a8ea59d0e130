/*
 * event_executor - who runs a task, and on which thread.
 *
 * The interface that event loops, default executors and the embedded loop
 * share. Each executor is one thread (or pretends to be): what it runs, it runs
 * one after the other, in the order given.
 *
 * Source: io.netty.util.concurrent.EventExecutor.
 */
#ifndef NETTY_EVENT_EXECUTOR_H
#define NETTY_EVENT_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "models/netty/promise.h"
#include "models/netty/ticker.h"

struct event_executor;
struct event_executor_group;
struct scheduled_future;

/* A task. 0, or -errno: it failed, which is logged, as Netty logs what a task
 * throws; the executor goes on. */
typedef int (*task_fn)(void *arg);

/* A task with a result. 0, or -errno: its future fails with it. */
typedef int (*callable_fn)(void *arg, void **result);

/* What kinds of executors differ in. */
struct event_executor_ops {
    int (*execute)(struct event_executor *ex, task_fn run, void *arg);
    /* Adds or takes out a scheduled task; any thread. 0 or -errno. */
    int (*add_scheduled)(struct event_executor *ex, struct scheduled_future *s);
    void (*remove_scheduled)(struct event_executor *ex,
                             struct scheduled_future *s);
    struct future *(*shutdown_gracefully)(struct event_executor *ex,
                                          uint64_t quiet_ns,
                                          uint64_t timeout_ns);
};

struct event_executor {
    /* set once: */
    const struct event_executor_ops *ops; /* its kind */
    struct event_executor_group *parent;  /* NULL: it stands alone */
    const struct ticker *ticker;          /* its time */
    bool everywhere; /* any thread counts as its own (embedded) */
};

/* The executor that the calling thread is; NULL for other threads. */
extern _Thread_local struct event_executor *event_executor_current;

/* Whether the calling thread is the executor's. */
static inline bool event_executor_in_event_loop(const struct event_executor *ex)
{
    return ex == event_executor_current || ex->everywhere;
}

/*
 * Queues run(arg) behind what is queued already; never runs it at once, not
 * even in the executor's own thread. Any thread. Starts the thread if need be,
 * and wakes it only if it sleeps. 0; -ESHUTDOWN: rejected; -ENOMEM; -EAGAIN:
 * no thread could be had. On error run will not be called: `arg` stays the
 * caller's.
 */
static inline int event_executor_execute(struct event_executor *ex, task_fn run,
                                         void *arg)
{
    return ex->ops->execute(ex, run, arg);
}

/* The same with a result: returns a future that completes with it, the
 * caller's to release; cancelling it before it runs keeps it from running.
 * NULL with errno as above. */
struct future *event_executor_submit(struct event_executor *ex, callable_fn run,
                                     void *arg);

/*
 * Runs run(arg) `delay_ns` from now; a negative delay is 0. Tasks due at the
 * same time run in the order scheduled. Any thread. Returns a handle, the
 * caller's to release (scheduled_future_release; the task is kept all the
 * same). NULL with errno: ESHUTDOWN, ENOMEM.
 */
struct scheduled_future *event_executor_schedule(struct event_executor *ex,
                                                 task_fn run, void *arg,
                                                 int64_t delay_ns);

/*
 * Again and again, until cancelled, or until a run fails: that ends it and
 * fails its future. Fixed rate: the next is due `period_ns` after this one was
 * due, so a late run is made up for. Fixed delay: `delay_ns` after this one has
 * ended. NULL with errno; EINVAL for a period of 0 or less.
 */
struct scheduled_future *
event_executor_schedule_at_fixed_rate(struct event_executor *ex, task_fn run,
                                      void *arg, int64_t initial_delay_ns,
                                      int64_t period_ns);
struct scheduled_future *
event_executor_schedule_with_fixed_delay(struct event_executor *ex, task_fn run,
                                         void *arg, int64_t initial_delay_ns,
                                         int64_t delay_ns);

/* Netty's defaults: quiet for 2 s, 15 s at most. */
#define EXECUTOR_QUIET_PERIOD     (2 * TICKER_S)
#define EXECUTOR_SHUTDOWN_TIMEOUT (15 * TICKER_S)

/*
 * Ends the executor: tasks are still taken, but once none has come for
 * `quiet_ns`, or after `timeout_ns`, no more, and its thread ends. Scheduled
 * tasks are cancelled; a loop's channels are closed at once. A quiet period of
 * 0 runs what is queued and ends. Any thread, any number of times. Returns the
 * termination future, which the executor owns. NULL with errno EINVAL: the
 * time-out is shorter than the quiet period.
 */
struct future *event_executor_shutdown_gracefully(struct event_executor *ex,
                                                  uint64_t quiet_ns,
                                                  uint64_t timeout_ns);

#endif
