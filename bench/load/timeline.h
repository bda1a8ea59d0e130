/*
 * timeline - when an open loop is to send: one sequence of instants in ns.
 *
 * Poisson arrivals (independent users) or a fixed gap. The next instant follows
 * from the one before it and never from the clock, so a late sender catches up
 * with every message it owes; nothing is skipped and nothing rounded to a tick.
 *
 * Also the generator's random numbers: xoshiro256** seeded by splitmix64, so
 * that a seed draws the same schedule everywhere. One owner thread.
 */
#ifndef CHAT_LOAD_TIMELINE_H
#define CHAT_LOAD_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t s[4]; /* state of xoshiro256** */
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);

/* Uniform in [0, n). n > 0. */
uint32_t rng_below(struct rng *r, uint32_t n);

struct timeline {
    uint64_t start; /* CLOCK_MONOTONIC ns of its zero */
    double gap_ns;  /* mean distance of two instants */
    double offset;  /* of `due` from start, ns before rounding */
    uint64_t count; /* instants up to `due` */
    uint64_t due;   /* the next instant, CLOCK_MONOTONIC ns */
    bool poisson;   /* else fixed */
    struct rng rng; /* draws the gaps */
};

/* The first instant is one gap after `start`. */
void timeline_start(struct timeline *t, uint64_t start, double per_second,
                    bool poisson, uint64_t seed);

/* On to the next instant. */
void timeline_advance(struct timeline *t);

#endif
