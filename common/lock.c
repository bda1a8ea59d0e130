#include "common/lock.h"

#include <assert.h>
#include <stdint.h>
#include <time.h>

#include "common/stats.h"

void lock_init(struct lock *lock)
{
    pthread_mutexattr_t attr;

    /* Adaptive: who finds it taken looks again some hundred times before it
     * sleeps. It is held for less time than falling asleep takes, so most waits
     * end there, without two system calls and a switch each. */
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
    int err = pthread_mutex_init(&lock->mutex, &attr);
    assert(!err);
    pthread_mutexattr_destroy(&attr);
}

void lock_destroy(struct lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

void lock_acquire(struct lock *lock)
{
    struct timespec before, after;

    stats_add(STAT_LOCK_ACQUIRED, 1);
    if (pthread_mutex_trylock(&lock->mutex) == 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &before);
    int err = pthread_mutex_lock(&lock->mutex);
    assert(!err);
    clock_gettime(CLOCK_MONOTONIC, &after);
    stats_add(STAT_LOCK_WAIT_NS,
              (uint64_t)((after.tv_sec - before.tv_sec) * 1000000000LL +
                         (after.tv_nsec - before.tv_nsec)));
}

void lock_release(struct lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
