/*
 * writer - the sending half of a client: a bounded queue and the thread
 * writer-N that empties it into a blocking socket.
 *
 * Any thread may append; nobody but the writer sends. A queue that passes
 * --sendq is looked into by the thread that filled it, once it holds no lock:
 * if the kernel takes no more the peer is doomed, else the filling thread waits
 * for the writer, which slows its own client and no other.
 */
#ifndef BLOCKING_WRITER_H
#define BLOCKING_WRITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/outbuf.h"

enum { WRITER_LINGER = 2 /* seconds to flush a client that is to be closed */ };

struct writer {
    /* set once: */
    int fd;                            /* the socket, blocking */
    unsigned number;                   /* for the thread's name */
    size_t limit;                      /* --sendq */
    void (*release)(struct writer *w); /* the last reference is gone */
    pthread_t thread;                  /* joined by writer_end */

    atomic_uint refs; /* atomic: the owner's, and one for each waker */

    pthread_mutex_t lock; /* taken after the chat's */

    /* guarded by lock: */
    pthread_cond_t work;    /* the writer waits: queue, closing or doomed */
    pthread_cond_t drained; /* others wait: owed has gone down, or done */
    struct outbuf queue;    /* whole lines for the writer */
    size_t owed;            /* bytes queued and in the writer's hands */
    unsigned n_waiting;     /* threads waiting for `drained` */
    bool idle;              /* it waits for `work` */
    bool marked;            /* in some thread's list to wake */
    bool closing;           /* no more is queued; the writer ends */
    bool deaf;   /* doomed, reset or stopped: appending does nothing */
    bool doomed; /* too slow: to be cut off */
    bool done;   /* the thread has ended */

    struct writer *next_marked; /* the marking thread's */
};

/* Fills in *w with one reference, the caller's. */
void writer_init(struct writer *w, int fd, unsigned number, size_t limit,
                 void (*release)(struct writer *w));

/* Says that the calling thread is the reader of this writer's client. What it
 * appends are its own replies: for a full queue of those it waits, `patience`
 * seconds at most, before the peer is doomed. */
void writer_enter(struct writer *w, int patience);

/* Starts the thread. 0, or a positive errno value. */
int writer_start(struct writer *w);

/* Appends whole lines and notes whom to wake. Any thread; makes no system call
 * and takes only w->lock, so it may be called under the chat's. */
void writer_append(struct writer *w, const char *bytes, size_t len);

/* The same, and what is appended later is dropped. */
void writer_append_last(struct writer *w, const char *bytes, size_t len);

/* Wakes the writers that this thread's calls have marked, and sees to full
 * queues, where it may block. The caller holds no lock. */
void writer_wake_marked(void);

/* Blocks until at most `bytes` are owed. False: the writer is deaf. */
bool writer_wait_below(struct writer *w, size_t bytes);

/* Whether nothing appended will arrive any more; *doomed tells if because the
 * peer was too slow. */
bool writer_is_deaf(struct writer *w, bool *doomed);

/* Lets the writer flush for WRITER_LINGER seconds at most, shuts the socket
 * down and joins the thread. Blocks as long. By the owner, once. */
void writer_end(struct writer *w);

/* Gives a reference back. */
void writer_unref(struct writer *w);

#endif
