/*
 * mailbox - what other threads have to tell a loop, in one order for all.
 *
 * DOC(mailbox.order)
 * A loop has one mailbox. Everything that concerns its connections and comes
 * from the chat goes through it, the loop's own deliveries included, and every
 * post is made under the chat's lock. So all loops see the same order of events
 * in a room: a loop that wrote to its own connections at once would overtake
 * what lies in its mailbox. And `gone`, posted when a user leaves the chat, is
 * the last entry that names its connection: only there is it closed.
 * END
 *
 * DOC(mailbox.wake)
 * A post marks the mailbox; the first to mark it wakes the loop, after it has
 * released the lock (waking is a system call). The drainer clears the mark in
 * the same critical section in which it takes the entries, so an entry is
 * either in the batch taken or behind a new mark. A loop that marks its own
 * mailbox needs no waking: it drains at the end of its turn until nothing is
 * left, and only then polls.
 * END
 *
 * Posting never blocks. A mailbox over its mark holds back those who feed it:
 * loops stop reading (they go on draining and flushing, so two loops cannot
 * wait for each other), other threads wait in mailbox_after_unlock.
 */
#ifndef CHAT_MAILBOX_H
#define CHAT_MAILBOX_H

#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/conn.h"
#include "common/lock.h"
#include "common/msg.h"

enum mail_kind {
    MAIL_MSG,     /* what: a struct msg for the connection */
    MAIL_REPLY,   /* the same, for the one that is conn_current to the poster */
    MAIL_GONE,    /* the user has left the chat: the last about it */
    MAIL_CLOSE,   /* the user is to go: conn_leave */
    MAIL_MORE,    /* a long reply goes on when the queue has drained */
    MAIL_RESUME,  /* conn_resume */
    MAIL_RELEASE, /* no connection: conn_loop_release */
    MAIL_OTHER,   /* what: the model's, see mailbox_init */
};

struct mail {
    struct conn *to;     /* whom it concerns, or NULL */
    void *what;          /* see mail_kind */
    enum mail_kind kind; /* what it says */
};

struct mailbox {
    /* set once: */
    struct conn_loop *io; /* the loop that drains it */
    struct lock *lock;    /* the chat's: see the top */
    size_t mark;          /* entries above which to hold */
    void (*on_other)(struct mailbox *box, void *what); /* MAIL_OTHER */
    void *owner;                                       /* the model's */
    ev_async wake;  /* ends the loop's polling */
    ev_check awake; /* runs when polling has ended */

    /* guarded by lock: */
    struct mail *mail;         /* entries, oldest first */
    size_t n;                  /* entries in use */
    size_t cap;                /* entries allocated */
    struct mailbox *held;      /* loops held back by this one */
    struct mailbox *next_held; /* in another's `held` */
    bool is_held;              /* in another's `held` */
    unsigned n_blocked;        /* other threads waiting for `room` */
    pthread_cond_t room;       /* the mailbox has been drained */

    /* atomic: */
    atomic_bool marked;  /* entries wait; written under lock */
    atomic_bool polling; /* the loop may be asleep: a wake-up costs a write */

    /* loop thread only: */
    struct mail *batch; /* the entries being handled */
    size_t batch_cap;   /* entries allocated there */
};

enum {
    MAILBOX_MARK = 16 * 1024,          /* entries */
    MAILBOX_MAX = OPTIONS_THREADS_MAX, /* mailboxes of a process */
};

/*
 * Makes the loop's mailbox. `mark` is MAILBOX_MARK but in tests. The model's
 * conn_ops must have mailbox_drain_at_turn_end as on_turn_end. `on_other`, run
 * by the loop, may be NULL. Set-up only.
 */
void mailbox_init(struct mailbox *box, struct conn_loop *io, struct lock *lock,
                  size_t mark, void (*on_other)(struct mailbox *, void *),
                  void *owner);

/* Frees what it holds. Messages still in it are given back. */
void mailbox_free(struct mailbox *box);

/* Says which mailbox is the calling loop thread's own. */
void mailbox_enter(struct mailbox *own);

/* Posts an entry; takes a reference to a message. The caller holds the lock.
 * Without memory for it the program ends: an entry left out would break the
 * contract, and the mark keeps the list small. */
void mailbox_post(struct mailbox *box, struct conn *to, enum mail_kind kind,
                  void *what);

/*
 * Wakes the loops whose mailboxes this thread has marked. To be called after
 * the lock has been released, by whoever has posted. Where a mailbox is over
 * its mark, a loop is put on hold; another thread blocks until it is drained.
 */
void mailbox_after_unlock(void);

/* conn_ops.on_turn_end for a loop whose `owner` field is its mailbox: drains
 * it. Loop thread; whether there was anything. */
bool mailbox_drain_at_turn_end(struct conn_loop *io);

#endif
