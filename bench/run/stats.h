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

#endif
