#include "bench/load/timeline.h"

#include <math.h>

void rng_seed(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        r->s[i] = z ^ z >> 31;
    }
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    /* The bias of at most n / 2^32 is of no account for a choice of rooms. */
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

void timeline_advance(struct timeline *t)
{
    t->count++;
    if (t->poisson) /* u in (0, 1]: log(0) cannot happen */
        t->offset -=
            t->gap_ns * log((double)((rng_next(&t->rng) >> 11) + 1) * 0x1p-53);
    else /* a product, as a sum of rounded gaps would drift */
        t->offset = t->gap_ns * (double)t->count;
    t->due = t->start + (uint64_t)t->offset;
}

void timeline_start(struct timeline *t, uint64_t start, double per_second,
                    bool poisson, uint64_t seed)
{
    t->start = start;
    t->gap_ns = 1e9 / per_second;
    t->offset = 0;
    t->count = 0;
    t->poisson = poisson;
    rng_seed(&t->rng, seed);
    timeline_advance(t);
}
