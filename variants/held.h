/*
 * held - a connection of chat-pool that any number of tasks may be at work on,
 * in no order: what the variants workers-read and no-order have in common.
 *
 * In chat-pool the last task of a connection's serial queue takes the user out
 * of the chat, and nothing of the connection is left behind it. Where tasks
 * have no order there is no last one, so they have to be counted: the first
 * price of giving up the queue. What is left out on purpose is the second, the
 * bounds on what waits (see handler_pool.h).
 */
#ifndef VARIANTS_HELD_H
#define VARIANTS_HELD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/conn.h"
#include "common/executor.h"

/* A connection's part; conn.job. Embed it at the front. */
struct held {
    struct conn *conn; /* set once */
    atomic_uint refs;  /* atomic: tasks that name it; 1 more until it leaves */
};

/* A task that has a serial queue to itself, so that it waits for no other.
 * Embed it at the front. */
struct held_task {
    struct task task;    /* first: found by it */
    struct serial alone; /* its queue */
    struct held *held;   /* the connection; counted in refs */
};

/* Gives the connection `size` zeroed bytes that begin with a struct held;
 * `free_job` frees them. False: no memory. Loop thread. */
bool held_open(struct conn *c, size_t size, void (*free_job)(void *job));

/* Queues the task, zeroed but for what follows the struct, for any worker; it
 * must end with held_end. Loop thread. */
void held_submit(struct conn *c, struct held_task *t, task_fn run);

/* A line of the connection, or NULL: one that was too long. Does the work and
 * lets the chat handle it. Any worker. */
void held_handle(struct held *h, char *line, size_t len);

/* Asks the loop to let the connection leave. Any worker. */
void held_close(struct held *h);

/* The task is done and freed; the last one lets the connection go. */
enum task_result held_end(struct held_task *t);

/* For struct conn_ops; the loop's thread. */
void held_on_leave(struct conn *c, enum chat_cause cause);
void held_on_hurry(struct conn *c);

#endif
