/*
 * stats - counters that cost nothing to keep and are summed when read.
 *
 * Each thread owns a set of counters and is their only writer, so that a count
 * is a load, an add and a store, without a locked instruction and without a
 * cache line that two cores write. A reader may sum them at any time; sums of
 * different counters may be a moment apart.
 */
#ifndef CHAT_STATS_H
#define CHAT_STATS_H

#include <stdatomic.h>
#include <stdint.h>

enum stat_id {
    STAT_ACCEPTED,
    STAT_CLOSED_QUIT, /* STAT_CLOSED_*: why a connection ended */
    STAT_CLOSED_EOF,
    STAT_CLOSED_ERROR,
    STAT_CLOSED_PING_TIMEOUT,
    STAT_CLOSED_REGISTER_TIMEOUT,
    STAT_CLOSED_SENDQ,
    STAT_CLOSED_REFUSED,
    STAT_CLOSED_SHUTDOWN,
    STAT_MESSAGES_IN, /* PRIVMSG and NOTICE that were relayed */
    STAT_DELIVERIES,  /* receivers they were handed to */
    STAT_BYTES_IN,
    STAT_BYTES_OUT,
    STAT_READS,  /* recv calls */
    STAT_WRITES, /* send calls that took something */
    STAT_EAGAIN, /* recv and send calls that would have blocked */
    STAT_LOOP_ITERATIONS,
    STAT_WAKEUPS, /* eventfd writes and futex wakes */
    STAT_LOCK_ACQUIRED,
    STAT_LOCK_WAIT_NS, /* wall time */
    STAT_SENDQ_KILLS,
    STAT_ACCEPT_PAUSES,
    STAT_SENDQ_MAX_BYTES, /* from here on: a maximum, not a sum */
    STAT_COUNT,
};

/* One thread's counters. */
struct stats_set {
    _Atomic uint64_t value[STAT_COUNT]; /* atomic: written by its thread only */
    struct stats_set *next;             /* guarded by the list's lock */
    struct stats_set **link;            /* guarded by the list's lock */
};

/* The calling thread's set; before stats_attach, one nobody reads. */
extern _Thread_local struct stats_set *stats_self;

/* Gives the calling thread a set of its own, of the caller's memory, which
 * must stay until stats_detach. That adds the set to the sums for good. */
void stats_attach(struct stats_set *set);
void stats_detach(void);

static inline void stats_add(enum stat_id id, uint64_t n)
{
    _Atomic uint64_t *v = &stats_self->value[id];

    /* Relaxed: only a count; nothing is published by it. */
    atomic_store_explicit(v, atomic_load_explicit(v, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline void stats_max(enum stat_id id, uint64_t n)
{
    _Atomic uint64_t *v = &stats_self->value[id];

    if (atomic_load_explicit(v, memory_order_relaxed) < n)
        atomic_store_explicit(v, n, memory_order_relaxed);
}

/* The sum (or maximum) over all threads, ended ones included. */
uint64_t stats_read(enum stat_id id);

/* Starts the uptime; once, from main. Keeps the pointer. */
void stats_start(const char *model, int threads);

/* For a model whose number of threads grows with its clients: the most there
 * have been. Any thread. */
void stats_threads(int threads);

/*
 * Writes everything as one JSON object to `path`, whole or not at all (a
 * temporary file beside it, then rename); "-" is stderr, and what is not a
 * regular file is written to in place. Blocks on file I/O: not under a lock.
 * 0 or -errno.
 */
int stats_write(const char *path);

/* The same for a server's --stats option: NULL writes nothing, an error is
 * logged and the server goes on. */
void stats_report(const char *path);

#endif
