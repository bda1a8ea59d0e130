/*
 * embedded_event_loop - an executor that is whoever calls it.
 *
 * Every thread counts as its own; tasks wait until
 * embedded_event_loop_run_tasks is called; its clock is set by hand. One thread
 * at a time. Source: io.netty.channel.embedded.EmbeddedEventLoop.
 */
#ifndef NETTY_EMBEDDED_EVENT_LOOP_H
#define NETTY_EMBEDDED_EVENT_LOOP_H

#include "models/netty/event_executor.h"
#include "models/netty/scheduler.h"
#include "models/netty/task_queue.h"

struct embedded_event_loop {
    struct event_executor executor; /* first */
    struct mock_ticker clock;       /* starts at 0 */
    struct task_queue tasks;        /* not yet run */
    struct scheduler scheduler;     /* for later */
};

void embedded_event_loop_init(struct embedded_event_loop *loop);

/* Drops what has not run. */
void embedded_event_loop_free(struct embedded_event_loop *loop);

/* Runs what is queued and due, and what that queues, until nothing is left. */
void embedded_event_loop_run_tasks(struct embedded_event_loop *loop);

bool embedded_event_loop_has_tasks(struct embedded_event_loop *loop);

/* Nanoseconds until the next scheduled task; -1: there is none. */
int64_t embedded_event_loop_next_scheduled(struct embedded_event_loop *loop);

#endif
