/*
 * bench_stats_test - chat-bench's statistics, order and searches.
 *
 * Quantiles and medians against Python's statistics module:
 *
 *   import statistics as s
 *   x = [3.1, 1.4, 15.9, 2.6, 5.3, 5.8, 9.7, 9.3]
 *   q = s.quantiles(x, n=100, method='inclusive'); q[9], q[24], q[89], q[98]
 *
 * Bootstrap intervals against the exact distribution of a resample's median:
 * it is at most the j-th of n values with P(Bin(n, j/n) >= (n+1)/2).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/knee.h"
#include "bench/run/metric.h"
#include "bench/run/plan.h"
#include "bench/run/random.h"
#include "bench/run/spectrum.h"
#include "bench/run/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const double sample[] = {3.1, 1.4, 15.9, 2.6, 5.3, 5.8, 9.7, 9.3};

static void near(double got, double want)
{
    cr_assert_float_eq(got, want, 1e-12 * fmax(1, fabs(want)),
                       "got %.17g, want %.17g", got, want);
}

Test(bench_stats, quantiles_agree_with_python)
{
    near(stats_quantile(sample, 8, 0), 1.4);
    near(stats_quantile(sample, 8, 0.10), 2.24);
    near(stats_quantile(sample, 8, 0.25), 2.975);
    near(stats_quantile(sample, 8, 0.90), 11.56);
    near(stats_quantile(sample, 8, 0.99), 15.466);
    near(stats_quantile(sample, 8, 1), 15.9);
    near(stats_median(sample, 8), 5.55);
    near(stats_median(sample, 7), 5.3);
    near(stats_median(sample, 1), 3.1);
    cr_assert(isnan(stats_median(sample, 0)));
}

Test(bench_stats, values_stay_as_they_are)
{
    double copy[COUNT(sample)];

    memcpy(copy, sample, sizeof(sample));
    stats_estimate(copy, COUNT(copy), 1);
    cr_assert_eq(memcmp(copy, sample, sizeof(sample)), 0);
}

Test(bench_stats, too_few_trials_give_no_interval)
{
    struct estimate e = stats_estimate(sample, STATS_INTERVAL_MIN - 1, 1);

    cr_assert(isnan(e.low) && isnan(e.high));
    near(e.min, 1.4);
    near(e.max, 15.9);
    cr_assert_eq(e.count, STATS_INTERVAL_MIN - 1);
    e = stats_estimate(sample, 0, 1);
    cr_assert(isnan(e.median) && isnan(e.low) && isnan(e.min));
}

/* 2.5 % lie at or below: the 1st of 5, the 2nd of 9, the 3rd of 12. */
Test(bench_stats, interval_is_the_exact_one)
{
    const double v[] = {7, 3, 9, 1, 5, 11, 4, 8, 2, 10, 6, 12};
    struct estimate five = stats_estimate(v, 5, 42);
    struct estimate nine = stats_estimate(v, 9, 42);

    near(five.low, 1);
    near(five.high, 9);
    near(nine.low, 2); /* of 1 2 3 4 5 7 8 9 11 */
    near(nine.high, 9);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct estimate e = stats_estimate(v, 9, seed);
        cr_assert(e.low <= e.median && e.median <= e.high);
        cr_assert(e.low >= e.min && e.high <= e.max);
    }
}

Test(bench_stats, same_seed_same_interval)
{
    struct estimate a = stats_estimate(sample, 8, 7);
    struct estimate b = stats_estimate(sample, 8, 7);

    cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
}

Test(bench_stats, ratio_is_paired)
{
    const double a[] = {10, 12, 11, 14, 9}, b[] = {8, 10, 10, 10, 9};
    struct estimate e = stats_ratio(a, b, 5, 1);

    near(e.median, 1.2);
    near(e.min, 1);
    near(e.max, 1.4);
    near(e.low, 1);
    near(e.high, 1.4);
    /* A machine twice as slow in one block changes nothing. */
    const double slow_a[] = {10, 24, 11, 14, 9}, slow_b[] = {8, 20, 10, 10, 9};
    near(stats_ratio(slow_a, slow_b, 5, 1).median, 1.2);
}

Test(bench_stats, ratio_leaves_out_what_has_no_logarithm)
{
    const double a[] = {10, 0, 30}, b[] = {5, 5, 0};
    struct estimate e = stats_ratio(a, b, 3, 1);

    cr_assert_eq(e.count, 1);
    near(e.median, 2);
    cr_assert_eq(stats_ratio(a, b, 0, 1).count, 0);
}

/* The published first values of SplitMix64 for the seed 1234567. */
Test(bench_random, is_splitmix64)
{
    struct random r = {1234567};

    cr_assert_eq(random_next(&r), 6457827717110365317u);
    cr_assert_eq(random_next(&r), 3203168211198807973u);
    cr_assert_eq(random_next(&r), 9817491932198370423u);
}

Test(bench_random, below_stays_below_and_reaches_all)
{
    struct random r = {1};
    size_t seen[7] = {0};

    for (int i = 0; i < 7000; i++)
        seen[random_below(&r, 7)]++;
    for (size_t i = 0; i < 7; i++)
        cr_assert(seen[i] > 700 && seen[i] < 1300, "%zu: %zu", i, seen[i]);
}

/* Each arm stands in each place, and behind each other arm, equally often. */
static void check_williams(size_t n)
{
    size_t rows = n % 2 ? 2 * n : n, row[16], place[16][16], follows[16][16];

    memset(place, 0, sizeof(place));
    memset(follows, 0, sizeof(follows));
    for (size_t r = 0; r < rows; r++) {
        plan_williams(n, r, row);
        for (size_t i = 0; i < n; i++) {
            cr_assert_lt(row[i], n);
            place[row[i]][i]++;
            if (i > 0)
                follows[row[i - 1]][row[i]]++;
        }
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            cr_assert_eq(place[a][b], rows / n, "n %zu: %zu in place %zu: %zu",
                         n, a, b, place[a][b]);
            cr_assert_eq(follows[a][b], a == b ? 0 : rows / n,
                         "n %zu: %zu before %zu: %zu", n, a, b, follows[a][b]);
        }
    }
}

Test(bench_plan, williams_is_balanced)
{
    size_t one = 9;

    plan_williams(1, 3, &one);
    cr_assert_eq(one, 0);
    for (size_t n = 2; n <= 11; n++)
        check_williams(n);
}

/* A server that carries up to `limit`. */
static double search(double first, double limit, int *tries)
{
    struct knee k = knee_start(first);

    while (!knee_is_found(&k)) {
        double rate = knee_next(&k);
        cr_assert(isfinite(rate) && rate > 0);
        knee_report(&k, rate, rate <= limit);
    }
    *tries = k.tries;
    return k.passed;
}

Test(bench_knee, is_found_from_below_and_from_above)
{
    const double firsts[] = {2000, 9000, 10000, 11000, 40000};
    int tries;

    for (size_t i = 0; i < COUNT(firsts); i++) {
        double knee = search(firsts[i], 10000, &tries);
        cr_assert(knee <= 10000 && knee >= 10000 / KNEE_PRECISION, "%g: %g",
                  firsts[i], knee);
        cr_assert_leq(tries, KNEE_TRIES);
    }
}

Test(bench_knee, gives_up_on_a_server_that_carries_nothing)
{
    int tries;

    cr_assert_eq(search(1000, 0, &tries), 0);
    cr_assert_eq(tries, KNEE_TRIES);
}

Test(bench_knee, a_failure_below_a_pass_is_a_hiccup)
{
    struct knee k = knee_start(1000);

    knee_report(&k, 1000, true);
    knee_report(&k, 900, false);
    cr_assert_eq(k.passed, 1000);
    cr_assert(isinf(k.failed));
    knee_report(&k, 1300, false);
    knee_report(&k, 1400, true);
    cr_assert_eq(k.passed, 1400);
    cr_assert(isinf(k.failed));
}

static const char hgrm_a[] =
    "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
    "      10.000 0.000000000000          2           1.00\n"
    "      20.000 0.500000000000          5           2.00\n"
    "      20.000 0.600000000000          5           2.50\n"
    "      40.000 1.000000000000         10\n"
    "#[Mean    =       21.000, StdDeviation   =        9.000]\n";
static const char hgrm_b[] =
    "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
    "      20.000 0.000000000000         80           1.00\n"
    "     900.000 1.000000000000         90            inf\n";

Test(bench_spectrum, counts_are_added_not_percentiles)
{
    struct spectrum s[2];

    cr_assert_eq(spectrum_parse(&s[0], hgrm_a), 0);
    cr_assert_eq(spectrum_parse(&s[1], hgrm_b), 0);
    cr_assert_eq(s[0].count, 3);
    struct spectrum sum = spectrum_add(s, 2);
    const double value[] = {10, 20, 40, 900}, at_most[] = {2, 85, 90, 100};
    cr_assert_eq(sum.count, 4);
    for (size_t i = 0; i < 4; i++) {
        near(sum.value[i], value[i]);
        near(sum.at_most[i], at_most[i]);
    }
    near(spectrum_quantile(&sum, 0.5), 20);
    near(spectrum_quantile(&sum, 0.9), 40);
    near(spectrum_quantile(&sum, 0.99), 900);
    spectrum_free(&sum);
    spectrum_free(&s[0]);
    spectrum_free(&s[1]);
}

Test(bench_spectrum, what_is_no_hgrm_is_refused)
{
    struct spectrum s;

    cr_assert_eq(spectrum_parse(&s, "nothing\nof the kind\n"), -1);
    cr_assert_eq(spectrum_parse(&s, ""), -1);
}

Test(bench_metric, numbers_read_well)
{
    const struct {
        double value;
        const char *text;
    } cases[] = {{412345.4, "412,345"},
                 {1234567, "1,234,567"},
                 {100, "100"},
                 {99.96, "100"},
                 {12.34, "12.3"},
                 {9.996, "10.0"},
                 {2.314, "2.31"},
                 {0, "0.00"},
                 {0.0841, "0.0841"},
                 {-1500, "-1,500"},
                 {NAN, "-"},
                 {INFINITY, "-"}};
    char text[32];

    for (size_t i = 0; i < COUNT(cases); i++) {
        metric_format(cases[i].value, text, sizeof(text));
        cr_assert_str_eq(text, cases[i].text);
    }
}
