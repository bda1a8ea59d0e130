/*
 * chat-pool - one reactor for all I/O, a thread pool for the handlers.
 *
 * Threads: `main` runs the reactor: it accepts, reads, frames and writes, for
 * every connection. `worker-N` run the handlers: the simulated work, outside
 * any lock, then the chat under its lock. Lines go to the workers through a
 * serial queue for each connection (handler_pool.h); what they have to say
 * comes back through the reactor's mailbox, in one order for all (mailbox.h).
 * Workers never touch a socket, so no two threads read or write the same one.
 *
 * A message costs two hand-overs, and on an idle server two wake-ups: that is
 * what the pool pays for a handler that may block without stopping everybody.
 *
 * Shutting down: stop accepting; queue the goodbye; every connection enqueues
 * its last task; workers take the users out of the chat; the reactor flushes
 * and frees, 2 s at most a connection; then the workers are joined.
 */
#include <ev.h>

#include "common/acceptor.h"
#include "common/chat.h"
#include "common/conn.h"
#include "common/handler_pool.h"
#include "common/lifecycle.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/mailbox.h"
#include "common/options.h"
#include "common/signals.h"
#include "common/stats.h"
#include "common/thread.h"

struct server {
    struct server_options opts;  /* set once */
    struct lock lock;            /* around the chat */
    struct chat *chat;           /* users and rooms; guarded by lock */
    struct handler_pool workers; /* who calls the chat */

    /* thread main only: */
    struct conn_loop io;         /* the connections */
    struct mailbox box;          /* what the workers say; any thread posts */
    struct handler_loop feed;    /* the lines of this turn */
    struct acceptor acceptor;    /* the way in */
    struct acceptor_count count; /* how many there are */
    struct lifecycle lifecycle;  /* signals */
    bool stopping;               /* no more are accepted; ends when empty */
};

static struct server server;

/* ---- threads worker-N and main, under the lock ---- */

static void deliver(void *owner, struct msg *msg)
{
    mailbox_post(&server.box, owner, MAIL_MSG, msg);
}

/* ---- thread main ---- */

static void on_freed(struct conn_loop *io)
{
    acceptor_closed(&server.count);
    if (server.stopping && io->n_conns == 0)
        ev_break(io->ev, EVBREAK_ALL);
}

/* What comes in becomes a worker's task; nothing is handled here. */
static const struct conn_ops conn_ops = {
    .on_line = handler_pool_on_line,
    .on_drained = handler_pool_on_drained,
    .on_leave = handler_pool_on_leave,
    .on_hurry = handler_pool_on_hurry,
    .on_freed = on_freed,
    .on_turn_end = handler_pool_on_turn_end,
};

static void on_accept(void *arg, int fd, const char *host)
{
    struct conn *c = conn_open(&server.io, fd);

    (void)arg;
    if (!c) {
        acceptor_closed(&server.count);
        return;
    }
    if (handler_pool_open(c)) {
        lock_acquire(&server.lock);
        c->user = chat_connect(server.chat, c, host);
        lock_release(&server.lock);
    }
    if (c->user)
        conn_start(c);
    else
        conn_gone(c);
}

static void on_stop(struct ev_loop *ev)
{
    log_step("stopping: %zu connections to flush", server.io.n_conns);
    server.stopping = true;
    acceptor_stop(&server.acceptor);
    handler_pool_abandon(&server.workers);
    conn_loop_say_goodbye(&server.io);
    for (struct conn *c = server.io.conns; c; c = c->next)
        conn_leave(c, CHAT_SHUTDOWN);
    if (server.io.n_conns == 0)
        ev_break(ev, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
    static const struct options_model model = {
        .doc = "Chat server, one reactor and a thread pool: a single libev "
               "loop does all I/O, workers run the handlers.",
        .threads_doc = "Workers in the pool (the cores)",
    };
    static struct stats_set stats;

    options_parse(&server.opts, &model, argc, argv);
    signals_setup();
    thread_enter(&stats, "main");
    stats_start("pool", server.opts.threads);
    struct ev_loop *ev = lifecycle_new_loop();
    lock_init(&server.lock);
    server.chat = lifecycle_new_chat(&server.opts, deliver);
    conn_loop_init(&server.io, &conn_ops, &server.opts, ev);
    mailbox_init(&server.box, &server.io, &server.lock, MAILBOX_MARK, NULL,
                 NULL);
    mailbox_enter(&server.box);
    acceptor_init(&server.acceptor, ev, &server.opts, false, &server.count,
                  on_accept, NULL);
    handler_pool_start(&server.workers, server.chat, &server.lock, &server.opts,
                       server.opts.threads);
    handler_loop_init(&server.feed, &server.workers, &server.box);
    lifecycle_start(&server.lifecycle, ev, &server.opts, on_stop);
    acceptor_count_init(&server.count, &server.opts);
    acceptor_start(&server.acceptor);
    acceptor_say_ready("pool", server.acceptor.bound);

    ev_run(ev, 0);

    handler_pool_stop(&server.workers);
    mailbox_free(&server.box);
    conn_loop_free(&server.io);
    chat_free(server.chat);
    lock_destroy(&server.lock);
    stats_report(server.opts.stats);
    ev_loop_destroy(ev);
    thread_leave();
    return 0;
}
