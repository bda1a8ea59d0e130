/*
 * stats - what the trials of a run say together.
 *
 * The trial is the unit: a trial's own figure (its p99, its deliveries/s) is
 * one number here, never one of thousands of messages. Medians, because a
 * machine that hiccups makes outliers; intervals by bootstrap, because nothing
 * is known of the distribution. Pure, no allocation is kept, arrays are left as
 * they are.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below this many trials no interval is given: it would be the range. */
enum { STATS_INTERVAL_MIN = 5 };

/* A median and where it may lie. */
struct estimate {
    double median;    /* NAN when count is 0 */
    double low, high; /* the 95 % interval; NAN without one */
    double min, max;  /* of the trials; NAN when count is 0 */
    size_t count;     /* trials behind it */
};

/*
 * The q-quantile (0 to 1), interpolated between the two nearest values
 * (Hyndman and Fan's type 7, R's and NumPy's default). NAN when count is 0.
 */
double stats_quantile(const double *values, size_t count, double q);

double stats_median(const double *values, size_t count);

/* Median, range and a percentile-bootstrap interval (seeded). */
struct estimate stats_estimate(const double *values, size_t count,
                               uint64_t seed);

/*
 * The ratio of two servers, paired by block: what drifts from block to block
 * (a warm neighbour, a slower clock) is in both and cancels. The median of the
 * log ratios, back as a ratio, with an interval by resampling blocks. Values
 * must be above 0; pairs with another one are left out.
 */
struct estimate stats_ratio(const double *values, const double *against,
                            size_t count, uint64_t seed);

/* ---- is a difference more than luck? ---- */

/* Up to this many pairs the signed-rank test is exact, ties or not. */
enum { STATS_EXACT_MAX = 50 };

/* What the Wilcoxon signed-rank test says of paired differences. */
struct signed_rank {
    double plus;  /* sum of the ranks of the positive differences */
    double minus; /* of the negative ones */
    double p;     /* two-sided; 1 when no difference is other than 0 */
    size_t count; /* differences other than 0 */
    size_t zeros; /* left out, as Wilcoxon, R and SciPy do */
};

/*
 * Are these differences centred on 0? Differences of 0 are left out; equal
 * sizes share the mean of their ranks. Up to STATS_EXACT_MAX the p-value is
 * that of the permutation distribution of these very ranks (each sign equally
 * likely), so it is exact with ties too; above, the normal approximation with
 * corrections for ties and continuity. With n differences p is never below
 * 2^(1-n): 5 pairs cannot show anything at 5 %.
 */
struct signed_rank stats_signed_rank(const double *differences, size_t count);

/* The same of paired values' log ratios; pairs as stats_ratio() takes them. */
struct signed_rank stats_ratio_rank(const double *values, const double *against,
                                    size_t count);

/*
 * Holm's correction: the p-values of a family of `count` tests, so that the
 * chance of one false claim in all of them stays at the level they are held
 * against. `adjusted` may be `p`. A test that could not be made (NAN) stays
 * NAN and does not count.
 */
void stats_holm(const double *p, size_t count, double *adjusted);

#define STATS_LEVEL        0.05 /* a corrected p below it is a difference */
#define STATS_LEAST_EFFECT 0.02 /* less is "no difference", however sure */

enum verdict {
    VERDICT_NONE,   /* no pairs */
    VERDICT_SAME,   /* no difference: within the noise floor, or under 2 % */
    VERDICT_UNSURE, /* larger than that, but it may be luck */
    VERDICT_HIGHER, /* the values are above those they are held against */
    VERDICT_LOWER   /* or below */
};

/*
 * What may be said of a ratio. `p` is the corrected one. `floor` is the noise
 * floor as a share (0.03: what differs by 3 % may be the machine); NAN, or less
 * than STATS_LEAST_EFFECT, is that. A ratio of 1.03 and one of 1/1.03 are as
 * far from 1.
 */
enum verdict stats_verdict(const struct estimate *ratio, double p,
                           double floor);

/*
 * The least corrected p that `pairs` pairs can reach in a family of `tests`;
 * where it is above STATS_LEVEL the verdict can only be "unsure".
 */
double stats_least_p(size_t pairs, size_t tests);

/* Pairs it takes for stats_least_p() to be below STATS_LEVEL. */
size_t stats_pairs_needed(size_t tests);

#endif
