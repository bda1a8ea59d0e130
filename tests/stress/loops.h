/*
 * loops - loops with mailboxes, each on a thread of its own, for stresses.
 *
 * What the model is stays with the stress: it gives the conn_ops and what to do
 * with MAIL_OTHER. The lock stands for the chat's.
 */
#ifndef CHAT_TESTS_LOOPS_H
#define CHAT_TESTS_LOOPS_H

#include <pthread.h>
#include <stddef.h>

#include "common/conn.h"
#include "common/lock.h"
#include "common/mailbox.h"

enum { LOOPS_MAX = 8 };

struct loop {
    struct conn_loop io;
    struct mailbox box;
    pthread_t thread;
    size_t number; /* 0 to loops_count - 1 */

    /* the stress's, loop thread only: */
    size_t next;  /* ticket to come */
    size_t freed; /* connections */
};

extern struct loop *loops; /* loops_count of them, while they are open */
extern size_t loops_count;
extern struct lock loops_lock; /* the chat's */
extern struct server_options loops_options;

/* Prepares `count` loops with mailboxes of that mark. `ops` without
 * on_turn_end: it is filled in. */
void loops_open(size_t count, size_t mark, const struct conn_ops *ops,
                void (*on_other)(struct mailbox *, void *));

/* Starts their threads. */
void loops_start(void);

/* Posts `stop`, which is NULL as MAIL_OTHER, to all, joins them and frees. The
 * stress's on_other breaks its loop when it gets it. */
void loops_stop(void);

/* Joins them and frees: they end by themselves. */
void loops_join(void);

struct loop *loop_of_box(struct mailbox *box);
struct loop *loop_of_io(struct conn_loop *io);

#endif
