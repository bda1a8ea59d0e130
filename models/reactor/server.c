/*
 * chat-reactor - one reactor, one thread.
 *
 * The thread `main` does everything: it waits for events, accepts, reads,
 * frames, runs the chat and writes. Nothing is shared, so nothing is locked;
 * and whatever a handler does, everybody waits for it (try --work sleep:...).
 *
 * What a turn of the loop does, in this order:
 *   1. epoll_wait
 *   2. accept what waits; read each readable connection once; handle its lines.
 *      A relayed message is copied to the end of each receiver's queue.
 *   3. send each queue that has grown with one send() (conn.c, on_turn_end).
 * So a busy server batches by itself: the more comes in during a turn, the more
 * messages share a send.
 *
 * Shutting down: stop accepting; queue the goodbye; take every user out of the
 * chat; go on until all queues are flushed, 2 s at most; write the stats.
 */
#include <ev.h>

#include "common/acceptor.h"
#include "common/chat.h"
#include "common/conn.h"
#include "common/lifecycle.h"
#include "common/log.h"
#include "common/options.h"
#include "common/signals.h"
#include "common/stats.h"
#include "common/thread.h"

/* The whole server; `main` is the only thread. */
struct server {
    struct server_options opts;  /* set once */
    struct chat *chat;           /* users and rooms */
    struct conn_loop io;         /* the connections */
    struct acceptor acceptor;    /* the way in */
    struct acceptor_count count; /* how many there are */
    struct lifecycle lifecycle;  /* signals */
    bool stopping;               /* no more are accepted; ends when empty */
};

static struct server server;

/* ---- the chat's side: who is told what ---- */

static void deliver(void *owner, struct msg *msg)
{
    conn_send(owner, msg->data, msg->len);
}

/* What becomes of the connection after one of its lines. */
static void settle(struct conn *c, enum chat_result result)
{
    if (result == CHAT_CLOSE)
        conn_leave(c, CHAT_QUIT);
    else if (result == CHAT_MORE)
        conn_pause(c, true);
}

/* ---- the connections' side ---- */

static void on_line(struct conn *c, char *line, size_t len)
{
    struct irc_message m;

    if (!line) {
        chat_line_too_long(server.chat, c->user);
        return;
    }
    if (!irc_parse(line, len, &m))
        return;
    if (irc_equals(m.command.ptr, "PRIVMSG"))
        work_run(&server.opts.work);
    enum chat_result result = chat_handle(server.chat, c->user, &m);
    atomic_store_explicit(&c->registered, chat_is_registered(c->user),
                          memory_order_relaxed);
    settle(c, result);
}

static void on_drained(struct conn *c)
{
    enum chat_result result = chat_continue(server.chat, c->user);

    if (result == CHAT_OK)
        conn_resume(c);
    else
        settle(c, result);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    chat_disconnect(server.chat, c->user, cause);
    c->user = NULL;
    conn_gone(c);
}

static void on_freed(struct conn_loop *io)
{
    acceptor_closed(&server.count);
    if (server.stopping && io->n_conns == 0)
        ev_break(io->ev, EVBREAK_ALL);
}

static const struct conn_ops conn_ops = {
    .on_line = on_line,
    .on_drained = on_drained,
    .on_leave = on_leave,
    .on_freed = on_freed,
};

static void on_accept(void *arg, int fd, const char *host)
{
    struct conn *c = conn_open(&server.io, fd);

    (void)arg;
    if (!c) {
        acceptor_closed(&server.count);
        return;
    }
    c->user = chat_connect(server.chat, c, host);
    if (c->user)
        conn_start(c);
    else
        conn_gone(c);
}

/* ---- start and stop ---- */

static void on_stop(struct ev_loop *ev)
{
    log_step("stopping: %zu connections to flush", server.io.n_conns);
    server.stopping = true;
    acceptor_stop(&server.acceptor);
    conn_loop_say_goodbye(&server.io);
    for (struct conn *c = server.io.conns; c; c = c->next)
        conn_leave(c, CHAT_SHUTDOWN);
    if (server.io.n_conns == 0)
        ev_break(ev, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
    static const struct options_model model = {
        .doc = "Chat server, one reactor and one thread: a single libev loop "
               "accepts, reads, handles and writes.",
        .threads_doc = "Accepted and ignored: this model has one thread",
    };
    static struct stats_set stats;

    options_parse(&server.opts, &model, argc, argv);
    signals_setup();
    thread_enter(&stats, "main");
    stats_start("reactor", 1);
    struct ev_loop *ev = lifecycle_new_loop();
    server.chat = lifecycle_new_chat(&server.opts, deliver);
    conn_loop_init(&server.io, &conn_ops, &server.opts, ev);
    acceptor_init(&server.acceptor, ev, &server.opts, false, &server.count,
                  on_accept, NULL);
    lifecycle_start(&server.lifecycle, ev, &server.opts, on_stop);
    acceptor_count_init(&server.count, &server.opts);
    acceptor_start(&server.acceptor);
    acceptor_say_ready("reactor", server.acceptor.bound);

    ev_run(ev, 0);

    conn_loop_free(&server.io);
    chat_free(server.chat);
    stats_report(server.opts.stats);
    ev_loop_destroy(ev);
    thread_leave();
    return 0;
}
