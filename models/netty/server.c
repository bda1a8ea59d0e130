/*
 * chat-netty - the chat as a pipeline, on boss and worker event loops.
 *
 * Threads: `main` waits for signals; `boss-0` accepts, and registers each
 * channel with the next worker; `worker-N` own their channels for life: read,
 * decode, handle, encode, write. With --business N the chat handler runs on
 * `business-N` instead, in one executor a client.
 *
 * What a message goes through is in chat_server.h; the framework is everything
 * else in this folder.
 *
 * Shutting down: the server channel is closed; each worker loop says goodbye
 * to its clients, takes them out of the chat and closes each when it is
 * flushed, after 2 s at most; then the groups are shut down, without Netty's
 * quiet period of 2 s, in which nothing could come any more.
 */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/args.h"
#include "common/die.h"
#include "common/lifecycle.h"
#include "common/log.h"
#include "common/signals.h"
#include "common/stats.h"
#include "common/thread.h"
#include "models/netty/bootstrap.h"
#include "models/netty/channel_initializer.h"
#include "models/netty/chat_server.h"

enum {
    KEY_BUSINESS = 0x200,
    ACCEPTS_A_TURN = 64,    /* so that a storm of connects starves nobody */
    HIGH_WATER_MARK = 4096, /* what the encoder hands down beyond is held */
    WATCH_MS = 100,         /* -v names handlers that take longer */
};

struct chat_server server;

static struct channel_initializer initializer =
    CHANNEL_INITIALIZER(client_init_channel, NULL);

/* ---- the command line ---- */

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    (void)state;
    if (key != KEY_BUSINESS)
        return ARGP_ERR_UNKNOWN;
    server.n_business = (int)args_int("--business", "a number of threads", arg,
                                      0, OPTIONS_THREADS_MAX);
    return 0;
}

static void parse_options(int argc, char **argv)
{
    static const struct argp_option more[] = {
        {"business", KEY_BUSINESS, "N", 0,
         "Run the chat handler on a group of N executors; 0 runs it on the "
         "worker event loops (0)",
         0},
        {0},
    };
    static const struct options_model model = {
        .doc = "Chat server, Netty's model: boss and worker event loop groups, "
               "a pipeline of handlers for each channel.",
        .threads_doc = "Worker event loops (the cores)",
        .options = more,
        .parser = parse_option,
    };

    options_parse(&server.opts, &model, argc, argv);
}

/* ---- starting ---- */

static struct event_executor_group *make_loops(size_t n, const char *name)
{
    struct event_executor_group *group = event_loop_group_new(n, name);

    if (!group)
        die_errno(errno, "cannot make %zu event loops", n);
    /* No limit to tasks: here they are the I/O, not beside it. */
    (void)event_loop_group_set_io_ratio(group, 100);
    return group;
}

static void make_groups(void)
{
    size_t n = (size_t)server.opts.threads;

    server.boss = make_loops(1, "boss");
    server.workers = make_loops(n, "worker");
    if (server.n_business > 0) {
        server.business =
            default_event_executor_group_new((size_t)server.n_business,
                                             "business");
        if (!server.business)
            die_errno(errno, "cannot make %d executors", server.n_business);
    }
    server.loops = xcalloc(n, sizeof(*server.loops));
    for (size_t i = 0; i < n; i++)
        chat_loop_init(&server.loops[i], server.workers->children[i]);
}

static void configure(struct server_bootstrap *b)
{
    long half = (long)server.opts.sendq / 2;

    server_bootstrap_init(b, server.boss, server.workers);
    server_bootstrap_handler(b, &chat_accept);
    server_bootstrap_option(b, CHANNEL_OPTION_SO_BACKLOG, server.opts.backlog);
    server_bootstrap_option(b, CHANNEL_OPTION_MAX_MESSAGES_PER_READ,
                            ACCEPTS_A_TURN);
    server_bootstrap_child_handler(b, &initializer.handler);
    /* One read a turn, so that one who floods cannot starve the rest. */
    server_bootstrap_child_option(b, CHANNEL_OPTION_MAX_MESSAGES_PER_READ, 1);
    server_bootstrap_child_option(b, CHANNEL_OPTION_RCVBUF_MAX, CHAT_READ_SIZE);
    server_bootstrap_child_option(b, CHANNEL_OPTION_ALLOW_HALF_CLOSURE, 1);
    /* Unwritable almost as soon as the kernel refuses: then the encoder
     * gathers. Writable again once all has been sent. */
    server_bootstrap_child_option(b, CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK,
                                  1);
    server_bootstrap_child_option(b,
                                  CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK,
                                  half / 4 < HIGH_WATER_MARK ? half / 4
                                                             : HIGH_WATER_MARK);
}

/* Listens, or exits with 1. The server channel's bind future. */
static struct future *listen_on(struct server_bootstrap *b)
{
    const struct server_options *o = &server.opts;
    struct socket_address a;
    int err = socket_address_parse(&a, o->listen, o->port);
    struct future *f = err ? NULL : server_bootstrap_bind(b, &a);

    if (f)
        err = future_sync(f);
    else if (!err)
        err = -ENOMEM;
    if (err)
        die_errno(-err,
                  strchr(o->listen, ':') ? "cannot listen on [%s]:%d"
                                         : "cannot listen on %s:%d",
                  o->listen, o->port);
    return f;
}

/* ---- running and stopping ---- */

/* Until a stop signal comes. */
static void wait_for_stop(void)
{
    struct pollfd p[] = {{.fd = signals_stop_fd(), .events = POLLIN},
                         {.fd = signals_usr1_fd(), .events = POLLIN}};

    while (p[0].revents == 0) {
        if (poll(p, 2, -1) < 0)
            continue; /* EINTR: a debugger's stop */
        if (p[1].revents) {
            signals_take_usr1();
            stats_report(server.opts.stats);
        }
    }
}

static void stop(struct future *bound)
{
    struct channel *ch = future_channel(bound);

    /* Once it is closed, all that was accepted is on its way to the workers:
     * `stop` comes behind. */
    channel_close(ch, NULL);
    future_await(channel_close_future(ch));
    future_release(bound);
    event_executor_group_free(server.boss);
    for (size_t i = 0; i < server.workers->n; i++)
        (void)event_executor_execute(server.workers->children[i],
                                     chat_loop_stop, &server.loops[i]);
    for (size_t i = 0; i < server.workers->n; i++)
        future_await(&server.loops[i].ended->future);
    event_executor_group_free(server.business);
    event_executor_group_free(server.workers);
    for (int i = 0; i < server.opts.threads; i++)
        chat_loop_free(&server.loops[i]);
    free(server.loops);
}

int main(int argc, char **argv)
{
    static struct stats_set stats;
    struct server_bootstrap bootstrap;
    struct socket_address a;
    char bound[SOCKET_ADDRESS_TEXT];

    parse_options(argc, argv);
    signals_setup();
    thread_enter(&stats, "main");
    stats_start("netty", server.opts.threads);
    if (log_verbose)
        channel_handler_watch(WATCH_MS * TICKER_MS);
    lock_init(&server.lock);
    server.chat = lifecycle_new_chat(&server.opts, mailbox_deliver);
    make_groups();
    configure(&bootstrap);
    acceptor_count_init(&server.count, &server.opts);
    struct future *f = listen_on(&bootstrap);
    channel_local_address(future_channel(f), &a);
    acceptor_say_ready("netty", socket_address_format(&a, bound));

    wait_for_stop();

    stop(f);
    chat_free(server.chat);
    lock_destroy(&server.lock);
    stats_report(server.opts.stats);
    thread_leave();
    return 0;
}
