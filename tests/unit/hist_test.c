/*
 * hist_test - the histogram against exact percentiles and the reference.
 *
 * The stored text and percentiles come from HdrHistogram for Java 2.1.11 (the
 * reference implementation, Debian's libhdrhistogram-java) on the same data:
 *
 *   Histogram h = new Histogram(1L, 60000000000L, 3);
 *   long x = 1;
 *   for (int i = 0; i < 200; i++) {
 *       x = x * 6364136223846793005L + 1442695040888963407L;
 *       h.recordValue((x >>> 33) >>> (i % 20));
 *   }
 *   h.outputPercentileDistribution(System.out, 5, 1000.0);
 *   System.out.println(h.getValueAtPercentile(p));
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/hist.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t next_random(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return *x >> 33;
}

/* 31 random bits, shifted by 0 to spread - 1: from ns to seconds. */
static void fill(struct hist *h, uint64_t *values, size_t n, unsigned spread,
                 uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t v = next_random(&seed) >> (i % spread);
        hist_record(h, v);
        if (values)
            values[i] = v;
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static char *hgrm(const struct hist *h)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    cr_assert_eq(hist_print_hgrm(h, f), 0);
    cr_assert_eq(fclose(f), 0);
    return text;
}

Test(hist, geometry)
{
    uint64_t last = 0;

    for (uint64_t v = 0; v < HIST_MAX_NS; v += v / 700 + 1) {
        uint64_t low = hist_lowest_equivalent(v);
        uint64_t high = hist_highest_equivalent(v);
        cr_assert(low <= v && v <= high, "%ju in [%ju, %ju]", (uintmax_t)v,
                  (uintmax_t)low, (uintmax_t)high);
        cr_assert(low == high || (high - low + 1) * 1024 <= low,
                  "%ju to %ju is wider than one in 1,024", (uintmax_t)low,
                  (uintmax_t)high);
        cr_assert_lt(hist_position(v), HIST_POSITIONS);
        cr_assert(hist_position(v) >= last);
        last = hist_position(v);
        /* The next value starts the next position: no gap, no overlap. */
        cr_assert_eq(hist_position(high + 1), last + 1);
        cr_assert_eq(hist_lowest_equivalent(high + 1), high + 1);
    }
}

Test(hist, small_values_are_exact)
{
    struct hist *h = hist_new();

    for (uint64_t v = 0; v < 2048; v++) {
        hist_record(h, v);
        cr_assert_eq(hist_lowest_equivalent(v), hist_highest_equivalent(v));
    }
    for (int v = 0; v < 2048; v++)
        cr_assert_eq(hist_percentile(h, 100.0 * (v + 1) / 2048), v);
    hist_free(h);
}

/* The value of the given rank, sorted; the histogram's must be the highest
 * that is counted with it: not near it, but it. */
static void check_percentiles(size_t n, unsigned spread, uint64_t seed)
{
    static const double percents[] = {0.001, 0.1,  1,     5,  10, 25,
                                      50,    66.6, 75,    90, 95, 99,
                                      99.5,  99.9, 99.99, 100};
    struct hist *h = hist_new();
    uint64_t *values = malloc(n * sizeof(*values));

    fill(h, values, n, spread, seed);
    qsort(values, n, sizeof(*values), compare);
    for (size_t i = 0; i < COUNT(percents); i++) {
        size_t rank = (size_t)ceil(percents[i] / 100 * (double)n - 1e-9);
        uint64_t exact = values[rank ? rank - 1 : 0];
        uint64_t got = hist_percentile(h, percents[i]);
        cr_assert_eq(got, hist_highest_equivalent(exact),
                     "p%g of %zu: %ju, exactly %ju", percents[i], n,
                     (uintmax_t)got, (uintmax_t)exact);
        cr_assert((double)got <= (double)exact * (1 + 1.0 / 1024));
    }
    cr_assert_eq(h->min, values[0]);
    cr_assert_eq(h->max, values[n - 1]);
    cr_assert_eq(h->total, n);
    free(values);
    hist_free(h);
}

Test(hist, percentiles_are_those_of_the_data)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        check_percentiles(1, 1, seed);
        check_percentiles(7, 20, seed);
        check_percentiles(1000, 1, seed);
        check_percentiles(1000, 31, seed);
        check_percentiles(10007, 24, seed);
    }
    check_percentiles(300000, 24, 99);
}

Test(hist, rank_is_not_pushed_up_by_rounding)
{
    struct hist *h = hist_new();

    for (uint64_t v = 1; v <= 1000; v++)
        hist_record(h, v);
    cr_assert_eq(hist_percentile(h, 99.9), 999);
    cr_assert_eq(hist_percentile(h, 99.90001), 1000);
    cr_assert_eq(hist_percentile(h, 50), 500);
    cr_assert_eq(hist_percentile(h, 0), 1);
    cr_assert_eq(hist_percentile(h, -1), 1);
    cr_assert_eq(hist_percentile(h, 200), 1000);
    hist_free(h);
}

Test(hist, mean_and_deviation)
{
    struct hist *h = hist_new();

    for (uint64_t v = 0; v < 1001; v++)
        hist_record(h, v);
    cr_assert_float_eq(hist_mean(h), 500, 1e-9);
    cr_assert_float_eq(hist_stddev(h), sqrt((1001.0 * 1001 - 1) / 12), 1e-6);
    hist_free(h);
}

Test(hist, adding_is_recording_together)
{
    struct hist *a = hist_new(), *b = hist_new(), *both = hist_new();

    fill(a, NULL, 5000, 20, 1);
    fill(b, NULL, 7000, 28, 2);
    hist_record(b, HIST_MAX_NS + 5);
    fill(both, NULL, 5000, 20, 1);
    fill(both, NULL, 7000, 28, 2);
    hist_record(both, HIST_MAX_NS + 5);
    hist_add(a, b);
    cr_assert_eq(memcmp(a, both, sizeof(*a)), 0);

    struct hist *empty = hist_new();
    hist_add(a, empty);
    cr_assert_eq(memcmp(a, both, sizeof(*a)), 0);
    hist_add(empty, both);
    cr_assert_eq(memcmp(empty, both, sizeof(*a)), 0);
    hist_free(a);
    hist_free(b);
    hist_free(both);
    hist_free(empty);
}

Test(hist, overflow_is_counted_at_the_top)
{
    struct hist *h = hist_new();

    for (int i = 0; i < 98; i++)
        hist_record(h, 1000);
    hist_record(h, HIST_MAX_NS);
    cr_assert_eq(h->overflow, 0);
    hist_record(h, HIST_MAX_NS + 1);
    hist_record(h, UINT64_MAX);
    cr_assert_eq(h->overflow, 2);
    cr_assert_eq(h->total, 101);
    cr_assert_eq(h->max, UINT64_MAX);
    cr_assert_eq(hist_percentile(h, 50), 1000);
    /* Dropped, they would have made this 1000. */
    cr_assert_eq(hist_percentile(h, 98), hist_highest_equivalent(HIST_MAX_NS));
    hist_free(h);
}

Test(hist, empty)
{
    struct hist *h = hist_new();
    char *text = hgrm(h);

    cr_assert_eq(hist_percentile(h, 50), 0);
    cr_assert_eq(hist_mean(h), 0);
    cr_assert_eq(hist_stddev(h), 0);
    cr_assert_str_eq(
        text, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
              "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
              "#[Max     =        0.000, Total count    =            0]\n"
              "#[Buckets =           26, SubBuckets     =         2048]\n");
    free(text);
    hist_free(h);
}

static const char reference_hgrm[] =
    "       Value     Percentile TotalCount 1/(1-Percentile)\n"
    "\n"
    "       0.142 0.000000000000          1           1.00\n"
    "       5.763 0.100000000000         20           1.11\n"
    "      16.255 0.200000000000         40           1.25\n"
    "      90.303 0.300000000000         60           1.43\n"
    "     301.567 0.400000000000         80           1.67\n"
    "     899.071 0.500000000000        100           2.00\n"
    "    1491.967 0.550000000000        110           2.22\n"
    "    3311.615 0.600000000000        120           2.50\n"
    "    7667.711 0.650000000000        130           2.86\n"
    "   18595.839 0.700000000000        140           3.33\n"
    "   31588.351 0.750000000000        150           4.00\n"
    "   51642.367 0.775000000000        155           4.44\n"
    "   88539.135 0.800000000000        160           5.00\n"
    "  105971.711 0.825000000000        165           5.71\n"
    "  135921.663 0.850000000000        170           6.67\n"
    "  206045.183 0.875000000000        175           8.00\n"
    "  235798.527 0.887500000000        178           8.89\n"
    "  258080.767 0.900000000000        180          10.00\n"
    "  295174.143 0.912500000000        183          11.43\n"
    "  374865.919 0.925000000000        185          13.33\n"
    "  529793.023 0.937500000000        188          16.00\n"
    "  547356.671 0.943750000000        189          17.78\n"
    "  605028.351 0.950000000000        190          20.00\n"
    "  685244.415 0.956250000000        192          22.86\n"
    "  819986.431 0.962500000000        193          26.67\n"
    "  909115.391 0.968750000000        194          32.00\n"
    " 1020264.447 0.971875000000        195          35.56\n"
    " 1020264.447 0.975000000000        195          40.00\n"
    " 1052246.015 0.978125000000        196          45.71\n"
    " 1213202.431 0.981250000000        197          53.33\n"
    " 1213202.431 0.984375000000        197          64.00\n"
    " 1292894.207 0.985937500000        198          71.11\n"
    " 1292894.207 0.987500000000        198          80.00\n"
    " 1292894.207 0.989062500000        198          91.43\n"
    " 1334837.247 0.990625000000        199         106.67\n"
    " 1334837.247 0.992187500000        199         128.00\n"
    " 1334837.247 0.992968750000        199         142.22\n"
    " 1334837.247 0.993750000000        199         160.00\n"
    " 1334837.247 0.994531250000        199         182.86\n"
    " 1860173.823 0.995312500000        200         213.33\n"
    " 1860173.823 1.000000000000        200\n"
    "#[Mean    =    95952.282, StdDeviation   =   260328.519]\n"
    "#[Max     =  1860173.823, Total count    =          200]\n"
    "#[Buckets =           26, SubBuckets     =         2048]\n";

Test(hist, hgrm_is_the_reference_s)
{
    struct hist *h = hist_new();

    fill(h, NULL, 200, 20, 1);
    char *text = hgrm(h);
    cr_assert_str_eq(text, reference_hgrm);
    free(text);
    hist_free(h);
}

Test(hist, percentiles_are_the_reference_s)
{
    /* The same with 1,000,000 values and i % 24. */
    static const struct {
        double percent;
        uint64_t value;
    } reference[] = {
        {0, 0},
        {1, 30},
        {25, 4081},
        {50, 262143},
        {75, 16826367},
        {90, 229113855},
        {99, 1630535679},
        {99.9, 2098200575},
        {99.99, 2143289343},
        {100, 2147483647},
    };
    struct hist *h = hist_new();

    fill(h, NULL, 1000000, 24, 1);
    for (size_t i = 0; i < COUNT(reference); i++)
        cr_assert_eq(hist_percentile(h, reference[i].percent),
                     reference[i].value, "p%g", reference[i].percent);
    cr_assert_float_eq(hist_mean(h), 8.9533498412213E7, 1e-3);
    cr_assert_float_eq(hist_stddev(h), 2.7839767576988435E8, 1e-3);
    hist_free(h);
}
