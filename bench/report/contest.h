/*
 * contest - who is best at a point, and who cannot be told from the best?
 *
 * Of the servers measured at one point, by one metric: the models compete; the
 * floor (chat-null) and other projects' servers stand beside them, compared but
 * never chosen. What is a difference says bench/run/compare.h. Made from the
 * rows alone. Pure.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include <stdbool.h>

#include "bench/run/compare.h"

enum role {
    ROLE_MODEL, /* one of ours, may be chosen */
    ROLE_FLOOR, /* chat-null: no server to use */
    ROLE_PEER   /* another project's */
};

enum role role_of(const struct experiment *e, const char *server);

/* Where a contender stands, seen from the best model. */
enum standing {
    STAND_VOID,      /* too few of its trials count: nothing can be said */
    STAND_BROKEN,    /* the same, because it did not keep up with the rate */
    STAND_BEST,      /* the best median of the models */
    STAND_LEVEL,     /* not told apart from the best */
    STAND_INDICATED, /* differs in all pairs, too few to be sure */
    STAND_DIFFERS    /* differs, and not by luck */
};

struct contender {
    const char *server;     /* the caller's */
    enum role role;         /* of it */
    struct estimate own;    /* count 0: too few of its trials count */
    struct estimate ratio;  /* to the best, by pairs of blocks */
    enum standing standing; /* what may be said of the ratio */
};

struct contest {
    const struct point *point;      /* where */
    const struct metric *metric;    /* by what */
    struct contender *contenders;   /* best first; those without figures last */
    size_t count;                   /* of them */
    const struct contender *winner; /* the best model; NULL: none counts */
    struct noise noise;             /* the floor of this figure */
};

/*
 * Compares those of `servers` that were measured at `point`. They must outlive
 * the contest, which contest_free() ends.
 */
struct contest contest_hold(const struct experiment *e, const struct rows *rows,
                            const struct words *servers,
                            const struct point *point,
                            const struct metric *metric);

void contest_free(struct contest *c);

/*
 * Has every model a figure that counts, in two blocks or more, or no hope of
 * the best? From one pair of trials nothing follows.
 */
bool contest_decided(const struct contest *c);

/* A model that is best or not told apart from the best. */
bool contest_take(const struct contender *who);

#endif
