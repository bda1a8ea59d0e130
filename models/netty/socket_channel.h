/*
 * socket_channel - a TCP connection as a channel: reads and writes bytebufs.
 *
 * Reading: at most CHANNEL_OPTION_MAX_MESSAGES_PER_READ times a readiness, each
 * into a buffer whose size follows what comes (64 bytes to
 * CHANNEL_OPTION_RCVBUF_MAX); then channel_read_complete, once. A buffer that
 * is not filled ends the burst: the socket is empty. The end of the input
 * closes the channel; an error too, after what came has been delivered.
 *
 * Writing: up to 1024 flushed buffers in one gathering call, at most
 * CHANNEL_OPTION_WRITE_SPIN_COUNT calls a flush; what the kernel does not take
 * waits for EV_WRITE.
 *
 * Source: io.netty.channel.socket.nio.NioSocketChannel,
 * AbstractNioByteChannel, AdaptiveRecvByteBufAllocator.
 */
#ifndef NETTY_SOCKET_CHANNEL_H
#define NETTY_SOCKET_CHANNEL_H

#include "models/netty/channel.h"

/* A socket for `family` (AF_INET, AF_INET6), not connected. One reference, the
 * caller's. NULL with errno. */
struct channel *socket_channel_new(int family);

/* Around a connected, non-blocking socket, which is taken over; `parent`, whose
 * pipeline will see it as a message, or NULL. NULL with errno, fd closed. */
struct channel *socket_channel_adopt(int fd, struct channel *parent);

/* Takes the socket out of a channel that was never registered: the caller's to
 * close. The channel is to be released. */
int socket_channel_detach(struct channel *ch);

/* Shuts the sending half; what is queued fails. In the loop. The promise may
 * be NULL. */
void socket_channel_shutdown_output(struct channel *ch,
                                    struct promise *promise);

#endif
