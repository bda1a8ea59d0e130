/*
 * random - the tests' random numbers: the same in every run and on every
 * machine, so that a failure can be looked at again.
 */
#ifndef CHAT_TESTS_RANDOM_H
#define CHAT_TESTS_RANDOM_H

#include <stdint.h>

/* The next 31 bits of the sequence that *x, the seed, began. */
static inline unsigned next_random(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*x >> 33);
}

#endif
