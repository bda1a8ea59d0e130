/*
 * exception - why something failed, as a value that can be handed around.
 *
 * C throws nothing. Where Netty would, ours returns -errno, fails a promise
 * with an exception, or fires it through the pipeline. An exception is a code
 * (-errno, to decide by) and a text (to read), never changed once made, and
 * counted: who keeps one past the call that gave it retains it.
 *
 * Any thread. Nothing blocks.
 */
#ifndef NETTY_EXCEPTION_H
#define NETTY_EXCEPTION_H

#include <stdatomic.h>
#include <stdint.h>

struct exception {
    int code;              /* set once: -errno, always below 0 */
    const char *text;      /* set once: one line, no full stop */
    _Atomic uint32_t refs; /* atomic: 0 in the static ones, never freed */
};

/* The common ones. Static, so that failing costs no memory. */
extern struct exception exception_closed_channel;    /* -EPIPE */
extern struct exception exception_cancelled;         /* -ECANCELED */
extern struct exception exception_rejected;          /* -ESHUTDOWN */
extern struct exception exception_not_yet_connected; /* -ENOTCONN */
extern struct exception exception_out_of_memory;     /* -ENOMEM */

/* A new one with one reference, the caller's; `code` is -errno. Never NULL:
 * without memory it is exception_out_of_memory. */
struct exception *exception_new(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns `e`. */
struct exception *exception_retain(struct exception *e);

/* NULL is ignored. */
void exception_release(struct exception *e);

#endif
