/*
 * default_executor - an executor without I/O: a thread that waits for tasks.
 *
 * It sleeps on a condition variable of its own, so that the task queue's mutex
 * is never held across a system call.
 *
 * Source: io.netty.util.concurrent.DefaultEventExecutor.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/stats.h"
#include "models/netty/executor_group.h"
#include "models/netty/single_thread_executor.h"

struct default_executor {
    struct single_thread_executor base; /* first */
    pthread_mutex_t mutex;              /* guards `woken` */
    pthread_cond_t cond;                /* woken, CLOCK_MONOTONIC */
    bool woken;                         /* guarded by mutex: look again */
};

/* Sleeps until woken, or `wait_ns` have passed (UINT64_MAX: for ever). */
static void sleep_until_woken(struct default_executor *d, uint64_t wait_ns)
{
    uint64_t now = ticker_now(&ticker_system);
    uint64_t until = wait_ns < UINT64_MAX - now ? now + wait_ns : UINT64_MAX;
    struct timespec ts = {(time_t)(until / TICKER_S), (long)(until % TICKER_S)};
    int err = 0;

    pthread_mutex_lock(&d->mutex);
    while (!d->woken && err != ETIMEDOUT) {
        if (until == UINT64_MAX)
            pthread_cond_wait(&d->cond, &d->mutex);
        else
            err = pthread_cond_timedwait(&d->cond, &d->mutex, &ts);
    }
    d->woken = false;
    pthread_mutex_unlock(&d->mutex);
}

static void run_once(struct single_thread_executor *ste, uint64_t until_ns)
{
    uint64_t deadline = scheduler_next_deadline(&ste->scheduler);

    if (deadline > until_ns)
        deadline = until_ns;
    log_flush();
    if (task_queue_prepare_sleep(&ste->tasks)) {
        uint64_t wait = UINT64_MAX;
        if (deadline != UINT64_MAX) {
            uint64_t now = ticker_now(ste->executor.ticker);
            wait = deadline > now ? deadline - now : 0;
        }
        if (wait > 0)
            sleep_until_woken((struct default_executor *)ste, wait);
        task_queue_awake(&ste->tasks);
    }
    stats_add(STAT_LOOP_ITERATIONS, 1);
    /* Not for ever: a shutdown may be waiting to be seen. */
    single_thread_executor_run_all_tasks(ste, EXECUTOR_TURN_NS);
}

static void wake_up(struct single_thread_executor *ste)
{
    struct default_executor *d = (struct default_executor *)ste;

    stats_add(STAT_WAKEUPS, 1);
    pthread_mutex_lock(&d->mutex);
    d->woken = true;
    pthread_cond_signal(&d->cond);
    pthread_mutex_unlock(&d->mutex);
}

static void destroy(struct single_thread_executor *ste)
{
    struct default_executor *d = (struct default_executor *)ste;

    pthread_mutex_destroy(&d->mutex);
    pthread_cond_destroy(&d->cond);
    free(d);
}

static const struct single_thread_executor_ops kind = {
    .run_once = run_once,
    .wake_up = wake_up,
    .destroy = destroy,
};

struct event_executor *default_executor_new(struct event_executor_group *parent,
                                            const struct ticker *ticker,
                                            const char *name)
{
    struct default_executor *d = malloc(sizeof(*d));
    pthread_condattr_t attr;

    if (!d)
        return NULL;
    single_thread_executor_init(&d->base, &kind, parent, ticker, name);
    pthread_mutex_init(&d->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&d->cond, &attr);
    pthread_condattr_destroy(&attr);
    d->woken = false;
    return &d->base.executor;
}
