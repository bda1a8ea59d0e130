/*
 * server_socket_channel - a listening socket as a channel: its messages are the
 * channels it has accepted.
 *
 * Each readiness accepts up to CHANNEL_OPTION_MAX_MESSAGES_PER_READ connections
 * and fires each through the server channel's pipeline; server_bootstrap puts
 * a handler there that registers them with the worker group. When accept()
 * fails (no descriptors), exception_caught is fired and the channel stays open.
 *
 * Source: io.netty.channel.socket.nio.NioServerSocketChannel.
 */
#ifndef NETTY_SERVER_SOCKET_CHANNEL_H
#define NETTY_SERVER_SOCKET_CHANNEL_H

#include "models/netty/channel.h"

/* A socket for `family` (AF_INET, AF_INET6), not bound. One reference, the
 * caller's. NULL with errno. */
struct channel *server_socket_channel_new(int family);

#endif
