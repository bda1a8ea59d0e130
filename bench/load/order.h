/*
 * order - one conversation for all: the total order of a room, on a sample.
 *
 * All members of a room must see all messages in the same order, each leaving
 * out its own. Two members are compared on the messages that neither of them
 * sent, where their views must be the same sequence. Only a message that both
 * have seen says anything, and it says it when the second of them does: so one
 * that is late at a member is told from one that is out of order, and a lost
 * one disturbs nothing (it is counted elsewhere). Only what one of the two has
 * not seen yet is remembered.
 *
 * Every pair of the sampled members is compared: with one reference for all,
 * the others' order of the reference's own messages would go unseen.
 *
 * One thread; nothing blocks. Out of memory ends the program.
 */
#ifndef CHAT_LOAD_ORDER_H
#define CHAT_LOAD_ORDER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ORDER_SAMPLE_MAX = 16,        /* members compared in a room */
    ORDER_PENDING_MAX = 32 * 1024 /* messages one may be behind the other */
};

/* Two members' views. A zeroed one is ready for use. */
struct order_pair {
    uint32_t seen[2];          /* messages each has seen */
    uint32_t shared[2];        /* of these, the latest that both have */
    uint32_t pending;          /* messages seen by one of them only */
    uint32_t mask;             /* places of the table, less one */
    bool full;                 /* no more is remembered, only compared */
    bool closed;               /* nothing is compared any more */
    struct order_entry *table; /* of these, by number; NULL: empty */
};

enum order_result {
    ORDER_FIRST,    /* the other has not seen it yet: nothing to compare */
    ORDER_SAME,     /* in the order the other saw it */
    ORDER_VIOLATED, /* after a message that the other saw later */
    ORDER_GIVEN_UP  /* too far apart: what comes from here on is unchecked */
};

/* Member `side` (0 or 1) sees message `number`, for the first time; numbers are
 * unique in the room. */
enum order_result order_pair_see(struct order_pair *p, int side,
                                 uint32_t number);

/* How many messages member `side` has not seen though the other saw them before
 * others that it has seen. What a member that was cut off holds has none. */
uint32_t order_pair_gaps(const struct order_pair *p, int side);

/* Compares no more and forgets. */
void order_pair_close(struct order_pair *p);

/* The sampled members of a room. */
struct order {
    uint32_t count;           /* of them */
    uint32_t *member;         /* their connections' indices */
    struct order_pair **pair; /* [i * count + j], i < j; NULL: not compared */
};

/* Compares the first `steady` of the `count` members with each other and each
 * of the rest (slow by design) with the first. */
struct order *order_new(const uint32_t *member, uint32_t steady,
                        uint32_t count);
void order_free(struct order *o);

/* What was found, to be added up. */
struct order_findings {
    uint64_t compared;   /* messages met by the second of a pair */
    uint64_t violations; /* of these, out of order */
    uint64_t given_up;   /* pairs */
};

/* Sampled member `i` has got message `number` of connection `sender`. */
void order_see(struct order *o, uint32_t i, uint32_t sender, uint32_t number,
               struct order_findings *f);

/* Sampled member `i` is gone: the most messages missing in the midst of what it
 * had, by any pair. */
uint32_t order_leave(struct order *o, uint32_t i);

#endif
