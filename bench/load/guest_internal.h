/*
 * guest_internal - what guest.c (the course of one) and guests.c (all of a
 * worker's) share.
 */
#ifndef CHAT_LOAD_GUEST_INTERNAL_H
#define CHAT_LOAD_GUEST_INTERNAL_H

#include <sys/queue.h>

#include "bench/load/guest.h"
#include "bench/load/timeline.h"
#include "bench/load/trace.h"

struct guest {
    struct conn conn; /* first, so that each is found from the other */
    uint32_t number;  /* of the worker's guests */
    uint32_t words;   /* it is going to say */
    enum guest_exit exit;
    bool hasty;                 /* leaves right after the last word */
    bool leaving;               /* it has begun to leave */
    uint64_t began;             /* ns: when its connect did */
    uint64_t due;               /* ns: its next word, or its end */
    struct guests_queue *queue; /* it is in */
    TAILQ_ENTRY(guest) link;    /* in that */
    bool met[];                 /* by sender: one of its messages has come */
};

TAILQ_HEAD(guests_queue, guest);

struct guests {
    struct guests_queue waiting; /* for the server */
    struct guests_queue talking; /* until the first is due, and so on */
    struct guests_queue deaf;    /* the same: due to vanish */
    struct guests_queue dead;    /* closed in this turn: freed at its end */
    struct timeline clock;       /* when they come */
    struct rng pick;             /* into which room */
    struct traces traces;
    uint32_t present; /* not closed yet */
    uint32_t places;  /* they may be */
    bool coming;      /* guests come */
    bool put_off;     /* the next one is late already */
    struct guest_results results;
};

/* The guests' indices follow the steady connections' and are dealt out to the
 * workers in turn. False: another worker's guest. */
static inline uint32_t guest_index(const struct worker *w, uint32_t number)
{
    const struct options *opt = w->run->opt;

    return opt->conns + number * opt->threads + w->index;
}

static inline bool guest_number(const struct worker *w, uint32_t index,
                                uint32_t *number)
{
    const struct options *opt = w->run->opt;
    uint32_t n = index - opt->conns;

    *number = n / opt->threads;
    return n % opt->threads == w->index;
}

/* Into another queue, at its end. */
void guest_move(struct guest *g, struct guests_queue *to);

/* It is due: says its next word or leaves; see leave() and vanish(). */
void guest_talk(struct worker *w, struct guest *g, uint64_t now);

/* Leaves its way. */
void guest_leave(struct worker *w, struct guest *g, uint64_t now);

/* Ends who has ceased to read: looks at what it holds, then sends RST. */
void guest_vanish(struct worker *w, struct guest *g);

/* Closes by RST. */
void guest_reset(struct worker *w, struct guest *g);

#endif
