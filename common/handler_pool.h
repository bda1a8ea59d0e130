/*
 * handler_pool - the chat's handlers on worker threads, for connections of any
 * loop.
 *
 *     loop --lines--> serial queue --worker--> chat (under its lock)
 *     loop <--mailbox-- deliveries, results
 *
 * The loop reads, frames and writes; workers never touch a socket. Lines of one
 * connection are handled one at a time and in order (executor.h).
 *
 * Both ends of the queue are bounded by pausing the reading: a connection with
 * HANDLER_LINES lines waiting is not read until they have gone down, which
 * stops the one who floods and nobody else; and with HANDLER_TOTAL lines
 * waiting for a worker in all, the loops stop reading. Nothing is dropped; TCP
 * slows the peers.
 *
 * DOC(handler_pool.leave)
 * Whatever ends a connection only enqueues its last task. That task takes the
 * user out of the chat under the lock and posts `gone`, so lines that came in
 * before are handled first, and nothing that names the connection is left
 * behind when the loop frees it.
 * END
 */
#ifndef CHAT_HANDLER_POOL_H
#define CHAT_HANDLER_POOL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/chat.h"
#include "common/conn.h"
#include "common/executor.h"
#include "common/lock.h"
#include "common/mailbox.h"
#include "common/options.h"

enum {
    HANDLER_LINES = 64,       /* of one connection: then it is not read */
    HANDLER_LINES_LOW = 16,   /* until this few are left */
    HANDLER_TOTAL = 8192,     /* of all but the parked: then nobody is */
    HANDLER_TOTAL_LOW = 2048, /* until this few are left */
};

struct handler_pool {
    /* set once: */
    struct chat *chat;                 /* guarded by lock */
    struct lock *lock;                 /* the chat's */
    const struct server_options *opts; /* the simulated work */
    struct executor *executor;         /* the workers */
    struct handler_loop *loops;        /* those it serves */

    /* atomic: */
    atomic_size_t total;  /* lines waiting for a worker, of all connections */
    atomic_bool any_held; /* some loop stopped reading for `total` */
    atomic_bool stopping; /* lines are dropped, only leaving goes on */
};

/* One loop that the pool serves. Embed it beside the loop's mailbox. */
struct handler_loop {
    struct handler_pool *pool;   /* set once */
    struct mailbox *box;         /* set once: the loop's */
    struct handler_loop *next;   /* set once: in pool->loops */
    struct executor_batch batch; /* loop only: lines of this turn */
    atomic_bool held;            /* atomic: it stopped reading for `total` */
};

/* Starts n workers. Exits with 1 and the reason when it cannot: set-up only. */
void handler_pool_start(struct handler_pool *pool, struct chat *chat,
                        struct lock *lock, const struct server_options *opts,
                        int n);

/* Serves the loop of `box`, whose `owner` becomes `loop`. Before its thread
 * starts. */
void handler_loop_init(struct handler_loop *loop, struct handler_pool *pool,
                       struct mailbox *box);

/* Drops what waits: the server ends. Any thread. */
void handler_pool_abandon(struct handler_pool *pool);

/* Once every connection has been freed: joins the workers. Blocks. */
void handler_pool_stop(struct handler_pool *pool);

/* Prepares a connection, before conn_start. False: no memory. Loop thread. */
bool handler_pool_open(struct conn *c);

/* For struct conn_ops; the loop's thread. */
void handler_pool_on_line(struct conn *c, char *line, size_t len);
void handler_pool_on_drained(struct conn *c);
void handler_pool_on_leave(struct conn *c, enum chat_cause cause);
void handler_pool_on_hurry(struct conn *c);
bool handler_pool_on_turn_end(struct conn_loop *io);

#endif
