/*
 * Wilcoxon's signed-rank test, Holm's correction, and the verdict they lead to.
 *
 * Ranks are kept doubled, as whole numbers: the mean rank of ties is then whole
 * too, and the exact distribution is a count of subsets by their sum.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/stats.h"
#include "common/die.h"

/* One difference: how far from 0, and to which side. */
struct ranked {
    double size;  /* its absolute value */
    bool plus;    /* it is positive */
    size_t rank2; /* twice its rank */
};

static int compare(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->size;
    double y = ((const struct ranked *)b)->size;

    return (x > y) - (x < y);
}

/* Ranks what is sorted; returns the sum of t^3 - t over all groups of ties. */
static double rank(struct ranked *v, size_t n)
{
    double ties = 0;

    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && v[to].size == v[from].size; to++)
            ;
        double t = (double)(to - from);
        ties += t * t * t - t;
        /* Places from+1 to `to`: twice their mean is their ends' sum. */
        for (size_t i = from; i < to; i++)
            v[i].rank2 = from + 1 + to;
    }
    return ties;
}

/*
 * P(sum <= least) if each rank is in the sum or not, equally likely, doubled
 * for the other side. Counts stay below 2^STATS_EXACT_MAX: exact in a double.
 */
static double exact_p(const struct ranked *v, size_t n, size_t least2)
{
    size_t room = n * (n + 1) + 1;
    double *ways = xcalloc(room, sizeof(*ways)), below = 0;

    ways[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t sum = room; sum-- > v[i].rank2;)
            ways[sum] += ways[sum - v[i].rank2];
    for (size_t sum = 0; sum <= least2; sum++)
        below += ways[sum];
    free(ways);
    return fmin(1, 2 * ldexp(below, -(int)n));
}

static double normal_p(size_t count, double least, double ties)
{
    double n = (double)count, mean = n * (n + 1) / 4;
    double deviation = sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties / 48);

    return fmin(1, erfc((mean - least - 0.5) / deviation / sqrt(2)));
}

struct signed_rank stats_signed_rank(const double *differences, size_t count)
{
    struct signed_rank r = {.p = 1};
    struct ranked *v = xcalloc(count ? count : 1, sizeof(*v));
    size_t plus2 = 0, minus2 = 0;

    for (size_t i = 0; i < count; i++)
        if (differences[i] != 0)
            v[r.count++] = (struct ranked){.size = fabs(differences[i]),
                                           .plus = differences[i] > 0};
    r.zeros = count - r.count;
    qsort(v, r.count, sizeof(*v), compare);
    double ties = rank(v, r.count);
    for (size_t i = 0; i < r.count; i++)
        *(v[i].plus ? &plus2 : &minus2) += v[i].rank2;
    r.plus = (double)plus2 / 2;
    r.minus = (double)minus2 / 2;
    size_t least2 = plus2 < minus2 ? plus2 : minus2;
    if (r.count > STATS_EXACT_MAX)
        r.p = normal_p(r.count, (double)least2 / 2, ties);
    else if (r.count > 0)
        r.p = exact_p(v, r.count, least2);
    free(v);
    return r;
}

/* The place of the least one that is not done yet; `count` if there is none. */
static size_t least_left(const double *p, const bool *done, size_t count)
{
    size_t least = count;

    for (size_t i = 0; i < count; i++)
        if (!done[i] && !isnan(p[i]) && (least == count || p[i] < p[least]))
            least = i;
    return least;
}

void stats_holm(const double *p, size_t count, double *adjusted)
{
    bool *done = xcalloc(count ? count : 1, sizeof(*done));
    size_t tests = 0, i;
    double so_far = 0;

    for (i = 0; i < count; i++)
        tests += isnan(p[i]) ? 0 : 1;
    /* `adjusted` may be `p`: each is read for the last time before its own
     * is written. */
    while ((i = least_left(p, done, count)) < count) {
        done[i] = true;
        so_far = fmax(so_far, fmin(1, p[i] * (double)tests--));
        adjusted[i] = so_far;
    }
    for (i = 0; i < count; i++)
        if (!done[i])
            adjusted[i] = NAN;
    free(done);
}

enum verdict stats_verdict(const struct estimate *ratio, double p, double floor)
{
    double bound = floor > STATS_LEAST_EFFECT ? floor : STATS_LEAST_EFFECT;

    if (ratio->count == 0)
        return VERDICT_NONE;
    if (fabs(log(ratio->median)) <= log1p(bound))
        return VERDICT_SAME;
    if (!(p < STATS_LEVEL))
        return VERDICT_UNSURE;
    return ratio->median > 1 ? VERDICT_HIGHER : VERDICT_LOWER;
}

double stats_least_p(size_t pairs, size_t tests)
{
    return fmin(1, ldexp((double)tests, 1 - (int)pairs));
}

size_t stats_pairs_needed(size_t tests)
{
    size_t pairs = 1;

    while (stats_least_p(pairs, tests) >= STATS_LEVEL)
        pairs++;
    return pairs;
}
