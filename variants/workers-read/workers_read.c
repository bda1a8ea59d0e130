/*
 * workers-read - chat-pool, but the workers read the socket.
 *
 * What is wrong: the reactor, when a connection becomes readable, only hands
 * it to the pool; whichever worker is free calls recv(), frames and handles.
 * Level-triggered polling reports the connection again as long as a byte is
 * left, so several workers are at one socket together. Each takes the next
 * piece of the stream, and nothing says whose piece comes first. The mutex
 * around the framing, which keeps ThreadSanitizer silent, is taken after
 * recv(): the pieces go through it in the order in which workers wake up.
 *
 * Why people write it: "the reactor must not block, so let the workers do the
 * I/O". It is the usual drawing of a reactor with a thread pool, and it works
 * as long as a client sends a line and waits.
 *
 * What you see: lines of one client overtake each other, and lines that lay
 * across two pieces are cut and joined with strangers (the client gets 421 for
 * commands it never sent). And while a handler sleeps with input waiting, the
 * thread `main` spins at 100 % (top -H), polling a socket that stays readable.
 *
 * What is right: handler_pool_on_line() in common/handler_pool.c. The reactor
 * reads and frames, in the one order that the stream has; whole lines go to the
 * connection's serial queue. Whoever wants to read in the workers has to stop
 * watching the socket until the one worker has done (EPOLLONESHOT), which is a
 * serial queue again, and a system call dearer.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/inbuf.h"
#include "common/net.h"
#include "variants/held.h"

enum {
    READ_SIZE = 4096, /* a worker takes at once */
    READS = 16,       /* under way for a connection: memory is not the lesson */
};

struct reading {
    struct held held;     /* first: the connection's job */
    pthread_mutex_t lock; /* around `in`; the chat's is taken under it */
    struct inbuf in;      /* the stream, as far as it is known; by lock */
};

bool workers_read_open(struct conn *c);
void workers_read_start(struct conn *c);

/* ---- threads worker-N ---- */

static void frame(struct reading *r, char *data, size_t len)
{
    struct inbuf_scan scan;
    enum inbuf_result found;
    char *line;
    size_t line_len;

    pthread_mutex_lock(&r->lock); /* too late: the bytes have been taken */
    inbuf_scan_start(&scan, &r->in, data, len);
    while ((found = inbuf_scan_next(&scan, &line, &line_len)) != INBUF_NONE)
        held_handle(&r->held, found == INBUF_LINE ? line : NULL, line_len);
    int err = inbuf_scan_end(&scan);
    pthread_mutex_unlock(&r->lock);
    if (err < 0)
        held_close(&r->held);
}

static enum task_result run_read(struct task *task)
{
    struct held_task *t = (struct held_task *)task;
    struct reading *r = (struct reading *)t->held;
    char bytes[INBUF_HEADROOM + READ_SIZE];

    long n = net_recv(t->held->conn->fd, bytes + INBUF_HEADROOM, READ_SIZE);
    if (n > 0)
        frame(r, bytes + INBUF_HEADROOM, (size_t)n);
    else if (n != -EAGAIN) /* then another worker was faster */
        held_close(t->held);
    return held_end(t);
}

/* ---- thread main ---- */

static void on_readable(struct ev_loop *ev, ev_io *w, int revents)
{
    struct conn *c = w->data;
    const struct held *h = c->job;

    (void)revents;
    c->last_seen = ev_now(ev);
    c->pinged = false;
    if (atomic_load(&h->refs) > READS)
        return;
    struct held_task *t = calloc(1, sizeof(*t));
    if (t)
        held_submit(c, t, run_read);
}

static void free_reading(void *job)
{
    struct reading *r = job;

    pthread_mutex_destroy(&r->lock);
    inbuf_free(&r->in);
    free(r);
}

/* For handler_pool_open. */
bool workers_read_open(struct conn *c)
{
    if (!held_open(c, sizeof(struct reading), free_reading))
        return false;
    pthread_mutex_init(&((struct reading *)c->job)->lock, NULL);
    return true;
}

/* For conn_start. */
void workers_read_start(struct conn *c)
{
    ev_set_cb(&c->readable, on_readable);
    conn_start(c);
}
