#include "models/blocking/writer.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "common/log.h"
#include "common/net.h"
#include "common/stats.h"
#include "common/thread.h"
#include "models/blocking/threads.h"

enum {
    SEND_SIZE = 32 * 1024, /* at most in one send, so that progress shows */
    RELIEF_MS = 10,        /* how often a full queue's peer is looked at */
};

/* Writers that this thread has to wake once it holds no lock. */
static _Thread_local struct writer *marked;

/* The calling reader's own writer, and how long it waits for it (seconds). */
static _Thread_local struct writer *own;
static _Thread_local int own_patience;

void writer_enter(struct writer *w, int patience)
{
    own = w;
    own_patience = patience;
}

void writer_init(struct writer *w, int fd, unsigned number, size_t limit,
                 void (*release)(struct writer *w))
{
    pthread_condattr_t monotonic;

    *w = (struct writer){.fd = fd,
                         .number = number,
                         .limit = limit,
                         .release = release};
    atomic_init(&w->refs, 1);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void writer_unref(struct writer *w)
{
    if (atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) != 1)
        return;
    outbuf_free(&w->queue);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->drained);
    w->release(w);
}

/* ---- the queue: any thread ---- */

static void append_locked(struct writer *w, const char *bytes, size_t len)
{
    if (w->deaf || w->closing)
        return;
    if (outbuf_append(&w->queue, bytes, len) < 0) {
        w->deaf = w->doomed = true; /* no memory: it cannot be kept whole */
        return;
    }
    w->owed += len;
    stats_max(STAT_SENDQ_MAX_BYTES, w->owed);
}

/* Notes that the writer sleeps, or that the queue has grown too long: either
 * is seen to without the chat's lock. */
static void mark_locked(struct writer *w)
{
    bool full = w->owed > w->limit || w->doomed;

    if (w->marked || (!w->idle && !full))
        return;
    w->marked = true;
    atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
    w->next_marked = marked;
    marked = w;
}

void writer_append(struct writer *w, const char *bytes, size_t len)
{
    pthread_mutex_lock(&w->lock);
    append_locked(w, bytes, len);
    mark_locked(w);
    pthread_mutex_unlock(&w->lock);
}

void writer_append_last(struct writer *w, const char *bytes, size_t len)
{
    pthread_mutex_lock(&w->lock);
    append_locked(w, bytes, len);
    mark_locked(w);
    w->deaf = true;
    pthread_mutex_unlock(&w->lock);
}

static void wake_locked(struct writer *w)
{
    if (!w->idle)
        return;
    stats_add(STAT_WAKEUPS, 1);
    pthread_cond_signal(&w->work);
}

/* Waits for `drained` for at most `ms`. */
static void wait_drained_locked(struct writer *w, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    w->n_waiting++;
    pthread_cond_timedwait(&w->drained, &w->lock, &until);
    w->n_waiting--;
}

/*
 * A queue has passed --sendq. If the kernel takes no more of it, the peer is
 * too slow and cut off. If it does, its writer only lacks CPU time: then the
 * one who writes too fast waits here, which slows its own peer and no other.
 */
static void relieve(struct writer *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLOUT};
    int patience_ms = w == own ? own_patience * 1000 : 0;

    pthread_mutex_lock(&w->lock);
    while (w->owed > w->limit && !w->deaf && !w->closing) {
        pthread_mutex_unlock(&w->lock);
        bool refused = poll(&p, 1, 0) == 0;
        pthread_mutex_lock(&w->lock);
        if (refused && patience_ms <= 0 && w->owed > w->limit && !w->deaf)
            w->deaf = w->doomed = true;
        else
            wait_drained_locked(w, RELIEF_MS);
        patience_ms -= RELIEF_MS;
    }
    bool doomed = w->doomed;
    pthread_mutex_unlock(&w->lock);
    if (doomed)
        shutdown(w->fd, SHUT_RD); /* its reader does the rest */
}

/* After the chat's lock has been released: wakes whom the calls marked. */
void writer_wake_marked(void)
{
    while (marked) {
        struct writer *w = marked;
        marked = w->next_marked;
        pthread_mutex_lock(&w->lock);
        w->marked = false;
        wake_locked(w);
        bool full = w->owed > w->limit || w->doomed;
        pthread_mutex_unlock(&w->lock);
        if (full)
            relieve(w);
        writer_unref(w);
    }
    log_flush();
}

/* ---- the writer: thread writer-N ---- */

/* Takes what is queued; false when there will be no more. */
static bool take_batch(struct writer *w, struct outbuf *batch)
{
    pthread_mutex_lock(&w->lock);
    while (outbuf_size(&w->queue) == 0 && !w->closing && !w->doomed) {
        w->idle = true;
        pthread_cond_wait(&w->work, &w->lock);
        w->idle = false;
    }
    *batch = w->queue;
    w->queue = (struct outbuf){0};
    bool more = outbuf_size(batch) > 0;
    pthread_mutex_unlock(&w->lock);
    return more;
}

/* Accounts for what has been sent or dropped; whether it was cut off. */
static bool settle_batch(struct writer *w, size_t sent, bool failed)
{
    pthread_mutex_lock(&w->lock);
    w->owed -= sent;
    if (failed)
        w->deaf = true;
    bool doomed = w->doomed;
    if (w->n_waiting > 0)
        pthread_cond_broadcast(&w->drained);
    pthread_mutex_unlock(&w->lock);
    return doomed;
}

/* Sends the batch, blocking. False: nothing more is to be sent. */
static bool send_batch(struct writer *w, struct outbuf *batch)
{
    size_t left;

    while ((left = outbuf_size(batch)) > 0) {
        size_t len = left < SEND_SIZE ? left : SEND_SIZE;
        long n = net_send(w->fd, batch->data + batch->start, len);
        if (n < 0) {
            settle_batch(w, left, true);
            shutdown(w->fd, SHUT_RD); /* the reader is to know */
            return false;
        }
        outbuf_consume(batch, (size_t)n);
        if (settle_batch(w, (size_t)n, false))
            return false;
    }
    return true;
}

/* The last words to a peer that was too slow. Blocks until they are taken or
 * the reader, after WRITER_LINGER seconds, shuts the socket. */
static void say_doomed(struct writer *w, struct outbuf *batch)
{
    static const char text[] = "ERROR :Closing Link: SendQ exceeded\r\n";

    outbuf_drop_lines(batch);
    (void)outbuf_append(batch, text, sizeof(text) - 1);
    while (outbuf_size(batch) > 0) {
        long n =
            net_send(w->fd, batch->data + batch->start, outbuf_size(batch));
        if (n < 0)
            return;
        outbuf_consume(batch, (size_t)n);
    }
}

static void *run_writer(void *arg)
{
    struct writer *w = arg;
    struct outbuf batch = {0};
    struct stats_set stats;

    thread_enter(&stats, "writer-%u", w->number);
    while (take_batch(w, &batch) && send_batch(w, &batch))
        ;
    pthread_mutex_lock(&w->lock);
    bool doomed = w->doomed;
    pthread_mutex_unlock(&w->lock);
    if (doomed)
        say_doomed(w, &batch);
    outbuf_free(&batch);

    pthread_mutex_lock(&w->lock);
    w->deaf = true;
    w->done = true;
    pthread_cond_broadcast(&w->drained);
    pthread_mutex_unlock(&w->lock);
    thread_leave();
    return NULL;
}

int writer_start(struct writer *w)
{
    return threads_start(&w->thread, THREADS_WRITER_STACK, false, run_writer,
                         w);
}

bool writer_wait_below(struct writer *w, size_t bytes)
{
    pthread_mutex_lock(&w->lock);
    while (w->owed > bytes && !w->deaf)
        wait_drained_locked(w, 1000);
    bool deaf = w->deaf;
    pthread_mutex_unlock(&w->lock);
    return !deaf;
}

bool writer_is_deaf(struct writer *w, bool *doomed)
{
    pthread_mutex_lock(&w->lock);
    bool deaf = w->deaf;
    *doomed = w->doomed;
    pthread_mutex_unlock(&w->lock);
    return deaf;
}

void writer_end(struct writer *w)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    double until = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    until += WRITER_LINGER;
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    wake_locked(w);
    while (!w->done) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = until - (double)now.tv_sec - (double)now.tv_nsec / 1e9;
        if (left <= 0)
            break;
        wait_drained_locked(w, (int)(left * 1000) + 1);
    }
    pthread_mutex_unlock(&w->lock);
    shutdown(w->fd, SHUT_RDWR);
    pthread_join(w->thread, NULL);
}
