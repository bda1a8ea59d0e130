/*
 * source - the local addresses that connections are made from.
 *
 * One address has about 28,000 ports to offer towards one server; more
 * connections than that need more addresses. All of 127.0.0.0/8 is at hand on
 * any machine. Pure functions; any thread.
 */
#ifndef CHAT_LOAD_SOURCE_H
#define CHAT_LOAD_SOURCE_H

#include <stdint.h>
#include <sys/socket.h>

/* ADDR and what follows it within the prefix. Zeroed: the kernel chooses. */
struct source {
    sa_family_t family;      /* AF_INET, AF_INET6; AF_UNSPEC: not given */
    unsigned char bytes[16]; /* ADDR in network order; 4 of them with IPv4 */
    uint64_t count;          /* addresses, at most 2^32 */
};

/* "ADDR" or "ADDR/PREFIX". Returns 0 or -EINVAL. */
int source_parse(struct source *s, const char *text);

/* Address `i` modulo count, port 0; returns its length. */
socklen_t source_pick(const struct source *s, uint64_t i,
                      struct sockaddr_storage *to);

#endif
