/*
 * task_queue - what other threads want an executor's thread to do.
 *
 * Many producers, one consumer, first in first out. Netty takes JCTools'
 * lock-free queue. This is a mutex around an array: producers append, the
 * consumer takes the whole array at once and gives an empty one back, so that
 * the lock is held for a few nanoseconds a task and twice a batch by the
 * consumer. An execute() to a busy loop costs 20 to 60 ns so (bench-micro
 * prints it), no task allocates memory, and what is hard with lock-free queues
 * is one line each under the lock: a consumer that goes to sleep exactly when
 * the queue is empty, and a queue that takes no more from a moment on.
 *
 * Any thread may offer. The rest is for the consumer. Blocks for the mutex
 * only; nothing is called and nothing waits under it.
 */
#ifndef NETTY_TASK_QUEUE_H
#define NETTY_TASK_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "models/netty/event_executor.h"

struct task {
    task_fn run; /* what to do */
    void *arg;   /* with what */
};

struct task_array {
    struct task *items; /* malloc'ed, NULL at first */
    size_t n;           /* in use */
    size_t cap;         /* allocated */
};

/* 0 or -ENOMEM, and nothing is appended. */
int task_array_append(struct task_array *a, struct task task);

struct task_queue {
    pthread_mutex_t mutex; /* nothing else is locked under it */

    /* guarded by mutex: */
    struct task_array waiting; /* offered and not yet taken */
    bool refusing;             /* others' are taken no more */
    bool closed;               /* none are, not even the consumer's own */

    /* atomic: written by the consumer without the mutex, but set under it */
    atomic_bool sleeping; /* who offers next has to wake the consumer */

    /* consumer only: */
    struct task_array batch; /* taken */
    size_t next;             /* the first in batch not yet run */
};

void task_queue_init(struct task_queue *q);
void task_queue_free(struct task_queue *q);

/*
 * Appends. 0; 1: and the consumer was asleep, wake it; -ESHUTDOWN: the queue
 * is closed; -ENOMEM. On error nothing is appended.
 */
int task_queue_offer(struct task_queue *q, task_fn run, void *arg);

/* The oldest task; false when there is none. */
bool task_queue_poll(struct task_queue *q, struct task *task);

/* Whether tasks wait. A producer may append at any moment. */
bool task_queue_has_tasks(struct task_queue *q);

/*
 * The consumer is about to sleep: true if nothing waits; from then on the next
 * offer answers 1. False: go on.
 */
bool task_queue_prepare_sleep(struct task_queue *q);

/* It is awake: offers no longer have to wake it. */
static inline void task_queue_awake(struct task_queue *q)
{
    /* Relaxed: who still reads true only wakes us once too often. */
    if (atomic_load_explicit(&q->sleeping, memory_order_relaxed))
        atomic_store_explicit(&q->sleeping, false, memory_order_relaxed);
}

/* Takes no more from now on, if nothing waits; whether that is so. */
bool task_queue_close(struct task_queue *q);

/*
 * For a consumer that is to end and does not come to the end of its queue.
 * refuse: from now on offers are answered with -ESHUTDOWN; what the consumer
 * itself offers by offer_own is still taken. end: that neither. What waits is
 * still there to be polled.
 */
void task_queue_refuse(struct task_queue *q);
void task_queue_end(struct task_queue *q);
int task_queue_offer_own(struct task_queue *q, task_fn run, void *arg);

#endif
