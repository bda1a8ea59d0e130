/*
 * acceptor - takes new connections in on a libev loop.
 *
 * Out of descriptors it pauses, says so once, and looks again ten times a
 * second: those who wait stay in the kernel's backlog and nobody else notices.
 * Beyond --max-clients it refuses with an ERROR line. It keeps a few
 * descriptors free for the server itself, so that a stats file can always be
 * written.
 *
 * Loop thread only, acceptor_closed apart. Nothing blocks.
 */
#ifndef CHAT_ACCEPTOR_H
#define CHAT_ACCEPTOR_H

#include <ev.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/net.h"
#include "common/options.h"

/* A connected, non-blocking socket for the model to own, and its address. */
typedef void (*acceptor_fn)(void *arg, int fd, const char *host);

/* How many connections there are, whatever thread owns them. */
struct acceptor_count {
    _Atomic long open; /* atomic: accepted and not yet closed */
    long limit;        /* set once: pause accepting at this many */
};

struct acceptor {
    /* set once: */
    struct ev_loop *ev;                /* the loop it runs on */
    const struct server_options *opts; /* where to listen, limits */
    struct acceptor_count *count;      /* may be shared by acceptors */
    acceptor_fn on_accept;             /* the model's part */
    void *arg;                         /* for it */
    char bound[NET_ADDR_MAX];          /* address and port, as text */

    /* loop thread only: */
    int fd;         /* the listening socket */
    ev_io readable; /* active while accepting */
    ev_timer retry; /* active while paused */
    bool said_full; /* the --max-clients line has been logged */
};

/* Listens; with `shared`, beside others on the same port (SO_REUSEPORT). Exits
 * with 1 and the reason when it cannot: set-up only. */
void acceptor_init(struct acceptor *a, struct ev_loop *ev,
                   const struct server_options *opts, bool shared,
                   struct acceptor_count *count, acceptor_fn on_accept,
                   void *arg);

/* Begins to accept. */
void acceptor_start(struct acceptor *a);

/* Stops for good and closes the socket. */
void acceptor_stop(struct acceptor *a);

/* A connection has been closed. Any thread. */
static inline void acceptor_closed(struct acceptor_count *count)
{
    atomic_fetch_sub_explicit(&count->open, 1, memory_order_relaxed);
}

/* ---- also for a model that accepts without a loop ---- */

/* Listens, or exits with 1. Returns the socket; `bound` as in net_listen. */
int acceptor_listen(const struct server_options *opts, bool nonblocking,
                    bool shared, char bound[NET_ADDR_MAX]);

/* Sets the limit from the descriptors free now. After all other set-up. */
void acceptor_count_init(struct acceptor_count *count,
                         const struct server_options *opts);

/* The ready line. Exits when stdout is closed. */
void acceptor_say_ready(const char *model, const char *bound);

/* Ends a connection that was never opened, with the reason in an ERROR line;
 * counts it as refused. Does not block, not even on a blocking socket. */
void acceptor_refuse(int fd, const char *host, const char *reason);

#endif
