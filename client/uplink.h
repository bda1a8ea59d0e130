/*
 * uplink - one non-blocking connection to the server, on a libev loop.
 *
 * Connects without blocking, trying each of the host's addresses in turn;
 * frames and parses what comes in, queues what goes out. The name was resolved
 * before (that blocks): a server that moves to another address while we try to
 * reconnect is not found again until the client is started anew.
 *
 * Loop thread only, nothing blocks. An error of the connection is reported by
 * on_lost, once, and leaves it closed, ready for uplink_open. Running out of
 * memory ends the program.
 */
#ifndef CHAT_UPLINK_H
#define CHAT_UPLINK_H

#include <ev.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/inbuf.h"
#include "common/irc.h"
#include "common/outbuf.h"

/* Seconds for one address to take the connection. */
#define UPLINK_TIMEOUT_S 10.0

/* May call uplink_send and uplink_close, but not uplink_open. */
struct uplink_ops {
    void (*on_open)(void *ctx); /* connected: register now */
    /* a line; m lives until the callback returns */
    void (*on_message)(void *ctx, const struct irc_message *m);
    void (*on_overlong)(void *ctx); /* a line was dropped: over 512 bytes */
    /* it is closed; was_open: it had been connected */
    void (*on_lost)(void *ctx, bool was_open, const char *why);
};

struct uplink {
    /* set once: */
    struct ev_loop *loop;             /* the caller's */
    const struct addrinfo *addresses; /* the caller's */
    const struct uplink_ops *ops;     /* the caller's */
    void *ctx;                        /* for ops */

    /* loop thread only: */
    const struct addrinfo *trying; /* the address being connected to */
    int fd;                        /* -1: closed */
    bool is_open;                  /* connected, not just connecting */
    struct ev_io reading;          /* active while open */
    struct ev_io writing;     /* active while connecting, or after EAGAIN */
    struct ev_timer patience; /* ends an attempt to connect */
    struct inbuf in;          /* the start of an unfinished line */
    struct outbuf out;        /* lines not sent yet */
    ev_tstamp heard;          /* when the last bytes came in */
};

void uplink_init(struct uplink *c, struct ev_loop *loop,
                 const struct addrinfo *addresses, const struct uplink_ops *ops,
                 void *ctx);

/* Begins to connect; on_open or on_lost tells how it went (on_lost perhaps
 * before this returns). */
void uplink_open(struct uplink *c);

/* Queues whole lines; uplink_flush sends them. Dropped when not open. */
void uplink_send(struct uplink *c, const char *bytes, size_t len);

/* Sends what is queued, as far as the kernel takes it. Once a loop turn. */
void uplink_flush(struct uplink *c);

/* Closes at once; on_lost is not called. */
void uplink_close(struct uplink *c);

#endif
