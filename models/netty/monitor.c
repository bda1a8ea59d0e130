#include "models/netty/monitor.h"

#include <assert.h>
#include <time.h>

#include "models/netty/ticker.h"

enum { N_MONITORS = 64 };

static struct monitor monitors[N_MONITORS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_all(void)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (int i = 0; i < N_MONITORS; i++) {
        pthread_mutex_init(&monitors[i].mutex, NULL);
        pthread_cond_init(&monitors[i].cond, &attr);
    }
    pthread_condattr_destroy(&attr);
}

struct monitor *monitor_enter(const void *object)
{
    /* The low bits are the same in all; multiplying mixes the rest upward. */
    uint64_t hash = (uint64_t)(uintptr_t)object * UINT64_C(0x9E3779B97F4A7C15);
    struct monitor *m = &monitors[hash >> 58];

    pthread_once(&once, init_all);
    int err = pthread_mutex_lock(&m->mutex);
    assert(!err);
    return m;
}

void monitor_exit(struct monitor *m)
{
    pthread_mutex_unlock(&m->mutex);
}

void monitor_wait(struct monitor *m, uint64_t until_ns)
{
    struct timespec ts = {(time_t)(until_ns / TICKER_S),
                          (long)(until_ns % TICKER_S)};

    if (until_ns == UINT64_MAX)
        pthread_cond_wait(&m->cond, &m->mutex);
    else
        pthread_cond_timedwait(&m->cond, &m->mutex, &ts);
}

void monitor_notify_all(struct monitor *m)
{
    pthread_cond_broadcast(&m->cond);
}
