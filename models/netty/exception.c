#include "models/netty/exception.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct exception exception_closed_channel = {
    .code = -EPIPE,
    .text = "the channel is closed",
};
struct exception exception_cancelled = {
    .code = -ECANCELED,
    .text = "cancelled",
};
struct exception exception_rejected = {
    .code = -ESHUTDOWN,
    .text = "the event executor has been shut down",
};
struct exception exception_not_yet_connected = {
    .code = -ENOTCONN,
    .text = "the channel is not connected",
};
struct exception exception_out_of_memory = {
    .code = -ENOMEM,
    .text = "out of memory",
};

struct exception *exception_new(int code, const char *fmt, ...)
{
    va_list ap, again;

    assert(code < 0);
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    struct exception *e = len < 0 ? NULL : malloc(sizeof(*e) + (size_t)len + 1);
    if (e) {
        char *text = (char *)(e + 1);
        vsnprintf(text, (size_t)len + 1, fmt, again);
        e->code = code;
        e->text = text;
        atomic_init(&e->refs, 1);
    }
    va_end(again);
    return e ? e : &exception_out_of_memory;
}

struct exception *exception_retain(struct exception *e)
{
    /* Relaxed, and the test too: a counted one is never 0 while held. */
    if (atomic_load_explicit(&e->refs, memory_order_relaxed) > 0)
        atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void exception_release(struct exception *e)
{
    if (!e || atomic_load_explicit(&e->refs, memory_order_relaxed) == 0)
        return;
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1)
        free(e);
}
