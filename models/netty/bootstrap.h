/*
 * bootstrap - from a few settings to a running server or client.
 *
 *     struct server_bootstrap b;
 *     server_bootstrap_init(&b, boss, workers);
 *     server_bootstrap_child_handler(&b, &initializer.handler);
 *     server_bootstrap_child_option(&b, CHANNEL_OPTION_TCP_NODELAY, 1);
 *     struct future *f = server_bootstrap_bind(&b, &address);
 *     if (future_sync(f) < 0) ...
 *
 * A bootstrap is a template: it may be used for several channels, and must
 * stay, with its handlers, as long as they accept. Not for two threads at a
 * time. Nothing blocks: the steps (register, bind or connect) are queued on the
 * channel's loop in this order, and the future tells how they ended; its
 * channel is future_channel().
 *
 * Source: io.netty.bootstrap.Bootstrap, ServerBootstrap.
 */
#ifndef NETTY_BOOTSTRAP_H
#define NETTY_BOOTSTRAP_H

#include "models/netty/channel.h"

enum { BOOTSTRAP_OPTIONS_MAX = 16 };

struct bootstrap_option {
    enum channel_option option;
    long value;
};

struct bootstrap_options {
    struct bootstrap_option items[BOOTSTRAP_OPTIONS_MAX];
    int n;
};

/* Makes a channel; NULL with errno. */
typedef struct channel *(*channel_factory_fn)(int family);

/* Of a client. */
struct bootstrap {
    struct event_executor_group *group; /* its channels' loops */
    channel_factory_fn factory;         /* socket_channel_new unless set */
    struct channel_handler *handler;    /* added to each channel; or NULL */
    struct bootstrap_options options;   /* of each channel */
};

/* Of a server. */
struct server_bootstrap {
    struct event_executor_group *boss;      /* of the server channel */
    struct event_executor_group *workers;   /* of the accepted ones */
    channel_factory_fn factory;             /* server_socket_channel_new */
    struct channel_handler *handler;        /* the server channel's; or NULL */
    struct channel_handler *child_handler;  /* the accepted ones': sharable */
    struct bootstrap_options options;       /* the server channel's */
    struct bootstrap_options child_options; /* the accepted ones' */
};

/* ---- client ---- */

void bootstrap_init(struct bootstrap *b, struct event_executor_group *group);

/* The handler of each channel, most often a channel_initializer; one that is
 * not sharable serves for one channel. */
void bootstrap_handler(struct bootstrap *b, struct channel_handler *handler);

/* Too many are misuse. */
void bootstrap_option(struct bootstrap *b, enum channel_option option,
                      long value);

/* Makes a channel, registers and connects it. A failure closes the channel and
 * fails the future, which is the caller's to release. NULL: no memory. */
struct future *bootstrap_connect(struct bootstrap *b,
                                 const struct socket_address *remote);

/* Only registers a channel. */
struct future *bootstrap_register(struct bootstrap *b, int family);

/* ---- server ---- */

/* `workers` NULL: the boss does everything. */
void server_bootstrap_init(struct server_bootstrap *b,
                           struct event_executor_group *boss,
                           struct event_executor_group *workers);
void server_bootstrap_handler(struct server_bootstrap *b,
                              struct channel_handler *handler);
void server_bootstrap_child_handler(struct server_bootstrap *b,
                                    struct channel_handler *handler);
void server_bootstrap_option(struct server_bootstrap *b,
                             enum channel_option option, long value);
void server_bootstrap_child_option(struct server_bootstrap *b,
                                   enum channel_option option, long value);

/* Makes a server channel, registers and binds it: accepting begins. Without a
 * sharable child handler: misuse. Else as bootstrap_connect. */
struct future *server_bootstrap_bind(struct server_bootstrap *b,
                                     const struct socket_address *local);

/* The channel of a bootstrap's or channel's future; borrowed, as long as the
 * future. NULL if it could not even be made. */
static inline struct channel *future_channel(const struct future *f)
{
    return f->channel;
}

/* Milliseconds that accepting pauses after it has failed. */
enum { SERVER_BOOTSTRAP_ACCEPT_PAUSE_MS = 1000 };

#endif
