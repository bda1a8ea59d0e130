/*
 * net - sockets, with their errors as -errno and their calls counted.
 *
 * net_send and net_recv are the only ways a server's bytes move, so that the
 * counts of reads, writes and bytes are complete. IPv4 and IPv6.
 */
#ifndef CHAT_NET_H
#define CHAT_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    NET_HOST_MAX = 48, /* an address as text, with its NUL */
    NET_ADDR_MAX = 64, /* "addr:port" or "[addr]:port", with its NUL */
    /* SO_SNDBUF of a client's socket (the kernel doubles it). Set, because
     * loopback otherwise takes 4 MiB for a reader that has stopped before it
     * says EAGAIN, for each of them. */
    NET_SNDBUF = 128 * 1024,
};

/*
 * A listening socket, non-blocking if `nonblocking`; with `shared`, others may
 * listen on the same port and the kernel spreads the connections
 * (SO_REUSEPORT). `port` 0 takes any. On success *fd is it (the caller
 * closes it) and `bound` its address as text, with the port it got. 0 or
 * -errno; -EINVAL when `addr` is no IPv4 or IPv6 address.
 */
int net_listen(const char *addr, int port, int backlog, bool nonblocking,
               bool shared, int *fd, char bound[NET_ADDR_MAX]);

/*
 * Takes one connection: *fd is it, with TCP_NODELAY and NET_SNDBUF set, `host`
 * its address as a protocol parameter (an IPv6 address that starts with ':'
 * gets a '0' in front). 0 or -errno: -EAGAIN none is waiting (non-blocking
 * socket), -EMFILE and the like: see net_out_of_resources. Connections that
 * died while waiting are skipped.
 */
int net_accept(int listen_fd, bool nonblocking, int *fd,
               char host[NET_HOST_MAX]);

/* Whether `err` (positive) says that descriptors or memory have run out: stop
 * accepting for a while. */
bool net_out_of_resources(int err);

/*
 * recv() and send() with EINTR retried; bytes moved, or -errno. net_recv: 0 is
 * the peer's end. On a blocking socket they block.
 */
long net_recv(int fd, char *data, size_t size);
long net_send(int fd, const char *data, size_t len);

/* Takes and drops what has come in: closing a socket with unread bytes would
 * send a reset, which can destroy what the peer has yet to read. */
void net_discard_input(int fd);

/*
 * Raises the soft limit on descriptors to the hard one, and the hard one too
 * if `wanted` is above it and we may. Returns the soft limit now in force.
 */
long net_raise_descriptor_limit(long wanted);

#endif
