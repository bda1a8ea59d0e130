/*
 * chat-mainsub - a main reactor accepts, sub-reactors do the rest.
 *
 * Threads: `main` only accepts, and hands each connection to a sub-reactor,
 * round robin. `sub-N` own their connections for life: read, frame, handle,
 * write. What a handler says goes through the mailbox of each receiver's loop,
 * the own one included (mailbox.h), so that a room's order is the same for all.
 * With --workers N the handlers run on `worker-N`, shared by all sub-reactors
 * (handler_pool.h). With --accept reuseport each sub-reactor accepts by itself.
 *
 * DOC(mainsub.handoff)
 * Handing a connection over: main posts the descriptor to the sub-reactor's
 * mailbox and wakes it. It never touches the other thread's loop: libev's
 * loops, like most, are for one thread, and a watcher started from outside on a
 * sleeping loop would not be polled before something else wakes it.
 * END
 *
 * Shutting down: main stops accepting and posts `stop` to each sub-reactor,
 * which says goodbye, takes its users out of the chat, flushes for 2 s at most
 * and ends; main joins them, then the workers, then writes the stats.
 */
#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/acceptor.h"
#include "common/args.h"
#include "common/chat.h"
#include "common/conn.h"
#include "common/die.h"
#include "common/handler_pool.h"
#include "common/lifecycle.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/mailbox.h"
#include "common/options.h"
#include "common/signals.h"
#include "common/stats.h"
#include "common/thread.h"

/* One sub-reactor. */
struct sub {
    /* set once: */
    int number;               /* of the thread's name */
    pthread_t thread;         /* joined by main */
    struct mailbox box;       /* what others tell it; any thread posts */
    struct handler_loop feed; /* with --workers: the lines of this turn */
    struct acceptor acceptor; /* with --accept reuseport: its way in */

    /* thread sub-N only: */
    struct conn_loop io; /* its connections */
    bool stopping;       /* ends when the last connection has been freed */
};

struct server {
    struct server_options opts;  /* set once */
    int n_workers;               /* set once: --workers */
    bool reuseport;              /* set once: --accept */
    struct lock lock;            /* around the chat */
    struct chat *chat;           /* users and rooms; guarded by lock */
    struct handler_pool workers; /* with --workers: who calls the chat */
    struct sub *subs;            /* set once: opts.threads of them */
    struct acceptor_count count; /* connections, of all loops */

    /* thread main only: */
    struct acceptor acceptor;   /* the way in, unless reuseport */
    struct lifecycle lifecycle; /* signals */
    int next_sub;               /* round robin */
};

static struct server server;

/* A connection on its way from main to a sub-reactor. */
struct newcomer {
    int fd;                  /* its socket */
    char host[NET_HOST_MAX]; /* its address */
};

/* ---- threads sub-N and worker-N, under the lock ---- */

static void deliver(void *owner, struct msg *msg)
{
    struct conn *c = owner;

    mailbox_post(c->loop->owner, c, MAIL_MSG, msg);
}

/* ---- thread sub-N ---- */

/* What becomes of the connection after one of its lines. */
static void settle(struct conn *c, enum chat_result result)
{
    if (result == CHAT_CLOSE)
        conn_leave(c, CHAT_QUIT);
    else if (result == CHAT_MORE)
        conn_pause(c, true);
}

static void on_line(struct conn *c, char *line, size_t len)
{
    struct irc_message m;
    enum chat_result result = CHAT_OK;

    if (line && !irc_parse(line, len, &m))
        return;
    if (line && irc_equals(m.command.ptr, "PRIVMSG"))
        work_run(&server.opts.work);
    lock_acquire(&server.lock);
    if (line)
        result = chat_handle(server.chat, c->user, &m);
    else
        chat_line_too_long(server.chat, c->user);
    bool registered = chat_is_registered(c->user);
    lock_release(&server.lock);
    atomic_store_explicit(&c->registered, registered, memory_order_relaxed);
    mailbox_after_unlock();
    if (result != CHAT_OK)
        settle(c, result);
    else if (c->loop->holding)
        conn_hold(c);
}

static void on_drained(struct conn *c)
{
    lock_acquire(&server.lock);
    enum chat_result result = chat_continue(server.chat, c->user);
    lock_release(&server.lock);
    mailbox_after_unlock();
    if (result == CHAT_OK)
        conn_resume(c);
    else
        settle(c, result);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    lock_acquire(&server.lock);
    chat_disconnect(server.chat, c->user, cause);
    c->user = NULL;
    mailbox_post(c->loop->owner, c, MAIL_GONE, NULL);
    lock_release(&server.lock);
    mailbox_after_unlock();
}

static void on_freed(struct conn_loop *io)
{
    const struct sub *sub =
        (const struct sub *)((char *)io - offsetof(struct sub, io));

    acceptor_closed(&server.count);
    if (sub->stopping && io->n_conns == 0)
        ev_break(io->ev, EVBREAK_ALL);
}

static const struct conn_ops own_handlers = {
    .on_line = on_line,
    .on_drained = on_drained,
    .on_leave = on_leave,
    .on_freed = on_freed,
    .on_turn_end = mailbox_drain_at_turn_end,
};

static const struct conn_ops pool_handlers = {
    .on_line = handler_pool_on_line,
    .on_drained = handler_pool_on_drained,
    .on_leave = handler_pool_on_leave,
    .on_hurry = handler_pool_on_hurry,
    .on_freed = on_freed,
    .on_turn_end = handler_pool_on_turn_end,
};

/* A connection begins: it belongs to this loop for life. */
static void admit(struct sub *sub, int fd, const char *host)
{
    struct conn *c = conn_open(&sub->io, fd);

    if (!c) {
        acceptor_closed(&server.count);
        return;
    }
    if (server.n_workers == 0 || handler_pool_open(c)) {
        lock_acquire(&server.lock);
        c->user = chat_connect(server.chat, c, host);
        lock_release(&server.lock);
    }
    if (c->user)
        conn_start(c);
    else
        conn_gone(c);
}

static void stop_sub(struct sub *sub)
{
    log_step("stopping: %zu connections to flush", sub->io.n_conns);
    sub->stopping = true;
    if (server.reuseport)
        acceptor_stop(&sub->acceptor);
    conn_loop_say_goodbye(&sub->io);
    for (struct conn *c = sub->io.conns; c; c = c->next)
        conn_leave(c, CHAT_SHUTDOWN);
    if (sub->io.n_conns == 0)
        ev_break(sub->io.ev, EVBREAK_ALL);
}

/* From main: a newcomer, or NULL to stop. Main posts nobody after the stop. */
static void on_mail_from_main(struct mailbox *box, void *what)
{
    struct sub *sub = (struct sub *)((char *)box - offsetof(struct sub, box));
    struct newcomer *n = what;

    if (!n) {
        stop_sub(sub);
        return;
    }
    log_step("took over %s", n->host);
    admit(sub, n->fd, n->host);
    free(n);
}

/* With --accept reuseport. */
static void on_own_accept(void *arg, int fd, const char *host)
{
    admit(arg, fd, host);
}

static void *run_sub(void *arg)
{
    struct sub *sub = arg;
    struct stats_set stats;

    thread_enter(&stats, "sub-%d", sub->number);
    mailbox_enter(&sub->box);
    ev_run(sub->io.ev, 0);
    thread_leave();
    return NULL;
}

/* ---- thread main ---- */

static void post_to(struct sub *sub, struct newcomer *n)
{
    lock_acquire(&server.lock);
    mailbox_post(&sub->box, NULL, MAIL_OTHER, n);
    lock_release(&server.lock);
    mailbox_after_unlock();
}

static void on_accept(void *arg, int fd, const char *host)
{
    struct newcomer *n = malloc(sizeof(*n));

    (void)arg;
    if (!n) {
        acceptor_refuse(fd, host, "Out of memory");
        acceptor_closed(&server.count);
        return;
    }
    n->fd = fd;
    memcpy(n->host, host, strlen(host) + 1);
    post_to(&server.subs[server.next_sub], n);
    server.next_sub = (server.next_sub + 1) % server.opts.threads;
    log_flush();
}

static void on_stop(struct ev_loop *ev)
{
    if (!server.reuseport)
        acceptor_stop(&server.acceptor);
    if (server.n_workers > 0)
        handler_pool_abandon(&server.workers);
    for (int i = 0; i < server.opts.threads; i++)
        post_to(&server.subs[i], NULL);
    ev_break(ev, EVBREAK_ALL);
}

/* Prepares a sub-reactor; its thread starts later. */
static void init_sub(struct sub *sub, int number)
{
    sub->number = number;
    conn_loop_init(&sub->io,
                   server.n_workers > 0 ? &pool_handlers : &own_handlers,
                   &server.opts, lifecycle_new_loop());
    mailbox_init(&sub->box, &sub->io, &server.lock, MAILBOX_MARK,
                 on_mail_from_main, NULL);
    if (server.n_workers > 0)
        handler_loop_init(&sub->feed, &server.workers, &sub->box);
    if (!server.reuseport)
        return;
    acceptor_init(&sub->acceptor, sub->io.ev, &server.opts, true, &server.count,
                  on_own_accept, sub);
    /* The first took any port; the others share it. */
    server.opts.port = atoi(strrchr(sub->acceptor.bound, ':') + 1);
    acceptor_start(&sub->acceptor);
}

static void free_sub(struct sub *sub)
{
    struct ev_loop *ev = sub->io.ev;

    mailbox_free(&sub->box);
    conn_loop_free(&sub->io);
    ev_loop_destroy(ev);
}

enum { KEY_WORKERS = 0x200, KEY_ACCEPT };

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    (void)state;
    switch (key) {
    case KEY_WORKERS:
        server.n_workers = (int)args_int("--workers", "a number of threads",
                                         arg, 0, OPTIONS_THREADS_MAX);
        return 0;
    case KEY_ACCEPT:
        server.reuseport = strcmp(arg, "reuseport") == 0;
        if (!server.reuseport && strcmp(arg, "main") != 0)
            args_bad("--accept", "main or reuseport", arg);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void parse_options(int argc, char **argv)
{
    static const struct argp_option more[] = {
        {"workers", KEY_WORKERS, "N", 0,
         "Run the handlers on N workers shared by all sub-reactors; 0 runs "
         "them on the sub-reactors (0)",
         0},
        {"accept", KEY_ACCEPT, "HOW", 0,
         "main: the main reactor accepts and hands over; reuseport: each "
         "sub-reactor accepts by itself (main)",
         0},
        {0},
    };
    static const struct options_model model = {
        .doc = "Chat server, main and sub-reactors: one loop accepts, the "
               "others own their connections for life.",
        .threads_doc = "Sub-reactors (the cores)",
        .options = more,
        .parser = parse_option,
    };

    options_parse(&server.opts, &model, argc, argv);
}

static void start_subs(void)
{
    for (int i = 0; i < server.opts.threads; i++) {
        struct sub *sub = &server.subs[i];
        int err = pthread_create(&sub->thread, NULL, run_sub, sub);
        if (err)
            die_errno(err, "cannot start sub-reactor %d of %d", i + 1,
                      server.opts.threads);
    }
}

int main(int argc, char **argv)
{
    static struct stats_set stats;

    parse_options(argc, argv);
    signals_setup();
    thread_enter(&stats, "main");
    stats_start("mainsub", server.opts.threads);
    struct ev_loop *ev = lifecycle_new_loop();
    lock_init(&server.lock);
    server.chat = lifecycle_new_chat(&server.opts, deliver);
    if (server.n_workers > 0)
        handler_pool_start(&server.workers, server.chat, &server.lock,
                           &server.opts, server.n_workers);
    server.subs = xcalloc((size_t)server.opts.threads, sizeof(*server.subs));
    for (int i = 0; i < server.opts.threads; i++)
        init_sub(&server.subs[i], i);
    lifecycle_start(&server.lifecycle, ev, &server.opts, on_stop);
    if (!server.reuseport)
        acceptor_init(&server.acceptor, ev, &server.opts, false, &server.count,
                      on_accept, NULL);
    acceptor_count_init(&server.count, &server.opts);
    start_subs();
    if (!server.reuseport)
        acceptor_start(&server.acceptor);
    acceptor_say_ready("mainsub", server.reuseport
                                      ? server.subs[0].acceptor.bound
                                      : server.acceptor.bound);

    ev_run(ev, 0);

    for (int i = 0; i < server.opts.threads; i++)
        pthread_join(server.subs[i].thread, NULL);
    if (server.n_workers > 0)
        handler_pool_stop(&server.workers);
    for (int i = 0; i < server.opts.threads; i++)
        free_sub(&server.subs[i]);
    free(server.subs);
    chat_free(server.chat);
    lock_destroy(&server.lock);
    stats_report(server.opts.stats);
    ev_loop_destroy(ev);
    thread_leave();
    return 0;
}
