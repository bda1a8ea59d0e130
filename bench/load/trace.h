/*
 * trace - what each churner said, and which steady members heard it.
 *
 * A churner may vanish with words on the way, which then reach everybody or
 * nobody: the steady members of its room must agree on a gapless prefix, and on
 * all of it when the churner left in an orderly manner. A trace outlives its
 * churner until that is certain: either everybody has heard it all, and then a
 * word that comes again is a duplicate, or the run is over.
 *
 * The worker's thread only; nothing blocks. Out of memory ends the program.
 */
#ifndef CHAT_LOAD_TRACE_H
#define CHAT_LOAD_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { TRACE_WORDS_MAX = 8 }; /* a churner says at most so many messages */

struct conn;
struct room;
struct counters;

/* One churner's account. */
struct trace {
    struct room *room;
    uint32_t deliveries; /* words heard, over all members */
    uint8_t said;        /* words */
    bool left;           /* it will say no more */
    bool whole;          /* it left so that all it said must be heard */
    uint8_t must;        /* words that must be heard, as bits; set late */
    uint8_t heard[];     /* by place in the room: the words, as bits */
};

/* All traces of a worker, by the churner's number. A zeroed one is empty. */
struct traces {
    struct trace **list; /* NULL where a trace was settled */
    uint32_t count;      /* churners so far */
    uint32_t waiting;    /* left whole, and not heard by all yet */
};

/* The next churner's trace; its number is count - 1 then. */
struct trace *trace_new(struct traces *t, struct room *room);
void traces_clear(struct traces *t);

/* Steady member `c` of `room` heard word `seq` of churner `number`. True: it
 * had not before. */
bool trace_heard(struct traces *t, struct counters *n, uint32_t number,
                 uint32_t seq, const struct conn *c);

/* The churner says no more; `whole`: what it said cannot have been lost. */
void trace_left(struct traces *t, uint32_t number, bool whole);

/*
 * Everybody has answered the last PING: whatever one member has heard by now
 * must be with all in the end.
 */
void traces_close(struct traces *t);

/* After the last close: adds what was not heard to `lost`, and what is missing
 * at members that were closed under load to `gaps`. */
void traces_settle(struct traces *t, struct counters *n);

#endif
