/*
 * chat-blocking - one pair of threads a connection, blocking calls only.
 *
 * Threads: `main` waits for signals; `acceptor` blocks in accept(); for each
 * connection `reader-N` blocks in recv() and runs the chat under its lock, and
 * `writer-N` blocks in send(). The code of a connection reads from top to
 * bottom as if it were alone (client.c); the price is two stacks and two
 * entries of kernel.pid_max a connection, and a wake-up for each writer that
 * sleeps when something is said.
 *
 * Shutting down: shutdown() on the listening socket ends accept(); main joins
 * the acceptor, asks every client to end, waits until the last reader has gone
 * (each flushes for 2 s at most), and writes the stats.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "common/lifecycle.h"
#include "common/log.h"
#include "common/net.h"
#include "common/signals.h"
#include "common/stats.h"
#include "common/thread.h"
#include "models/blocking/client.h"

enum { RETRY_MS = 100 }; /* how often to look, while accepting is paused */

static long open_clients(void)
{
    return atomic_load_explicit(&server.count.open, memory_order_relaxed);
}

/* Waits until a descriptor may be free again, or a stop signal comes. */
static void pause_accepting(const char *why)
{
    struct pollfd stop = {.fd = signals_stop_fd(), .events = POLLIN};

    stats_add(STAT_ACCEPT_PAUSES, 1);
    log_info("accepting paused: %s; going on when a connection closes", why);
    long before = open_clients();
    while (poll(&stop, 1, RETRY_MS) == 0) {
        if (open_clients() < before)
            break;
    }
    log_info("accepting again");
}

/* Thread acceptor: until the listening socket is shut down. */
static void *run_acceptor(void *arg)
{
    struct stats_set stats;
    char host[NET_HOST_MAX];
    bool said_full = false;
    int fd;

    (void)arg;
    thread_enter(&stats, "acceptor");
    while (!signals_stopped()) {
        if (open_clients() >= server.count.limit) {
            pause_accepting("out of descriptors");
            continue;
        }
        int err = net_accept(server.listen_fd, false, &fd, host);
        if (err < 0 && net_out_of_resources(-err)) {
            pause_accepting(strerror(-err));
            continue;
        }
        if (err < 0)
            break;
        long open = atomic_fetch_add(&server.count.open, 1) + 1;
        if (open <= server.opts.max_clients) {
            said_full = false;
            client_start(fd, host);
            continue;
        }
        if (!said_full)
            log_info("refusing clients: there are %ld (--max-clients)",
                     server.opts.max_clients);
        said_full = true;
        acceptor_refuse(fd, host, "Server is full");
        acceptor_closed(&server.count);
    }
    thread_leave();
    return NULL;
}

/* Thread main: until a stop signal comes. */
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

static void init_server(int argc, char **argv)
{
    static const struct options_model model = {
        .doc = "Chat server, thread per connection: a reader and a writer "
               "thread for each client, blocking sockets only.",
        .threads_doc = "Accepted and ignored: there are two threads a client",
    };

    options_parse(&server.opts, &model, argc, argv);
    server.chat = lifecycle_new_chat(&server.opts, client_deliver);
    lock_init(&server.lock);
    pthread_cond_init(&server.empty, NULL);
}

int main(int argc, char **argv)
{
    static struct stats_set stats;
    char bound[NET_ADDR_MAX];
    pthread_t acceptor;

    init_server(argc, argv);
    signals_setup();
    thread_enter(&stats, "main");
    stats_start("blocking", 2); /* main and acceptor, so far */
    server.listen_fd = acceptor_listen(&server.opts, false, false, bound);
    acceptor_count_init(&server.count, &server.opts);
    int err = pthread_create(&acceptor, NULL, run_acceptor, NULL);
    if (err)
        die_errno(err, "cannot start the acceptor");
    acceptor_say_ready("blocking", bound);

    wait_for_stop();

    shutdown(server.listen_fd, SHUT_RDWR);
    pthread_join(acceptor, NULL);
    client_stop_all();
    lock_acquire(&server.lock);
    while (server.n_clients > 0)
        pthread_cond_wait(&server.empty, &server.lock.mutex);
    lock_release(&server.lock);
    close(server.listen_fd);
    chat_free(server.chat);
    stats_report(server.opts.stats);
    thread_leave();
    return 0;
}
