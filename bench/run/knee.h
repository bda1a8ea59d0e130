/*
 * knee - searches the highest rate a server carries.
 *
 * A rate passes if all is delivered and p99 stays within a limit. From a first
 * guess the search widens until one rate passed and a higher one failed, then
 * halves the gap (of the logarithms) until it is within KNEE_PRECISION. The
 * trials are the caller's; this is only the arithmetic. Pure.
 */
#ifndef BENCH_KNEE_H
#define BENCH_KNEE_H

#include <stdbool.h>

#define KNEE_PRECISION 1.05 /* lowest failing rate over highest passing one */

/* Where a search begins: a share of a closed loop with so many in flight. */
#define KNEE_GUESS_SHARE 0.7

enum {
    KNEE_TRIES = 12,         /* then the best so far has to do */
    KNEE_TRIES_EXPECTED = 6, /* for the time left */
    KNEE_GUESS_WINDOW = 4
};

struct knee {
    double passed; /* highest rate that passed; 0: none yet */
    double failed; /* lowest rate that failed; INFINITY: none yet */
    double first;  /* where the search begins */
    int tries;     /* rates reported */
};

struct knee knee_start(double first);

/* The search is over; `passed` is the knee, 0 if no rate passed. */
bool knee_is_found(const struct knee *k);

/* The rate to try next. */
double knee_next(const struct knee *k);

/* Three digits: more would claim more than one trial can know. */
double knee_rounded(double rate);

/* What came of `rate`. */
void knee_report(struct knee *k, double rate, bool passed);

#endif
