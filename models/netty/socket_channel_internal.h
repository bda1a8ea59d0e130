/*
 * socket_channel_internal - what the socket channel's two files share.
 */
#ifndef NETTY_SOCKET_CHANNEL_INTERNAL_H
#define NETTY_SOCKET_CHANNEL_INTERNAL_H

#include "models/netty/fd_channel.h"
#include "models/netty/scheduler.h"

struct socket_channel {
    struct fd_channel base; /* first */

    /* loop thread only: */
    struct promise *connect_promise;          /* counted; or NULL */
    struct scheduled_future *connect_timeout; /* or NULL */
    struct socket_address remote;             /* of the connect */
    uint32_t guess;                           /* size of the next read buffer */
    bool small_read;     /* the last read would have fitted in half of it */
    bool connecting;     /* a connect is under way */
    bool input_shutdown; /* the peer sends no more, and we have been told */
};

void socket_channel_init_guess(struct socket_channel *sc);
void socket_channel_on_readable(struct channel *ch);
int socket_channel_do_write(struct channel *ch);

#endif
