/*
 * monitor - a lock and a waiting room for any object, borrowed.
 *
 * Every Java object has a monitor; promises use theirs to add listeners and to
 * wait. A mutex and a condition variable in each of ours would triple its
 * size, and few are ever waited for. So there are 64 for all, chosen by the
 * object's address: two objects may share one, which costs a spurious wake-up
 * now and then and is correct as long as nobody locks two at once, and nobody
 * calls out while holding one.
 *
 * Any thread. Comes after the chat's lock in the lock order; taken last.
 */
#ifndef NETTY_MONITOR_H
#define NETTY_MONITOR_H

#include <pthread.h>
#include <stdint.h>

struct monitor {
    pthread_mutex_t mutex;
    pthread_cond_t cond; /* CLOCK_MONOTONIC; shared: wait in a loop */
};

/* The object's monitor, locked. */
struct monitor *monitor_enter(const void *object);
void monitor_exit(struct monitor *m);

/* Waits for a notification, at most until the monotonic time `until_ns`
 * (UINT64_MAX: for ever); returns locked. Look again what is true. */
void monitor_wait(struct monitor *m, uint64_t until_ns);

/* Wakes all who wait, whatever object they wait for. */
void monitor_notify_all(struct monitor *m);

#endif
