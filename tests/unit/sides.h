/*
 * sides - two loops with a mailbox and a connection each, in one thread.
 *
 * The test plays all threads: it says whose turn it is, so that each order of
 * events is decided. Alice's and bob's connections are socketpairs; what came
 * is noted in struct side.
 */
#ifndef CHAT_TESTS_SIDES_H
#define CHAT_TESTS_SIDES_H

#include "common/conn.h"
#include "common/lock.h"
#include "common/mailbox.h"
#include "common/msg.h"

enum { MARK = 10, SENDQ = 16 * 1024, NOTES_MAX = 64 };

/* A loop, its mailbox, one connection, and what happened there. */
struct side {
    struct conn_loop io;
    struct mailbox box;
    struct conn *conn;          /* NULL once freed */
    int peer;                   /* its other end */
    int lines;                  /* on_line */
    int left;                   /* on_leave */
    int drained;                /* on_drained */
    char notes[NOTES_MAX];      /* MAIL_OTHER: first letters of what came */
    char got[8192];             /* what peer_gets() read */
    void (*act)(struct side *); /* what on_line does, or NULL */
};

extern struct side alice, bob;
extern struct lock lock; /* the chat's */

/* Test fixtures. Also, for a test that ends one of them early: */
void sides_open(void);
void sides_close(void);
void side_open(struct side *s);
void side_close(struct side *s);

/* One turn of the side's loop, as its thread. */
void turn(struct side *s);

/* Posts an entry about the side's connection. Under the lock. */
void post(struct side *to, enum mail_kind kind, void *what);

/* Posts one entry, as a thread without a loop. */
void post_one(struct side *to, enum mail_kind kind, void *what);

/* Posts one note for each letter, as the thread of `from` (NULL: one without a
 * loop), which then does what it has to after unlocking. */
void post_notes(struct side *from, struct side *to, const char *letters);

/* A new message; with one reference. */
struct msg *line(const char *text);

/* What has come to the side's peer, "" for nothing. Until the next call. */
const char *peer_gets(struct side *s);
void peer_says(struct side *s, const char *text);

/* For `act`: pauses the connection at its first line; posts a note to itself
 * for each line. */
void act_pause_at_first(struct side *s);
void act_note_to_self(struct side *s);

#endif
