/*
 * fence - knowing what the server has taken.
 *
 * IRC acknowledges nothing, and a send() that succeeds says only that our own
 * kernel has the bytes. But a server handles a connection's lines in order: a
 * PING behind them is a fence, and its PONG says that everything in front of it
 * has been taken. One fence is on its way at a time; what is sent meanwhile
 * goes under the next, so that a flood of lines costs a PING a round trip, not
 * a PING a line.
 *
 * Pure: the caller sends the PINGs.
 */
#ifndef CHAT_FENCE_H
#define CHAT_FENCE_H

#include <stdbool.h>
#include <stddef.h>

struct fence_line {
    char *text;      /* malloc'ed: what was said, for the user */
    unsigned number; /* the fence whose answer says that it was taken */
};

/* Zeroed is ready. */
struct fence {
    unsigned sent;            /* number of the last fence sent, 0: none */
    unsigned answered;        /* number of the last one answered */
    bool wanted;              /* something was sent behind the last fence */
    struct fence_line *lines; /* malloc'ed: said and not yet taken */
    size_t n_lines;           /* how many */
    size_t cap_lines;         /* entries at lines */
};

void fence_free(struct fence *f);

/* The connection is new: nothing is on its way, nothing in doubt. */
void fence_reset(struct fence *f);

/* A line that the user will miss if it is lost is being sent. */
void fence_add_line(struct fence *f, const char *text, size_t len);

/* Asks for a fence behind what was sent up to now; its number. */
unsigned fence_want(struct fence *f);

/* Whether to send PING now, with *number. Call after fence_want and
 * fence_answer. */
bool fence_take(struct fence *f, unsigned *number);

/* The same without waiting for the answer to the last one: nothing can be sent
 * later, behind a QUIT. */
bool fence_take_last(struct fence *f, unsigned *number);

/* The answer to fence `number` came; numbers that were never sent are left
 * alone. */
void fence_answer(struct fence *f, unsigned number);

/* Whether everything sent has been taken. */
bool fence_is_settled(const struct fence *f);

#endif
