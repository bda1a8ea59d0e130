/*
 * random - a small seeded generator, so that a run can be repeated.
 *
 * SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one 64-bit state, every seed
 * good. For shuffles and resampling, not for secrets. Pure.
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed, then what came of it */
};

uint64_t random_next(struct random *r);

/* Uniform in [0, n), n > 0, without the bias of a plain modulo. */
size_t random_below(struct random *r, size_t n);

#endif
