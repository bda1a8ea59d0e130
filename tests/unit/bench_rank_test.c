/*
 * bench_rank_test - the signed-rank test, Holm's correction, the verdict.
 *
 * The wanted values are R 4.2.2's (Debian's r-base-core):
 *
 *   x <- c(.31,-.12,.55,.28,.47,-.05,.62,.19,.33); wilcox.test(x, exact=TRUE)
 *   wilcox.test(c(1.2,.4,2.2,.9,3.1), exact=TRUE)
 *   y <- (((1:60)*37) %% 101 - 45)/7; wilcox.test(y, exact=FALSE)
 *   z <- ((1:60)*37) %% 21 - 8;       wilcox.test(z, exact=FALSE)
 *   p.adjust(c(.01,.04,.03,.005,.2), "holm")
 *
 * R has no exact p-value with ties; that is counted out over all 2^n signs with
 * SciPy 1.10.1's ranks (Debian's python3-scipy):
 *
 *   from itertools import product; from scipy.stats import rankdata
 *   def exact(d):
 *       d = [x for x in d if x]; r = rankdata([abs(x) for x in d])
 *       w = min(sum(q for q, x in zip(r, d) if x > 0),
 *               sum(q for q, x in zip(r, d) if x < 0))
 *       n = sum(sum(q for q, s in zip(r, t) if s) <= w
 *               for t in product((0, 1), repeat=len(d)))
 *       return w, min(1, 2 * n / 2**len(d))
 *   exact([3,-1,2,2,0,5,-2,4,1,0,3]); exact([1,1,1,1,1,1,-1])
 */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/run/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void near(double got, double want)
{
    cr_assert_float_eq(got, want, 1e-12 * fmax(1, fabs(want)),
                       "got %.17g, want %.17g", got, want);
}

Test(bench_rank, is_exact_as_r_is)
{
    const double x[] = {0.31, -0.12, 0.55, 0.28, 0.47, -0.05, 0.62, 0.19, 0.33};
    struct signed_rank r = stats_signed_rank(x, COUNT(x));

    near(r.plus, 42);
    near(r.minus, 3);
    near(r.p, 0.01953125);
    cr_assert_eq(r.count, 9);
}

Test(bench_rank, five_pairs_cannot_show_anything)
{
    const double x[] = {1.2, 0.4, 2.2, 0.9, 3.1};

    near(stats_signed_rank(x, 5).p, 0.0625);
    near(stats_least_p(5, 1), 0.0625);
}

Test(bench_rank, ties_and_zeros)
{
    const double tied[] = {3, -1, 2, 2, 0, 5, -2, 4, 1, 0, 3};
    const double all_tied[] = {1, 1, 1, 1, 1, 1, -1};
    struct signed_rank r = stats_signed_rank(tied, COUNT(tied));

    near(r.minus, 5.5);
    near(r.p, 0.05078125);
    cr_assert_eq(r.count, 9);
    cr_assert_eq(r.zeros, 2);
    r = stats_signed_rank(all_tied, COUNT(all_tied));
    near(r.minus, 4);
    near(r.p, 0.125);
}

Test(bench_rank, many_pairs_are_approximated_as_by_r)
{
    double y[60], z[60];

    for (int i = 0; i < 60; i++) {
        y[i] = ((i + 1) * 37 % 101 - 45) / 7.0;
        z[i] = (i + 1) * 37 % 21 - 8;
    }
    struct signed_rank r = stats_signed_rank(y, 60);
    near(r.plus, 1121);
    near(r.p, 0.130312452762443);
    r = stats_signed_rank(z, 60);
    near(r.plus, 1159.5);
    cr_assert_float_eq(r.p, 8.18354670620681e-03, 1e-14);
    cr_assert_eq(r.zeros, 3);
}

Test(bench_rank, nothing_shows_nothing)
{
    const double zeros[] = {0, 0, 0};

    near(stats_signed_rank(zeros, 3).p, 1);
    near(stats_signed_rank(NULL, 0).p, 1);
    cr_assert_eq(stats_signed_rank(zeros, 3).count, 0);
}

Test(bench_rank, sides_are_alike)
{
    const double x[] = {4, -1, 3, 2, 5, 6}, y[] = {-4, 1, -3, -2, -5, -6};
    struct signed_rank a = stats_signed_rank(x, 6), b = stats_signed_rank(y, 6);

    near(a.p, b.p);
    near(a.plus, b.minus);
    near(a.p, 0.0625); /* 2 * (sums 0 and 1: 2 ways of 64) */
}

Test(bench_rank, ratios_are_tested_by_their_logs)
{
    const double a[] = {2, 4, 8, 0, 3, 6}, b[] = {1, 2, 4, 5, 1, 2};
    struct signed_rank r = stats_ratio_rank(a, b, 6);

    cr_assert_eq(r.count, 5); /* 0 has no logarithm */
    near(r.p, 0.0625);
}

Test(bench_holm, agrees_with_r)
{
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.2};
    const double want[] = {0.04, 0.09, 0.09, 0.025, 0.2};

    stats_holm(p, 5, p);
    for (size_t i = 0; i < 5; i++)
        near(p[i], want[i]);
}

Test(bench_holm, a_test_not_made_does_not_count)
{
    const double p[] = {0.01, NAN, 0.03};
    double q[3];

    stats_holm(p, 3, q);
    near(q[0], 0.02);
    cr_assert(isnan(q[1]));
    near(q[2], 0.03);
}

static struct estimate ratio_of(double median)
{
    return (struct estimate){.median = median, .count = 12};
}

static enum verdict verdict(double median, double p, double floor)
{
    struct estimate e = ratio_of(median);

    return stats_verdict(&e, p, floor);
}

Test(bench_verdict, small_is_no_difference_however_sure)
{
    cr_assert_eq(verdict(1.019, 1e-9, NAN), VERDICT_SAME);
    cr_assert_eq(verdict(1 / 1.019, 1e-9, 0.001), VERDICT_SAME);
    cr_assert_eq(verdict(1.021, 1e-9, NAN), VERDICT_HIGHER);
    cr_assert_eq(verdict(1 / 1.021, 1e-9, NAN), VERDICT_LOWER);
}

Test(bench_verdict, within_the_noise_floor_is_no_difference)
{
    cr_assert_eq(verdict(1.09, 1e-9, 0.10), VERDICT_SAME);
    cr_assert_eq(verdict(1 / 1.09, 1e-9, 0.10), VERDICT_SAME);
    cr_assert_eq(verdict(1.11, 1e-9, 0.10), VERDICT_HIGHER);
}

Test(bench_verdict, large_but_unsure_stays_open)
{
    cr_assert_eq(verdict(2, 0.05, NAN), VERDICT_UNSURE);
    cr_assert_eq(verdict(2, NAN, NAN), VERDICT_UNSURE);
    cr_assert_eq(verdict(2, 0.049, NAN), VERDICT_HIGHER);
    struct estimate none = {.median = NAN};
    cr_assert_eq(stats_verdict(&none, 0.001, NAN), VERDICT_NONE);
}

/* method.md: five servers need at least 9 blocks. */
Test(bench_verdict, five_servers_need_nine_blocks)
{
    cr_assert_eq(stats_pairs_needed(10), 9);
    cr_assert_eq(stats_pairs_needed(1), 6);
}
