/*
 * msg - one finished protocol line, CR LF included, shared by its receivers.
 *
 * A message is formatted once, however many receive it. Whoever keeps a
 * pointer past the call that gave it takes a reference. The bytes never change
 * after msg_new, so readers on any thread need no lock.
 */
#ifndef CHAT_MSG_H
#define CHAT_MSG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct msg {
    _Atomic uint32_t refs; /* atomic: 1 from msg_new, freed at 0 */
    uint32_t len;          /* set once: bytes in data */
    char data[];           /* set once */
};

/* A copy of the bytes with one reference, the caller's. NULL: no memory. */
struct msg *msg_new(const char *bytes, size_t len);

/* Any thread that holds a reference. Relaxed: the caller's own reference
 * already keeps the message alive. */
static inline struct msg *msg_ref(struct msg *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

/* Gives one reference back; the last frees. Any thread. */
void msg_unref(struct msg *m);

#endif
