/*
 * channel_initializer - the handler that sets up the others, and goes.
 *
 * Its init_channel runs once for each channel, as soon as the channel has its
 * loop; then it removes itself. If it fails the channel is closed. It is
 * sharable: one serves all channels of a server.
 *
 *     static int init_channel(struct channel *ch, void *arg)
 *     {
 *         return channel_pipeline_add_last(channel_pipeline(ch), NULL, "echo",
 *                                          echo_handler_new());
 *     }
 *     static struct channel_initializer initializer =
 *         CHANNEL_INITIALIZER(init_channel, NULL);
 *
 * Source: io.netty.channel.ChannelInitializer.
 */
#ifndef NETTY_CHANNEL_INITIALIZER_H
#define NETTY_CHANNEL_INITIALIZER_H

#include "models/netty/channel.h"

struct channel_initializer {
    struct channel_handler handler; /* first */

    /* set once: */
    int (*init_channel)(struct channel *ch, void *arg); /* 0 or -errno */
    void *arg;                                          /* for it */
};

extern const struct channel_handler_ops channel_initializer_ops;

#define CHANNEL_INITIALIZER(function, argument)                                \
    {                                                                          \
        .handler = {.ops = &channel_initializer_ops},                          \
        .init_channel = (function), .arg = (argument)                          \
    }

#endif
