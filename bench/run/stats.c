#include "bench/run/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/random.h"
#include "common/die.h"

enum { BOOTSTRAP_ROUNDS = 4000 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double *sorted(const double *values, size_t count)
{
    double *copy = xcalloc(count ? count : 1, sizeof(*copy));

    if (count)
        memcpy(copy, values, count * sizeof(*copy));
    qsort(copy, count, sizeof(*copy), compare);
    return copy;
}

static double quantile_of_sorted(const double *values, size_t count, double q)
{
    if (count == 0)
        return NAN;
    double place = q * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] +
           (place - (double)below) * (values[below + 1] - values[below]);
}

double stats_quantile(const double *values, size_t count, double q)
{
    double *copy = sorted(values, count);
    double v = quantile_of_sorted(copy, count, q);

    free(copy);
    return v;
}

double stats_median(const double *values, size_t count)
{
    return stats_quantile(values, count, 0.5);
}

/* The spread of the median over samples drawn with replacement. */
static void bootstrap(const double *values, size_t count, uint64_t seed,
                      double *low, double *high)
{
    struct random r = {seed};
    double *draw = xcalloc(count, sizeof(*draw));
    double *medians = xcalloc(BOOTSTRAP_ROUNDS, sizeof(*medians));

    for (size_t i = 0; i < BOOTSTRAP_ROUNDS; i++) {
        for (size_t j = 0; j < count; j++)
            draw[j] = values[random_below(&r, count)];
        qsort(draw, count, sizeof(*draw), compare);
        medians[i] = quantile_of_sorted(draw, count, 0.5);
    }
    *low = stats_quantile(medians, BOOTSTRAP_ROUNDS, 0.025);
    *high = stats_quantile(medians, BOOTSTRAP_ROUNDS, 0.975);
    free(draw);
    free(medians);
}

struct estimate stats_estimate(const double *values, size_t count,
                               uint64_t seed)
{
    struct estimate e = {NAN, NAN, NAN, NAN, NAN, count};

    if (count == 0)
        return e;
    e.median = stats_median(values, count);
    e.min = stats_quantile(values, count, 0);
    e.max = stats_quantile(values, count, 1);
    if (count >= STATS_INTERVAL_MIN)
        bootstrap(values, count, seed, &e.low, &e.high);
    return e;
}

/* The logs of the ratios that have one; returns how many. */
static size_t log_ratios(const double *values, const double *against,
                         size_t count, double *logs)
{
    size_t pairs = 0;

    for (size_t i = 0; i < count; i++)
        if (values[i] > 0 && against[i] > 0)
            logs[pairs++] = log(values[i] / against[i]);
    return pairs;
}

struct estimate stats_ratio(const double *values, const double *against,
                            size_t count, uint64_t seed)
{
    double *logs = xcalloc(count ? count : 1, sizeof(*logs));
    size_t pairs = log_ratios(values, against, count, logs);
    struct estimate e = stats_estimate(logs, pairs, seed);

    free(logs);
    e.median = exp(e.median);
    e.low = exp(e.low);
    e.high = exp(e.high);
    e.min = exp(e.min);
    e.max = exp(e.max);
    return e;
}

struct signed_rank stats_ratio_rank(const double *values, const double *against,
                                    size_t count)
{
    double *logs = xcalloc(count ? count : 1, sizeof(*logs));
    size_t pairs = log_ratios(values, against, count, logs);
    struct signed_rank r = stats_signed_rank(logs, pairs);

    free(logs);
    return r;
}
