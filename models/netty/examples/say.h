/*
 * say - what the examples print with, and how they end when something fails.
 *
 * Everything else in an example is as it would be in a program of one's own.
 */
#ifndef NETTY_EXAMPLES_SAY_H
#define NETTY_EXAMPLES_SAY_H

#include <semaphore.h>
#include <stdint.h>

#include "models/netty/bootstrap.h"
#include "models/netty/bytebuf.h"
#include "models/netty/channel.h"
#include "models/netty/codec_string.h"
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

/* sem_wait() that is not interrupted. */
void wait_until(sem_t *what);

/* The address 127.0.0.1:`port`; 0 is any free one. */
struct socket_address loopback(int port);

/* Listens at a free port, which `at` says then; ends the program if it cannot.
 * The future has the server channel and is the caller's to release. */
struct future *listen_at(struct server_bootstrap *b, struct socket_address *at);

/* The same for a client: waits until it is connected. */
struct future *connect_to(struct bootstrap *b, const struct socket_address *at);

/* Writes a text as a ByteBuf and waits until the kernel has it. Not in the
 * channel's own loop. 0, or the write's -errno. */
int send_text(struct channel *ch, const char *text);

/* For an initializer: adds what turns bytes into lines (struct string) and
 * lines into bytes: a line framer, and the string codec. 0 or -errno. */
int add_line_codec(struct channel_pipeline *p);

/* An initializer's function: these, and behind them the handler `last`. */
int init_line_channel(struct channel *ch, void *last);

/* The text of a message that the line codec has made. */
static inline const char *line_text(struct reference_counted *msg)
{
    return ((struct string *)msg)->text; /* begins with it */
}

/* For a handler behind these: writes a text, which ends with its LF, from its
 * place. 0 or -ENOMEM. */
int write_line(struct channel_handler_context *ctx, const char *line);

/* Milliseconds since `*since`, which is set to now. */
double elapsed_ms(uint64_t *since);

#endif
