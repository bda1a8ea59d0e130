/*
 * compare - which server is better at a point, and how sure that is.
 *
 * From the rows alone. All pairs of servers at one metric@point are one family:
 * Wilcoxon's signed-rank test on the log ratios of pairs of the same block,
 * Holm's correction over the family. A difference within the noise floor, which
 * the A/A arm gives, or under 2 % is no difference, however sure (method.md).
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdio.h>

#include "bench/run/experiment.h"
#include "bench/run/rows.h"
#include "bench/run/stats.h"

/* How far apart a server and itself were: what the machine alone does. */
struct noise {
    double floor;        /* as a share: 0.03 is 3 %; NAN: not measured */
    const char *control; /* the A/A arm; NULL: none took part. The rows' */
    const char *base;    /* what it repeats. The rows' */
    size_t pairs;        /* blocks in which both count */
};

/*
 * The noise floor of metric@point: how far from 1 the median ratio of the A/A
 * arm to what it repeats may lie, by the far end of its 95 % interval; with
 * fewer than STATS_INTERVAL_MIN blocks by the farthest block.
 */
struct noise compare_noise(const struct rows *rows, const char *metric,
                           const char *point);

/* Two servers at one metric@point. */
struct comparison {
    const char *a, *b;     /* the servers; the words' */
    struct estimate ratio; /* of a's value to b's, paired by block */
    double p;              /* signed-rank, two-sided; NAN without pairs */
    double p_holm;         /* corrected over the family */
    enum verdict verdict;  /* HIGHER: a's value is above b's */
};

/*
 * Compares all pairs of `servers` (controls are left out): (0,1), (0,2), ...,
 * (1,2), .... `*list` is newly allocated; returns how many there are. The
 * family of tests is what has at least one pair of blocks.
 */
size_t compare_all(const struct rows *rows, const struct metric *metric,
                   const char *point, const struct words *servers,
                   const struct noise *noise, struct comparison **list);

/*
 * "reactor is better than pool by 1.42x [1.39, 1.45]", the better one first, or
 * "no difference between ...", or what is missing to tell.
 */
void compare_text(const struct comparison *c, const struct metric *metric,
                  size_t family, char *text, size_t size);

/*
 * All comparisons of the figures in the tables of `e`: the noise floor of each
 * first, then a line for each pair. Those without a value are left out.
 */
void compare_print(FILE *out, const struct experiment *e,
                   const struct rows *rows, const struct words *servers);

#endif
