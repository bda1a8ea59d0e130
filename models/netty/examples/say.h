/*
 * say - what the examples print with, and how they end when something fails.
 *
 * Everything else in an example is as it would be in a program of one's own.
 */
#ifndef NETTY_EXAMPLES_SAY_H
#define NETTY_EXAMPLES_SAY_H

#include <stdatomic.h>

#include "models/netty/bytebuf.h"
#include "models/netty/channel.h"
#include "models/netty/promise.h"

/* Prints "[name of the thread] text" and a newline, whole. Any thread. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The readable bytes of a message that is a ByteBuf, for say("%.*s", ...). */
#define SAY_BYTES(buf)                                                         \
    (int)bytebuf_readable_bytes(buf), (const char *)bytebuf_readable(buf)

/* Returns if `err` is 0; else prints "cannot WHAT: why" and exits with 1. `err`
 * is 0 or -errno. */
void check(int err, const char *what);

/* The same for a function that returns NULL with errno: returns `p`. */
void *made(void *p, const char *what);

/* Waits until the future has succeeded, or ends the program as check() does.
 * Gives the caller's reference back. NULL: no memory. */
void wait_for(struct future *f, const char *what);

/* The address 127.0.0.1:`port`; 0 is any free one. */
struct socket_address loopback(int port);

/* Milliseconds since `*since`, which is set to now. */
double elapsed_ms(uint64_t *since);

#endif
