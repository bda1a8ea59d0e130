#include "common/executor.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/stats.h"
#include "common/thread.h"

enum { TURN_TASKS = 8 /* tasks of one queue that a worker runs in a row */ };

struct executor {
    /* set once: */
    int n_threads;          /* started */
    pthread_t *threads;     /* joined by executor_stop */
    const char *name;       /* of the threads, without their number */
    void (*on_start)(void); /* runs first in each, or NULL */

    pthread_mutex_t lock; /* nothing is taken under it */

    /* guarded by lock: */
    pthread_cond_t work;        /* the run queue has grown, or stopping */
    struct serial *head, *tail; /* queues with tasks and no worker */
    int n_idle;                 /* workers waiting that nobody has woken */
    int n_woken;                /* wake-ups sent and not yet taken */
    int n_named;                /* workers that have taken their number */
    bool stopping;              /* end when the run queue is empty */
};

/* ---- the queues: under the lock ---- */

static void schedule_locked(struct executor *ex, struct serial *s)
{
    s->scheduled = true;
    s->next = NULL;
    if (ex->tail)
        ex->tail->next = s;
    else
        ex->head = s;
    ex->tail = s;
}

/* Releases the lock, and wakes a worker if there is something to do and one
 * sleeps. One is enough: a worker that finds more to do wakes the next. Waking
 * is a system call, so not under the lock, where the one woken would run into
 * it at once. */
static void unlock_and_wake(struct executor *ex)
{
    bool wake = ex->head && ex->n_idle > 0;

    if (wake) {
        ex->n_idle--;
        ex->n_woken++;
    }
    pthread_mutex_unlock(&ex->lock);
    if (!wake)
        return;
    stats_add(STAT_WAKEUPS, 1);
    pthread_cond_signal(&ex->work);
}

size_t executor_add(struct executor_batch *batch, struct serial *serial,
                    struct task *task)
{
    task->serial = serial;
    task->next = NULL;
    if (batch->tail)
        batch->tail->next = task;
    else
        batch->head = task;
    batch->tail = task;
    return atomic_fetch_add(&serial->pending, 1) + 1;
}

void executor_submit(struct executor *ex, struct executor_batch *batch)
{
    if (!batch->head)
        return;
    pthread_mutex_lock(&ex->lock);
    for (struct task *t = batch->head, *next; t; t = next) {
        struct serial *s = t->serial;
        next = t->next;
        t->next = NULL;
        if (s->tail)
            s->tail->next = t;
        else
            s->head = t;
        s->tail = t;
        if (!s->scheduled && !s->parked)
            schedule_locked(ex, s);
    }
    unlock_and_wake(ex);
    *batch = (struct executor_batch){0};
}

static void put_in_front_locked(struct serial *s, struct task *first)
{
    first->next = s->head;
    s->head = first;
    if (!s->tail)
        s->tail = first;
}

void executor_unpark(struct executor *ex, struct serial *serial,
                     struct task *first)
{
    if (first) {
        first->serial = serial;
        atomic_fetch_add(&serial->pending, 1);
    }
    pthread_mutex_lock(&ex->lock);
    if (serial->running) {
        /* The worker has yet to put back what it took, and to park: only then
         * is the front of the queue to be had. */
        assert(!first || !serial->first);
        if (first)
            serial->first = first;
        serial->unparked = true;
    } else {
        if (first)
            put_in_front_locked(serial, first);
        serial->parked = false;
        if (serial->head && !serial->scheduled)
            schedule_locked(ex, serial);
    }
    unlock_and_wake(ex);
}

/* ---- the workers ---- */

/* Takes up to TURN_TASKS tasks off the queue, to be run. */
static struct task *take_tasks_locked(struct serial *s)
{
    struct task *first = s->head, *last = first;

    s->running = true;
    for (int i = 1; i < TURN_TASKS && last->next; i++)
        last = last->next;
    s->head = last->next;
    if (!s->head)
        s->tail = NULL;
    last->next = NULL;
    return first;
}

static void put_back_locked(struct serial *s, struct task *tasks)
{
    struct task *last = tasks;

    if (!tasks)
        return;
    while (last->next)
        last = last->next;
    last->next = s->head;
    if (!s->head)
        s->tail = last;
    s->head = tasks;
}

/* Runs them until one parks or ends the queue; *left are those not run. */
static enum task_result run_tasks(struct task *tasks, struct task **left)
{
    enum task_result result = TASK_DONE;

    while (tasks && result == TASK_DONE) {
        struct task *task = tasks;
        struct serial *s = task->serial;
        tasks = task->next;
        result = task->run(task);
        if (result != TASK_LAST)
            atomic_fetch_sub(&s->pending, 1);
    }
    *left = tasks;
    return result;
}

static void finish_turn_locked(struct executor *ex, struct serial *s,
                               enum task_result result, struct task *left)
{
    put_back_locked(s, left);
    if (s->first)
        put_in_front_locked(s, s->first);
    s->first = NULL;
    s->scheduled = s->running = false;
    s->parked = result == TASK_PARK && !s->unparked;
    s->unparked = false;
    if (s->head && !s->parked)
        schedule_locked(ex, s);
}

/* Sleeps until there is work, or none will come. */
static void wait_for_work_locked(struct executor *ex)
{
    while (!ex->head && !ex->stopping) {
        ex->n_idle++;
        while (ex->n_woken == 0 && !ex->stopping)
            pthread_cond_wait(&ex->work, &ex->lock);
        if (ex->n_woken > 0)
            ex->n_woken--;
    }
}

static void *run_worker(void *arg)
{
    struct executor *ex = arg;
    struct stats_set stats;
    struct task *left;

    pthread_mutex_lock(&ex->lock);
    int number = ex->n_named++;
    pthread_mutex_unlock(&ex->lock);
    thread_enter(&stats, "%s-%d", ex->name, number);
    if (ex->on_start)
        ex->on_start();
    pthread_mutex_lock(&ex->lock);
    for (;;) {
        wait_for_work_locked(ex);
        struct serial *s = ex->head;
        if (!s)
            break;
        ex->head = s->next;
        if (!ex->head)
            ex->tail = NULL;
        struct task *tasks = take_tasks_locked(s);
        unlock_and_wake(ex);
        enum task_result result = run_tasks(tasks, &left);
        pthread_mutex_lock(&ex->lock);
        if (result != TASK_LAST)
            finish_turn_locked(ex, s, result, left);
    }
    pthread_mutex_unlock(&ex->lock);
    thread_leave();
    return NULL;
}

/* ---- start and stop ---- */

struct executor *executor_start(const char *name, int n, void (*on_start)(void))
{
    struct executor *ex = calloc(1, sizeof(*ex));

    if (!ex)
        return NULL;
    ex->name = name;
    ex->on_start = on_start;
    pthread_mutex_init(&ex->lock, NULL);
    pthread_cond_init(&ex->work, NULL);
    ex->threads = calloc((size_t)n, sizeof(*ex->threads));
    int err = ex->threads ? 0 : ENOMEM;
    while (!err && ex->n_threads < n) {
        err = pthread_create(&ex->threads[ex->n_threads], NULL, run_worker, ex);
        ex->n_threads += !err;
    }
    if (err) {
        executor_stop(ex);
        errno = err;
        return NULL;
    }
    return ex;
}

void executor_stop(struct executor *ex)
{
    pthread_mutex_lock(&ex->lock);
    ex->stopping = true;
    pthread_cond_broadcast(&ex->work);
    pthread_mutex_unlock(&ex->lock);
    for (int i = 0; i < ex->n_threads; i++)
        pthread_join(ex->threads[i], NULL);
    pthread_mutex_destroy(&ex->lock);
    pthread_cond_destroy(&ex->work);
    free(ex->threads);
    free(ex);
}
