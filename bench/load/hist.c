#include "bench/load/hist.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "common/die.h"

enum { TICKS = 5 }; /* .hgrm lines for each halving of the distance to 100 % */

struct hist *hist_new(void)
{
    struct hist *h = xcalloc(1, sizeof(*h));

    h->min = UINT64_MAX;
    return h;
}

void hist_free(struct hist *h)
{
    free(h);
}

void hist_add(struct hist *to, const struct hist *from)
{
    for (unsigned i = 0; i < HIST_POSITIONS; i++)
        to->counts[i] += from->counts[i];
    to->total += from->total;
    to->overflow += from->overflow;
    if (from->min < to->min)
        to->min = from->min;
    if (from->max > to->max)
        to->max = from->max;
}

/* How far the values counted at a position reach: its lowest and its width. */
static uint64_t position_lowest(unsigned position, uint64_t *width)
{
    unsigned shift = position / HIST_HALF;

    shift = shift ? shift - 1 : 0;
    *width = 1ull << shift;
    return (uint64_t)(position - shift * HIST_HALF) << shift;
}

uint64_t hist_position_highest(unsigned position)
{
    uint64_t width, lowest = position_lowest(position, &width);

    return lowest + width - 1;
}

static double position_middle(unsigned position)
{
    uint64_t width, lowest = position_lowest(position, &width);

    /* Whole nanoseconds, as the reference implementation has it. */
    uint64_t middle = lowest + width / 2;

    return (double)middle;
}

static uint64_t within(uint64_t ns)
{
    return ns > HIST_MAX_NS ? HIST_MAX_NS : ns;
}

uint64_t hist_lowest_equivalent(uint64_t ns)
{
    uint64_t width;

    return position_lowest(hist_position(within(ns)), &width);
}

uint64_t hist_highest_equivalent(uint64_t ns)
{
    return hist_position_highest(hist_position(within(ns)));
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
    uint64_t seen = 0;

    if (h->total == 0)
        return 0;
    /*
     * A hair below, as the reference does: 99.9 is not exact in binary, and
     * 99.9 % of 1,000 must be rank 999, not 1,000.
     */
    double p = fmax(nextafter(fmin(percent, 100.0), -INFINITY), 0);
    uint64_t rank = (uint64_t)ceil(p * (double)h->total / 100.0);
    if (rank == 0)
        rank = 1;
    for (unsigned i = 0; i < HIST_POSITIONS; i++) {
        uint64_t width;
        seen += h->counts[i];
        if (seen >= rank)
            return percent <= 0 ? position_lowest(i, &width)
                                : hist_position_highest(i);
    }
    return HIST_MAX_NS;
}

double hist_mean(const struct hist *h)
{
    double sum = 0;

    if (h->total == 0)
        return 0;
    for (unsigned i = 0; i < HIST_POSITIONS; i++)
        if (h->counts[i])
            sum += position_middle(i) * (double)h->counts[i];
    return sum / (double)h->total;
}

double hist_stddev(const struct hist *h)
{
    double mean = hist_mean(h), sum = 0;

    if (h->total == 0)
        return 0;
    for (unsigned i = 0; i < HIST_POSITIONS; i++) {
        double d = position_middle(i) - mean;
        if (h->counts[i])
            sum += d * d * (double)h->counts[i];
    }
    return sqrt(sum / (double)h->total);
}

/* The level after `percent`: a fifth of the way through its halving. */
static double next_level(double percent)
{
    double halvings = floor(log2(100.0 / (100.0 - percent))) + 1;

    return percent + 100.0 / (TICKS * exp2(halvings));
}

static void print_levels(const struct hist *h, FILE *f)
{
    uint64_t seen = 0;
    double level = 0;

    for (unsigned i = 0; i < HIST_POSITIONS && seen < h->total; i++) {
        double us = (double)hist_position_highest(i) / 1e3;
        if (h->counts[i] == 0)
            continue;
        seen += h->counts[i];
        while (level <= 100.0 * (double)seen / (double)h->total) {
            fprintf(f, "%12.3f %2.12f %10ju %14.2f\n", us, level / 100,
                    (uintmax_t)seen, 1 / (1 - level / 100));
            level = next_level(level);
            if (seen == h->total)
                break;
        }
        if (seen == h->total)
            fprintf(f, "%12.3f %2.12f %10ju\n", us, 1.0, (uintmax_t)seen);
    }
}

int hist_print_hgrm(const struct hist *h, FILE *f)
{
    uint64_t max = h->total ? hist_highest_equivalent(h->max) : 0;

    fprintf(f, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    print_levels(h, f);
    fprintf(f, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            hist_mean(h) / 1e3, hist_stddev(h) / 1e3);
    fprintf(f, "#[Max     = %12.3f, Total count    = %12ju]\n",
            (double)max / 1e3, (uintmax_t)h->total);
    fprintf(f, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_BUCKETS,
            1 << HIST_SUB_BITS);
    return ferror(f) ? -errno : 0;
}
