/*
 * executor_group - several executors, taken in turn.
 *
 * An event_loop_group's children do I/O (event_loop.h); those of a default
 * event executor group only run tasks: that is where handlers go that block or
 * compute for long, so that no event loop waits for them.
 *
 *     boss    = event_loop_group_new(1, "boss");
 *     workers = event_loop_group_new(0, "worker");
 *     heavy   = default_event_executor_group_new(16, "business");
 *
 * Each child's thread starts with its first task.
 * Any thread, unless said otherwise.
 * Source: io.netty.util.concurrent.MultithreadEventExecutorGroup,
 * DefaultEventExecutorChooserFactory, DefaultEventExecutorGroup.
 */
#ifndef NETTY_EXECUTOR_GROUP_H
#define NETTY_EXECUTOR_GROUP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/event_executor.h"

struct event_executor_group {
    /* set once: */
    size_t n;                  /* children */
    struct promise terminated; /* when all children have */

    /* atomic: */
    _Atomic uint64_t turn;    /* of next() */
    _Atomic size_t n_running; /* children that have not terminated */

    /* set once: */
    struct event_executor *children[];
};

/* Makes one child; NULL with errno. `name` is its thread's. */
typedef struct event_executor *(*executor_factory_fn)(
    struct event_executor_group *parent, const struct ticker *ticker,
    const char *name);

/*
 * `n` children (0: twice the cores, Netty's default), whose threads will be
 * named NAME-0, NAME-1, ... `ticker` NULL: the system's. NULL with errno.
 */
struct event_executor_group *
event_executor_group_new(size_t n, const char *name,
                         const struct ticker *ticker,
                         executor_factory_fn factory);

/* A group for handlers and tasks, without I/O. */
struct event_executor_group *default_event_executor_group_new(size_t n,
                                                              const char *name);

/* One such executor by itself, to be freed with single_thread_executor_free. */
struct event_executor *default_executor_new(struct event_executor_group *parent,
                                            const struct ticker *ticker,
                                            const char *name);

/* The children in turn: index++ & (n - 1) where n is a power of two; else a
 * 64-bit count mod n, which would not stay even if it wrapped around. */
struct event_executor *
event_executor_group_next(struct event_executor_group *group);

/* Ends all children; see event_executor_shutdown_gracefully. Returns the
 * termination future, which the group owns: done when all children are. */
struct future *event_executor_group_shutdown_gracefully(
    struct event_executor_group *group, uint64_t quiet_ns, uint64_t timeout_ns);

static inline struct future *
event_executor_group_termination_future(struct event_executor_group *group)
{
    return &group->terminated.future;
}

/*
 * Shuts down without a quiet period unless that has been done, waits for the
 * end, joins the threads and frees all. Blocks. Not from a child's thread, so
 * not from a listener of the termination future. NULL is ignored.
 *
 * Nothing may hand the children tasks any more. Handlers with a group of their
 * own and their channels' loops do so to each other until the last of those
 * handlers is removed, and then the loop goes on with the rest: wait for the
 * handler_removed() of the first in the pipeline before freeing either.
 */
void event_executor_group_free(struct event_executor_group *group);

#endif
