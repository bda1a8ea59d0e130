/*
 * bench_compare_test - the A/A arm and the verdicts made from rows.
 *
 * Rows are made as chat-bench makes them, written as CSV and read back: what is
 * said of last year's folder is said of these too.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/compare.h"
#include "bench/run/plan.h"
#include "common/die.h"

enum { BLOCKS = 9 };

static const char *const METRIC = "cpu_us_per_delivery";

static struct experiment *parse(const char *control)
{
    char why[512];
    char *text = xasprintf("title = t\nexpect = e\nblocks = %d\n"
                           "warmup = 1\nmeasure = 1\n%s\n"
                           "[point p]\nmode = closed\nconns = 10\n"
                           "room-size = 10\nwindow = 4\n"
                           "[table]\ncolumns = cpu_us_per_delivery@p\n",
                           BLOCKS, control);
    struct experiment *e = experiment_parse("t.conf", text, why, sizeof(why));

    free(text);
    cr_assert(e, "%s", why);
    return e;
}

static const struct arm arms[] = {{.name = "reactor", .server = "reactor"},
                                  {.name = "pool", .server = "pool"},
                                  {.name = "null", .server = "null"},
                                  {.name = "reactor-again",
                                   .server = "reactor",
                                   .control_of = "reactor"}};

/* What an arm does in a block: the whole block drifts, as a machine does. */
static double value(size_t arm, int block)
{
    static const double base[] = {1, 1.5, 0.985, 1};
    double own = (double)((block * 7 + (int)arm * 3) % 5 - 2) * 0.004;

    return base[arm] * (1 + own) * (1 + 0.3 * block);
}

static void add(struct rows *rows, const struct experiment *e, size_t arm,
                int block, char **csv)
{
    struct step step = {&e->points[0], &arms[arm], block, 1};
    struct outcome o = {.count = 1};
    size_t first = rows->count;

    o.values[0].metric = metric_find(METRIC);
    o.values[0].value = value(arm, block);
    rows_add_outcome(rows, &step, NAN, &o);
    char *more = rows_csv(rows, first, "run", "t", &step);
    char *longer = xasprintf("%s%s", *csv, more);
    free(more);
    free(*csv);
    *csv = longer;
}

/* Through a file and back. */
static struct rows measured(const struct experiment *e, size_t arm_count)
{
    char path[] = "/tmp/chat-bench-compare-XXXXXX", why[256];
    struct rows made = {NULL, 0}, read = {NULL, 0};
    char *csv = rows_csv_head();
    int fd = mkstemp(path);

    for (int b = 1; b <= BLOCKS; b++)
        for (size_t a = 0; a < arm_count; a++)
            add(&made, e, a, b, &csv);
    cr_assert(fd >= 0 && write(fd, csv, strlen(csv)) == (ssize_t)strlen(csv));
    close(fd);
    cr_assert_eq(rows_read(&read, path, why, sizeof(why)), 0, "%s", why);
    unlink(path);
    free(csv);
    rows_free(&made);
    return read;
}

Test(bench_compare, control_is_another_arm_of_the_plan)
{
    struct experiment *e = parse("servers = reactor pool null\n"
                                 "control = reactor");
    struct plan plan = plan_make(e, arms, 4, 1);
    size_t controls = 0;

    cr_assert_eq(plan.count, 4 * BLOCKS);
    for (size_t i = 0; i < plan.count; i++)
        controls += plan.steps[i].arm == &arms[3];
    cr_assert_eq(controls, BLOCKS);
    plan_free(&plan);
    experiment_free(e);
}

Test(bench_compare, control_must_be_measured)
{
    char why[256];

    cr_assert_null(experiment_parse(
        "t.conf",
        "title = t\nexpect = e\nblocks = 1\nservers = null pool\n"
        "control = reactor\n[point p]\nmode = hold\nconns = 10\n"
        "room-size = 10\nhold = 1\n",
        why, sizeof(why)));
    cr_assert_str_eq(why, "t.conf:5: 'control' takes one of the servers "
                          "measured, got 'reactor'");
}

Test(bench_compare, floor_is_the_controls_spread)
{
    struct experiment *e = parse("control = reactor");
    struct rows rows = measured(e, 4);
    struct noise n = compare_noise(&rows, METRIC, "p");
    double log_ratio[BLOCKS];

    cr_assert_eq(n.pairs, BLOCKS);
    cr_assert_str_eq(n.control, "reactor-again");
    cr_assert_str_eq(n.base, "reactor");
    for (int b = 1; b <= BLOCKS; b++)
        log_ratio[b - 1] = log(value(3, b) / value(0, b));
    struct estimate want = stats_estimate(log_ratio, BLOCKS, 1);
    double far = expm1(fmax(fabs(want.low), fabs(want.high)));
    cr_assert_float_eq(n.floor, far, 1e-9, "%g, want %g", n.floor, far);
    cr_assert(isnan(compare_noise(&rows, METRIC, "elsewhere").floor));
    rows_free(&rows);
    experiment_free(e);
}

Test(bench_compare, without_a_control_the_floor_is_unknown)
{
    struct experiment *e = parse("");
    struct rows rows = measured(e, 3);

    cr_assert(isnan(compare_noise(&rows, METRIC, "p").floor));
    cr_assert_null(rows_control_of(&rows, "reactor"));
    rows_free(&rows);
    experiment_free(e);
}

Test(bench_compare, says_what_differs_and_what_does_not)
{
    struct experiment *e = parse("control = reactor");
    struct rows rows = measured(e, 4);
    struct words servers = words_split("reactor reactor-again pool null");
    struct noise noise = compare_noise(&rows, METRIC, "p");
    struct comparison *list;
    size_t n =
        compare_all(&rows, metric_find(METRIC), "p", &servers, &noise, &list);
    char text[256];

    cr_assert_eq(n, 3); /* the control is in no pair */
    cr_assert_eq(list[0].verdict, VERDICT_LOWER); /* reactor, pool */
    cr_assert_float_eq(list[0].ratio.median, 1 / 1.5, 0.02);
    cr_assert_float_eq(list[0].p_holm, 3 * 2.0 / 512, 1e-9);
    compare_text(&list[0], metric_find(METRIC), n, text, sizeof(text));
    cr_assert(strstr(text, "reactor is better than pool by 1.49x"), "%s", text);
    cr_assert_eq(list[1].verdict, VERDICT_SAME); /* reactor, null: 1.5 % */
    compare_text(&list[1], metric_find(METRIC), n, text, sizeof(text));
    cr_assert(strstr(text, "no difference between reactor and null"), "%s",
              text);
    free(list);
    words_free(&servers);
    rows_free(&rows);
    experiment_free(e);
}

Test(bench_compare, too_few_pairs_are_said)
{
    struct comparison c = {
        .a = "reactor",
        .b = "pool",
        .ratio = {.median = 2, .low = NAN, .min = 1.5, .max = 2.5, .count = 3},
        .p = 0.25,
        .p_holm = 1,
        .verdict = VERDICT_UNSURE};
    char text[256];

    compare_text(&c, metric_find("deliveries_per_s"), 10, text, sizeof(text));
    cr_assert_str_eq(text,
                     "reactor looks better than pool by 2.00x [1.50, 2.50] "
                     "(range), but 3 pairs cannot be sure (9 can)");
}
