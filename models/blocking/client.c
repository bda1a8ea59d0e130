#include "models/blocking/client.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/inbuf.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stats.h"
#include "common/thread.h"
#include "models/blocking/threads.h"
#include "models/blocking/writer.h"

enum { READ_SIZE = 4 * 1024 /* on the reader's stack */ };

struct client {
    struct writer writer; /* first: a writer is released as its client */

    /* set once: */
    char host[NET_HOST_MAX]; /* the peer's address */
    struct timespec born;    /* when it was accepted */

    /* reader only: */
    struct user *user; /* in the chat */
    bool pinged;       /* a PING is unanswered */

    /* guarded by server.lock: */
    struct client *next;  /* in server.clients */
    struct client **link; /* what points to us there */
};

struct server server;

static void release(struct writer *w)
{
    struct client *c = (struct client *)w;

    net_discard_input(w->fd);
    close(w->fd);
    acceptor_closed(&server.count);
    free(c);
}

void client_deliver(void *owner, struct msg *msg)
{
    struct client *c = owner;

    writer_append(&c->writer, msg->data, msg->len);
}

/* Goes on with a long reply each time the queue has drained. */
static enum chat_result continue_reply(struct client *c)
{
    if (!writer_wait_below(&c->writer, server.opts.sendq / 4))
        return CHAT_CLOSE;
    lock_acquire(&server.lock);
    enum chat_result result = chat_continue(server.chat, c->user);
    lock_release(&server.lock);
    writer_wake_marked();
    return result;
}

/* One line: parsed and worked on outside the lock, handled under it. */
static enum chat_result handle_line(struct client *c, char *line, size_t len)
{
    struct irc_message m;

    if (line && !irc_parse(line, len, &m))
        return CHAT_OK;
    if (line && irc_equals(m.command.ptr, "PRIVMSG"))
        work_run(&server.opts.work);
    enum chat_result result = CHAT_OK;
    lock_acquire(&server.lock);
    if (line)
        result = chat_handle(server.chat, c->user, &m);
    else
        chat_line_too_long(server.chat, c->user);
    lock_release(&server.lock);
    writer_wake_marked();
    while (result == CHAT_MORE)
        result = continue_reply(c);
    return result;
}

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) +
           (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void set_recv_timeout(struct client *c, double seconds)
{
    if (seconds < 0.001)
        seconds = 0.001; /* 0 would mean for ever */
    struct timeval tv = {(time_t)seconds,
                         (suseconds_t)((seconds - floor(seconds)) * 1e6)};
    (void)setsockopt(c->writer.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

/* Nothing came for as long as recv() was to wait. Whether that is the end. */
static bool on_silence(struct client *c, enum chat_cause *cause)
{
    if (!chat_is_registered(c->user)) {
        *cause = CHAT_REGISTER_TIMEOUT;
        return true;
    }
    if (c->pinged) {
        *cause = CHAT_PING_TIMEOUT;
        return true;
    }
    char line[IRC_LINE_MAX];
    size_t len = chat_format_ping(line, server.opts.name);
    c->pinged = true;
    writer_append(&c->writer, line, len);
    writer_wake_marked();
    return false;
}

/* The end of input has several reasons; another thread may have caused it. */
static enum chat_cause cause_of_end(struct client *c, long n)
{
    bool doomed, deaf = writer_is_deaf(&c->writer, &doomed);
    lock_acquire(&server.lock);
    bool stopping = server.stopping;
    lock_release(&server.lock);
    if (doomed)
        return CHAT_SENDQ;
    if (stopping)
        return CHAT_SHUTDOWN;
    return n < 0 || deaf ? CHAT_ERROR : CHAT_EOF;
}

static bool is_cut_off(struct client *c)
{
    bool doomed;

    return writer_is_deaf(&c->writer, &doomed);
}

/* Reads and handles until the client is to go; why. Blocks in recv(). */
static enum chat_cause read_until_end(struct client *c)
{
    char scratch[INBUF_HEADROOM + READ_SIZE];
    char *data = scratch + INBUF_HEADROOM, *line;
    const struct server_options *o = &server.opts;
    struct inbuf in = {0};
    struct inbuf_scan scan;
    enum chat_result result = CHAT_OK;
    enum chat_cause cause = CHAT_QUIT;
    bool registered = false;
    size_t len;

    set_recv_timeout(c, o->register_timeout);
    while (result != CHAT_CLOSE) {
        long n = net_recv(c->writer.fd, data, READ_SIZE);
        if (n == -EAGAIN && on_silence(c, &cause))
            break;
        if (n == -EAGAIN)
            continue;
        if (n <= 0 || is_cut_off(c)) {
            cause = cause_of_end(c, n);
            break;
        }
        c->pinged = false;
        inbuf_scan_start(&scan, &in, data, (size_t)n);
        enum inbuf_result r;
        while (result != CHAT_CLOSE &&
               (r = inbuf_scan_next(&scan, &line, &len)) != INBUF_NONE)
            result = handle_line(c, r == INBUF_LINE ? line : NULL, len);
        if (inbuf_scan_end(&scan) < 0) {
            cause = CHAT_ERROR;
            break;
        }
        if (registered)
            continue;
        registered = chat_is_registered(c->user);
        set_recv_timeout(c, registered ? o->ping_interval
                                       : o->register_timeout -
                                             seconds_since(&c->born));
    }
    inbuf_free(&in);
    if (cause == CHAT_QUIT && is_cut_off(c))
        cause = cause_of_end(c, -1);
    return cause;
}

static void join_list_locked(struct client *c)
{
    c->next = server.clients;
    c->link = &server.clients;
    if (c->next)
        c->next->link = &c->next;
    server.clients = c;
}

static void leave_list_locked(struct client *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
}

/* A connection that never made it: it has no user. */
static void turn_away(struct client *c, const char *reason, enum stat_id count)
{
    char line[IRC_LINE_MAX];
    size_t len = chat_format_error(line, c->host, reason);

    (void)send(c->writer.fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    stats_add(count, 1);
}

/* For want of a thread. */
static void refuse(struct client *c, int err)
{
    char reason[128];

    threads_log_failure(err, c->writer.number);
    snprintf(reason, sizeof(reason), "Cannot start a thread: %s",
             strerror(err));
    turn_away(c, reason, STAT_CLOSED_REFUSED);
}

/* Enters the chat and the list, reads, leaves both. */
static void serve(struct client *c)
{
    lock_acquire(&server.lock);
    bool stopping = server.stopping;
    c->user = stopping ? NULL : chat_connect(server.chat, c, c->host);
    if (c->user)
        join_list_locked(c);
    lock_release(&server.lock);
    log_flush();
    if (!c->user) {
        turn_away(c, stopping ? "Server shutting down" : "Out of memory",
                  stopping ? STAT_CLOSED_SHUTDOWN : STAT_CLOSED_REFUSED);
        return;
    }
    writer_enter(&c->writer, 2 * server.opts.ping_interval);
    enum chat_cause cause = read_until_end(c);
    lock_acquire(&server.lock);
    leave_list_locked(c);
    chat_disconnect(server.chat, c->user, cause);
    lock_release(&server.lock);
    if (cause == CHAT_SENDQ)
        stats_add(STAT_SENDQ_KILLS, 1);
    writer_wake_marked();
}

static void *run_reader(void *arg)
{
    struct client *c = arg;
    struct stats_set stats;

    thread_enter(&stats, "reader-%u", c->writer.number);
    int err = writer_start(&c->writer);
    if (err) {
        refuse(c, err);
    } else {
        serve(c);
        writer_end(&c->writer);
    }
    writer_unref(&c->writer);
    thread_leave();

    lock_acquire(&server.lock);
    if (--server.n_clients == 0)
        pthread_cond_signal(&server.empty);
    lock_release(&server.lock);
    return NULL;
}

/* ---- the acceptor and main ---- */

void client_start(int fd, const char *host)
{
    static unsigned number;
    struct client *c = calloc(1, sizeof(*c));
    pthread_t reader;

    if (!c) {
        acceptor_refuse(fd, host, "Out of memory");
        acceptor_closed(&server.count);
        return;
    }
    writer_init(&c->writer, fd, ++number, server.opts.sendq, release);
    snprintf(c->host, sizeof(c->host), "%s", host);
    clock_gettime(CLOCK_MONOTONIC, &c->born);

    lock_acquire(&server.lock);
    size_t n = ++server.n_clients;
    lock_release(&server.lock);
    stats_threads(2 + 2 * (int)n);
    int err = threads_start(&reader, THREADS_READER_STACK, true, run_reader, c);
    if (!err)
        return;
    refuse(c, err);
    writer_unref(&c->writer);
    lock_acquire(&server.lock);
    server.n_clients--;
    lock_release(&server.lock);
}

void client_stop_all(void)
{
    static const char text[] = "ERROR :Server shutting down\r\n";

    lock_acquire(&server.lock);
    server.stopping = true;
    for (struct client *c = server.clients; c; c = c->next)
        writer_append_last(&c->writer, text, sizeof(text) - 1);
    /* The one system call under the lock: nobody is served any more, and the
     * list must not change. */
    for (struct client *c = server.clients; c; c = c->next)
        shutdown(c->writer.fd, SHUT_RD);
    lock_release(&server.lock);
    writer_wake_marked();
}
