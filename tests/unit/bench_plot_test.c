/*
 * bench_plot_test - what pictures show besides bars and lines: tics, colours.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/palette.h"
#include "bench/run/tics.h"

/* Rising from at least `min` to at most `max`, all labels different. */
static void check(const struct tic *tics, size_t n, double min, double max)
{
    cr_assert_leq(n, TICS_MAX);
    for (size_t i = 0; i < n; i++) {
        cr_assert(tics[i].at >= min * (1 - 1e-6) &&
                      tics[i].at <= max * (1 + 1e-6),
                  "%g is not in %g to %g", tics[i].at, min, max);
        for (size_t j = 0; j < i; j++) {
            cr_assert_lt(tics[j].at, tics[i].at);
            cr_assert_str_neq(tics[j].label, tics[i].label, "up to %g", max);
        }
    }
}

Test(bench_tics, linear_labels_never_repeat)
{
    struct tic tics[TICS_MAX];

    double max = 0.0011;
    while (max < 3e9) {
        size_t n = tics_linear(max, tics);
        check(tics, n, 0, max);
        cr_assert(n >= 4 && n <= 10, "%zu tics up to %g", n, max);
        cr_assert_str_eq(tics[0].label, "0");
        max *= 1.013;
    }
}

Test(bench_tics, logarithmic_labels_never_repeat)
{
    struct tic tics[TICS_MAX];

    double min = 0.01;
    while (min < 1e6) {
        double max = min * 2.5;
        while (max < 1e9) {
            size_t n = tics_log(min, max, tics);
            check(tics, n, min, max);
            cr_assert_geq(n, 1, "%g to %g", min, max);
            max *= 1.7;
        }
        min *= 3.7;
    }
}

Test(bench_tics, times_have_their_unit)
{
    static const struct {
        double us;
        const char *text;
    } list[] = {{0.5, "0.5 µs"}, {20, "20 µs"}, {500, "500 µs"}, {1000, "1 ms"},
                {2e5, "200 ms"}, {1e6, "1 s"},  {5e7, "50 s"}};
    char text[16];

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        tics_label_time(list[i].us, text, sizeof(text));
        cr_assert_str_eq(text, list[i].text);
    }
}

Test(bench_tics, labels_read_well)
{
    struct tic tics[TICS_MAX];
    char text[32];

    cr_assert_eq(tics_linear(1.3e6, tics), 7);
    cr_assert_str_eq(tics[4].label, "0.8 M");
    cr_assert_str_eq(tics[5].label, "1.0 M");
    tics_linear(450000, tics);
    cr_assert_str_eq(tics[1].label, "50 k");
    tics_linear(4.1, tics);
    cr_assert_str_eq(tics[3].label, "1.5");
    cr_assert_eq(tics_log(800, 30000, tics), 5);
    cr_assert_str_eq(tics[0].label, "1000");
    cr_assert_str_eq(tics[4].label, "20 k");
    tics_label(2500000, text, sizeof(text));
    cr_assert_str_eq(text, "2.5 M");
}

Test(bench_palette, a_variant_follows_its_model_in_its_colour)
{
    char path[] = "/tmp/bench_palette_XXXXXX", why[256] = "";
    struct words w = words_split("z+ z pool+ mainsub pool+4 pool reactor");
    const char *want[] = {"reactor", "pool", "pool+", "pool+4",
                          "mainsub", "z",    "z+"};
    struct palette p;

    FILE *f = fdopen(mkstemp(path), "w");
    cr_assert_not_null(f);
    fprintf(f, "# c\nreactor #000001 one\npool #000002 a pool\n"
               "mainsub #000003 main/sub\n");
    cr_assert_eq(fclose(f), 0);
    cr_assert_eq(palette_load(&p, path, why, sizeof(why)), 0, "%s", why);
    unlink(path);
    palette_add_variant(&p, "pool+", "pool", "--threads 2", NULL);
    palette_add_variant(&p, "pool+4", "pool", "--threads 4", "four");
    palette_add_variant(&p, "mainsub", "mainsub", "--threads 1", "one loop");
    palette_sort(&p, &w);
    for (size_t i = 0; i < w.count; i++)
        cr_assert_str_eq(w.word[i], want[i]);
    cr_assert_eq(palette_rgb(&p, "pool+4"), 2);
    cr_assert_eq(palette_rgb(&p, "mainsub"), 3);
    cr_assert_str_eq(palette_label(&p, "pool+"), "a pool --threads 2");
    cr_assert_str_eq(palette_label(&p, "pool+4"), "four");
    cr_assert_str_eq(palette_label(&p, "mainsub"), "one loop");
    cr_assert_eq(palette_variant(&p, "pool"), 0);
    cr_assert_eq(palette_variant(&p, "pool+"), 1);
    cr_assert_eq(palette_variant(&p, "pool+4"), 2);
    cr_assert_eq(palette_variant(&p, "mainsub"), 0);
    words_free(&w);
}
