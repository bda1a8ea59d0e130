/*
 * executor - worker threads that run tasks, in order within a serial queue.
 *
 * DOC(executor.serial)
 * Tasks of one serial queue (one connection) run one at a time and in the order
 * they were submitted; different queues run in parallel. A queue is scheduled
 * as a unit: it is in the run queue at most once, a worker takes a few tasks of
 * it, and what is left goes to the run queue's end. So a busy connection
 * neither holds a worker for long nor starves the others, and no task ever
 * waits inside a worker for its turn.
 * END
 *
 * The bounds are the submitter's: it counts what is pending (serial_pending)
 * and stops feeding. Submitting never blocks.
 */
#ifndef CHAT_EXECUTOR_H
#define CHAT_EXECUTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct executor;
struct serial;
struct task;

enum task_result {
    TASK_DONE, /* go on with the queue's next task */
    TASK_PARK, /* run no more of this queue until executor_unpark */
    TASK_LAST, /* the queue may be gone already: do not touch it */
};

/* Runs on a worker; the task's memory is its own to free. */
typedef enum task_result (*task_fn)(struct task *task);

/* Embed it at the front of what a task needs. */
struct task {
    task_fn run;           /* set once */
    struct serial *serial; /* the queue it was submitted to */
    struct task *next;     /* in a batch, then in its queue */
};

/* A serial queue. Zeroed is empty and ready. It must outlive the executor, or
 * end with a task that returns TASK_LAST: nothing else tells that its worker
 * has let go of it, `pending` does not. */
struct serial {
    atomic_size_t pending; /* atomic: submitted and not yet run */

    /* guarded by the executor's lock: */
    struct task *head, *tail; /* waiting tasks */
    struct serial *next;      /* in the run queue */
    struct task *first;       /* of executor_unpark, while with a worker */
    bool scheduled;           /* in the run queue or with a worker */
    bool running;             /* with a worker */
    bool parked;              /* TASK_PARK, and not yet unparked */
    bool unparked;            /* unparked before the worker had parked it */
};

/* Tasks gathered by one thread, to be submitted with one lock. Zeroed is
 * empty. */
struct executor_batch {
    struct task *head, *tail;
};

/*
 * Starts n threads named NAME-0 to NAME-(n-1). `on_start`, if any, runs first
 * in each. NULL with errno set when a thread cannot be started.
 */
struct executor *executor_start(const char *name, int n,
                                void (*on_start)(void));

/* Adds a task to the batch and to its queue's count; returns that count. */
size_t executor_add(struct executor_batch *batch, struct serial *serial,
                    struct task *task);

/* Submits the batch, which is then empty, and wakes a worker if one sleeps;
 * workers wake each other as long as there is more. Any thread. */
void executor_submit(struct executor *ex, struct executor_batch *batch);

/* Lets a parked queue go on, also when the task that parks it has yet to
 * return; once for each time. With a task, that one runs before those waiting.
 * A queue that is neither parked nor being run takes no notice, but of the
 * task. Any thread. */
void executor_unpark(struct executor *ex, struct serial *serial,
                     struct task *first);

/* Lets the workers finish all that is queued (parked queues apart), joins them
 * and frees. Nobody submits any more. Blocks as long as the tasks run. */
void executor_stop(struct executor *ex);

#endif
