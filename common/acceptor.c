#include "common/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/chat.h"
#include "common/die.h"
#include "common/log.h"
#include "common/stats.h"

enum {
    ACCEPTS_A_TURN = 64, /* so that a storm of connects starves nobody */
    SPARE = 8,           /* descriptors kept for files of our own */
};

static const double retry_seconds = 0.1;

int acceptor_listen(const struct server_options *opts, bool nonblocking,
                    bool shared, char bound[NET_ADDR_MAX])
{
    int fd;
    int err = net_listen(opts->listen, opts->port, opts->backlog, nonblocking,
                         shared, &fd, bound);

    if (err)
        die_errno(-err,
                  strchr(opts->listen, ':') ? "cannot listen on [%s]:%d"
                                            : "cannot listen on %s:%d",
                  opts->listen, opts->port);
    return fd;
}

void acceptor_count_init(struct acceptor_count *count,
                         const struct server_options *opts)
{
    /* The kernel gives out the lowest free number: so many are in use. */
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (lowest < 0)
        die_errno(errno, "cannot open a descriptor");
    close(lowest);
    atomic_init(&count->open, 0);
    count->limit = opts->max_descriptors - lowest - SPARE;
    if (count->limit < 1)
        die(1, "the limit of %ld descriptors leaves none for clients",
            opts->max_descriptors);
}

void acceptor_say_ready(const char *model, const char *bound)
{
    printf("ready %s %s\n", model, bound);
    if (fflush(stdout) != 0)
        die_errno(errno, "cannot write the ready line to standard output");
}

void acceptor_refuse(int fd, const char *host, const char *reason)
{
    char line[IRC_LINE_MAX];
    size_t len = chat_format_error(line, host, reason);

    /* A new connection's buffer is empty: this takes the line or fails. */
    (void)send(fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    net_discard_input(fd);
    close(fd);
    stats_add(STAT_CLOSED_REFUSED, 1);
}

static void pause_accepting(struct acceptor *a, const char *why)
{
    stats_add(STAT_ACCEPT_PAUSES, 1);
    log_info("accepting paused: %s; going on when a connection closes", why);
    ev_io_stop(a->ev, &a->readable);
    ev_timer_again(a->ev, &a->retry);
}

static void on_retry(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct acceptor *a = w->data;

    (void)revents;
    if (atomic_load_explicit(&a->count->open, memory_order_relaxed) >=
        a->count->limit)
        return;
    log_info("accepting again");
    ev_timer_stop(ev, &a->retry);
    ev_io_start(ev, &a->readable);
}

/* Takes one connection in; false to stop for this turn. */
static bool accept_one(struct acceptor *a)
{
    char host[NET_HOST_MAX];
    int fd;

    if (atomic_load_explicit(&a->count->open, memory_order_relaxed) >=
        a->count->limit) {
        pause_accepting(a, "out of descriptors");
        return false;
    }
    int err = net_accept(a->fd, true, &fd, host);
    if (err == -EAGAIN)
        return false;
    if (err < 0) {
        pause_accepting(a, strerror(-err));
        return false;
    }
    long open =
        atomic_fetch_add_explicit(&a->count->open, 1, memory_order_relaxed) + 1;
    if (open > a->opts->max_clients) {
        if (!a->said_full)
            log_info("refusing clients: there are %ld (--max-clients)",
                     a->opts->max_clients);
        a->said_full = true;
        acceptor_closed(a->count);
        acceptor_refuse(fd, host, "Server is full");
        return true;
    }
    a->said_full = false;
    a->on_accept(a->arg, fd, host);
    return true;
}

static void on_readable(struct ev_loop *ev, ev_io *w, int revents)
{
    (void)ev;
    (void)revents;
    for (int i = 0; i < ACCEPTS_A_TURN && accept_one(w->data); i++)
        ;
}

void acceptor_init(struct acceptor *a, struct ev_loop *ev,
                   const struct server_options *opts, bool shared,
                   struct acceptor_count *count, acceptor_fn on_accept,
                   void *arg)
{
    *a = (struct acceptor){.ev = ev,
                           .opts = opts,
                           .count = count,
                           .on_accept = on_accept,
                           .arg = arg};
    a->fd = acceptor_listen(opts, true, shared, a->bound);
    ev_io_init(&a->readable, on_readable, a->fd, EV_READ);
    ev_timer_init(&a->retry, on_retry, 0, retry_seconds);
    a->readable.data = a->retry.data = a;
}

void acceptor_start(struct acceptor *a)
{
    ev_io_start(a->ev, &a->readable);
}

void acceptor_stop(struct acceptor *a)
{
    ev_io_stop(a->ev, &a->readable);
    ev_timer_stop(a->ev, &a->retry);
    close(a->fd);
}
