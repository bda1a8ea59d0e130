#include "models/netty/task_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    FIRST_CAP = 32,
    /* An array that a burst has made larger is given back after it. */
    KEEP_CAP = 4096,
};

void task_queue_init(struct task_queue *q)
{
    pthread_mutexattr_t attr;

    *q = (struct task_queue){.next = 0};
    /* Adaptive: a few rounds of waiting awake are cheaper than a sleep, since
     * the lock is held for nanoseconds. */
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&q->mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    atomic_init(&q->sleeping, false);
}

void task_queue_free(struct task_queue *q)
{
    assert(q->waiting.n == 0 && q->next == q->batch.n);
    free(q->waiting.items);
    free(q->batch.items);
    pthread_mutex_destroy(&q->mutex);
}

int task_array_append(struct task_array *a, struct task task)
{
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : FIRST_CAP;
        struct task *items = realloc(a->items, cap * sizeof(*items));
        if (!items)
            return -ENOMEM;
        a->items = items;
        a->cap = cap;
    }
    a->items[a->n++] = task;
    return 0;
}

int task_queue_offer(struct task_queue *q, task_fn run, void *arg)
{
    int result;

    pthread_mutex_lock(&q->mutex);
    if (q->refusing)
        result = -ESHUTDOWN;
    else
        result = task_array_append(&q->waiting, (struct task){run, arg});
    /* Only the first after the consumer fell asleep has to wake it. */
    if (result == 0 &&
        atomic_load_explicit(&q->sleeping, memory_order_relaxed)) {
        atomic_store_explicit(&q->sleeping, false, memory_order_relaxed);
        result = 1;
    }
    pthread_mutex_unlock(&q->mutex);
    return result;
}

/* Exchanges the used-up batch for what waits. */
static void take_batch(struct task_queue *q)
{
    struct task_array empty = q->batch;

    empty.n = 0;
    if (empty.cap > KEEP_CAP) {
        free(empty.items);
        empty = (struct task_array){0};
    }
    q->next = 0;
    pthread_mutex_lock(&q->mutex);
    q->batch = q->waiting;
    q->waiting = empty;
    pthread_mutex_unlock(&q->mutex);
}

bool task_queue_poll(struct task_queue *q, struct task *task)
{
    if (q->next == q->batch.n)
        take_batch(q);
    if (q->next == q->batch.n)
        return false;
    *task = q->batch.items[q->next++];
    return true;
}

bool task_queue_has_tasks(struct task_queue *q)
{
    if (q->next < q->batch.n)
        return true;
    pthread_mutex_lock(&q->mutex);
    bool any = q->waiting.n > 0;
    pthread_mutex_unlock(&q->mutex);
    return any;
}

bool task_queue_prepare_sleep(struct task_queue *q)
{
    if (q->next < q->batch.n)
        return false;
    pthread_mutex_lock(&q->mutex);
    bool empty = q->waiting.n == 0;
    atomic_store_explicit(&q->sleeping, empty, memory_order_relaxed);
    pthread_mutex_unlock(&q->mutex);
    return empty;
}

bool task_queue_close(struct task_queue *q)
{
    if (q->next < q->batch.n)
        return false;
    pthread_mutex_lock(&q->mutex);
    bool empty = q->waiting.n == 0;
    q->closed |= empty;
    q->refusing |= empty;
    pthread_mutex_unlock(&q->mutex);
    return empty;
}

void task_queue_refuse(struct task_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->refusing = true;
    pthread_mutex_unlock(&q->mutex);
}

void task_queue_end(struct task_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->refusing = q->closed = true;
    pthread_mutex_unlock(&q->mutex);
}

int task_queue_offer_own(struct task_queue *q, task_fn run, void *arg)
{
    pthread_mutex_lock(&q->mutex);
    int err = q->closed
                  ? -ESHUTDOWN
                  : task_array_append(&q->waiting, (struct task){run, arg});
    pthread_mutex_unlock(&q->mutex);
    return err;
}
