/*
 * lock - the one mutex around the chat core, with its waiting measured.
 *
 * DOC(lock.why)
 * Under it there is only memory: no system call, no parsing, no simulated
 * work. It is held for tens of nanoseconds a receiver, while a send costs
 * microseconds, so it is far from being what limits a server on a few cores;
 * lock_wait_ns in the stats says how far. What replaces it one day: membership
 * replicas for each loop, fed by the same mailboxes; then a mutex a room.
 *
 * Lock order, for the whole project: the chat's lock first, then a queue's or
 * a mailbox's own. Nothing is taken under those.
 * END
 */
#ifndef CHAT_LOCK_H
#define CHAT_LOCK_H

#include <pthread.h>

struct lock {
    pthread_mutex_t mutex;
};

void lock_init(struct lock *lock);
void lock_destroy(struct lock *lock);

/* Counts the acquisition; the clock is read only when it has to wait. */
void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);

#endif
