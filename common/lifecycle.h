/*
 * lifecycle - a server's signals on its main loop: stop, and write the stats.
 *
 * Loop thread only. Nothing blocks but the writing of the stats file.
 */
#ifndef CHAT_LIFECYCLE_H
#define CHAT_LIFECYCLE_H

#include <ev.h>

#include "common/options.h"

struct lifecycle {
    /* set once: */
    const struct server_options *opts; /* where the stats go */
    void (*on_stop)(struct ev_loop *); /* SIGTERM or SIGINT has come; once */
    ev_io stop;                        /* watches for them */
    ev_io usr1;                        /* watches for SIGUSR1 */
};

/* Watches from now on. signals_setup() has been called. */
void lifecycle_start(struct lifecycle *l, struct ev_loop *ev,
                     const struct server_options *opts,
                     void (*on_stop)(struct ev_loop *));

/* Creates an epoll loop, or exits with 1: set-up only. The caller destroys. */
struct ev_loop *lifecycle_new_loop(void);

/* Creates the chat of these options, or exits with 1: set-up only. */
struct chat;
struct msg;
struct chat *lifecycle_new_chat(const struct server_options *opts,
                                void (*deliver)(void *owner, struct msg *msg));

#endif
