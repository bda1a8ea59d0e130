/*
 * event_loop - a single thread executor that also waits for sockets.
 *
 * DOC(netty.loop)
 * One turn, on libev:
 *   1. poll: without blocking if tasks are waiting, else until something is
 *      ready, a task comes or the next scheduled task is due;
 *   2. for each ready descriptor what it is ready for, WRITE before READ;
 *   3. the scheduled tasks that are due;
 *   4. the queued tasks, for as long as I/O took by the ratio: with an I/O
 *      ratio of 50, the default, half of the time each; 80 leaves tasks a
 *      quarter of the time that I/O took; 100 sets no limit. At least 64 tasks
 *      run.
 * A channel belongs to one loop for its whole life, so that its handlers run
 * in one thread and need no lock.
 * END
 *
 * libev 4.33 runs an async watcher before timers and I/O: so the one here does
 * nothing but end the poll, and tasks are run after ev_run() has returned.
 *
 * Source: io.netty.channel.nio.NioEventLoop.
 */
#ifndef NETTY_EVENT_LOOP_H
#define NETTY_EVENT_LOOP_H

#include <ev.h>
#include <stddef.h>

#include "models/netty/executor_group.h"
#include "models/netty/single_thread_executor.h"

/* A channel, as far as its loop has to know it. Embedded in the channel. */
struct event_loop_member {
    void (*close)(struct event_loop_member *m); /* the loop ends: close it */
    struct event_loop_member *next;             /* in loop->members */
    struct event_loop_member **link;            /* what points to us there */
};

struct event_loop {
    struct single_thread_executor base; /* first */

    /* set once: */
    struct ev_loop *ev; /* the libev loop */

    /* atomic: */
    atomic_int io_ratio; /* percent, 1 to 100 */

    /* loop thread only: */
    ev_async wakeup;                   /* ends the poll */
    ev_timer alarm;                    /* ends it in time for the next task */
    ev_check awake;                    /* has ended: before any I/O */
    uint64_t io_since;                 /* when it ended */
    uint64_t alarm_at;                 /* what `alarm` is set to; 0 = stopped */
    struct event_loop_member *members; /* the channels registered here */
    size_t n_members;                  /* how many */
    struct task_array tail;            /* for the end of this turn */
};

static inline struct event_loop *event_loop_of(struct event_executor *ex)
{
    return (struct event_loop *)ex;
}

/* Whether an executor is such a loop. Any thread. */
bool event_executor_is_event_loop(const struct event_executor *ex);

/* A group of `n` loops (0: twice the cores), threads NAME-0, NAME-1, ...
 * NULL with errno. Freed by event_executor_group_free. */
struct event_executor_group *event_loop_group_new(size_t n, const char *name);

/* One loop by itself. `ticker` NULL: the system's. NULL with errno. */
struct event_executor *event_loop_new(struct event_executor_group *parent,
                                      const struct ticker *ticker,
                                      const char *name);

/* Any thread. 0; -EINVAL unless percent is 1 to 100. */
int event_loop_set_io_ratio(struct event_executor *loop, int percent);
int event_loop_group_set_io_ratio(struct event_executor_group *group,
                                  int percent);

/*
 * Loop thread only: runs run(arg) when this turn's I/O and tasks are done; what
 * such a task adds waits for the end of the next turn. So who has much to do
 * takes turns with the others. 0 or -ENOMEM.
 * Netty: SingleThreadEventLoop.executeAfterEventLoopIteration.
 */
int event_loop_execute_after_iteration(struct event_loop *loop, task_fn run,
                                       void *arg);

/* When the present turn's poll ended, by CLOCK_MONOTONIC: a time that costs
 * nothing. Loop thread only. */
static inline uint64_t event_loop_turn_time(const struct event_loop *loop)
{
    return loop->io_since;
}

/* Loop thread only: adds or takes out a channel. */
void event_loop_add_member(struct event_loop *loop,
                           struct event_loop_member *m);
void event_loop_remove_member(struct event_loop *loop,
                              struct event_loop_member *m);

#endif
