/*
 * single_thread_executor - one thread, a queue of tasks, and a way to end.
 *
 * What event loops and default executors have in common: the queue, the
 * scheduled tasks, the thread (started with the first task), and the states
 *
 *     not started -> started -> shutting down -> terminated
 *
 * Shutting down gracefully: tasks are still taken and run; once none has run
 * for the quiet period, or the time-out has passed, the queue is closed and the
 * thread ends. What is offered after that is rejected.
 *
 * A kind supplies run_once() and wake_up(); see event_loop.c and
 * default_executor.c.
 *
 * Source: io.netty.util.concurrent.SingleThreadEventExecutor.
 */
#ifndef NETTY_SINGLE_THREAD_EXECUTOR_H
#define NETTY_SINGLE_THREAD_EXECUTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/stats.h"
#include "models/netty/event_executor.h"
#include "models/netty/scheduler.h"
#include "models/netty/task_queue.h"

enum {
    /* The clock is read once in so many tasks when their time is limited. */
    EXECUTOR_TASKS_A_CLOCK = 64,
    EXECUTOR_NAME_MAX = 16, /* a thread's name, with its NUL */
};

/* How long tasks may go on, one calling for the next, before the executor looks
 * at its state; and how long its end waits for a queue that others fill. */
#define EXECUTOR_TURN_NS (100 * TICKER_MS)

enum executor_state {
    EXECUTOR_NOT_STARTED,
    EXECUTOR_STARTED,
    EXECUTOR_SHUTTING_DOWN,
    EXECUTOR_TERMINATED,
};

struct single_thread_executor;

/* What kinds differ in. All but wake_up are called in the thread. */
struct single_thread_executor_ops {
    /* One turn: wait for something to do, at most until `until_ns` in the
     * ticker's time (UINT64_MAX: no limit), and do it. */
    void (*run_once)(struct single_thread_executor *ste, uint64_t until_ns);
    /* The thread sleeps, or is about to, or will: make run_once return, this
     * time or the next. Any thread. */
    void (*wake_up)(struct single_thread_executor *ste);
    /* The shutdown has begun: called in each turn from then on. May be NULL. */
    void (*shutting_down)(struct single_thread_executor *ste);
    /* Gives back all resources, and the memory. In the thread that frees. */
    void (*destroy)(struct single_thread_executor *ste);
};

struct single_thread_executor {
    struct event_executor executor; /* first */

    /* set once: */
    const struct single_thread_executor_ops *kind;
    char name[EXECUTOR_NAME_MAX]; /* the thread's, as in "worker-3" */
    pthread_t thread;             /* joined when freed */

    struct task_queue tasks;   /* see there */
    struct promise terminated; /* the termination future */

    /* guarded by its monitor: */
    bool has_thread;     /* `thread` is to be joined */
    uint64_t quiet_ns;   /* of the last shutdown_gracefully */
    uint64_t timeout_ns; /* of the last */

    _Atomic int state; /* enum executor_state; written under the monitor */

    /* the thread's: */
    struct scheduler scheduler; /* for later */
    struct stats_set stats;     /* its counters */
    uint64_t last_task;         /* when a task ran last */
    uint64_t shutdown_since;    /* when it saw the shutdown; 0 = not yet */
};

/* Fills in *ste. `ticker` NULL: the system's. The thread starts later. */
void single_thread_executor_init(struct single_thread_executor *ste,
                                 const struct single_thread_executor_ops *kind,
                                 struct event_executor_group *parent,
                                 const struct ticker *ticker, const char *name);

static inline struct single_thread_executor *
single_thread_executor_of(struct event_executor *ex)
{
    return (struct single_thread_executor *)ex;
}

/* Whether an executor is one of these (not, say, an embedded loop). */
bool single_thread_executor_is_one(const struct event_executor *ex);

/* Joins the thread and gives all memory back. It must have terminated, or never
 * have been started. Not from the thread itself, so not from a listener of its
 * termination future. */
void single_thread_executor_free(struct single_thread_executor *ste);

/* Completes when the thread has done its last. Owned by the executor. */
static inline struct future *
single_thread_executor_termination_future(struct single_thread_executor *ste)
{
    return &ste->terminated.future;
}

static inline enum executor_state
single_thread_executor_state(const struct single_thread_executor *ste)
{
    return (enum executor_state)atomic_load_explicit(&ste->state,
                                                     memory_order_acquire);
}

/* Makes the thread look at the clock: for who has advanced a mock_ticker. Any
 * thread. */
static inline void
single_thread_executor_wake_up(struct single_thread_executor *ste)
{
    ste->kind->wake_up(ste);
}

/* ---- for the kinds, in the thread ---- */

/* Runs the scheduled tasks that are due and the queued ones, until none is left
 * or, looking every 64 tasks, `budget_ns` have passed (UINT64_MAX: no limit).
 * Whether any ran. */
bool single_thread_executor_run_all_tasks(struct single_thread_executor *ste,
                                          uint64_t budget_ns);

#endif
