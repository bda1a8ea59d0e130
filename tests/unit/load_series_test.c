/*
 * load_series_test - what chat-load keeps of messages under way and of the
 * seconds of a run: flights and series against plain records of the same.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/flight.h"
#include "bench/load/series.h"
#include "bench/load/timeline.h"

#define SECOND 1000000000ull

enum { READERS = 3, ROUNDS = 20000 };

/* Messages leave and arrive in any order, the number of those under way going
 * up and down; each is found until its last reader has it, and then no more. */
Test(flight, found_until_the_last_reader)
{
    static struct {
        uint32_t number, left;
    } open[ROUNDS];
    struct flights fs = {0};
    uint32_t count = 0, next = 0;
    struct rng rng;

    rng_seed(&rng, 3);
    cr_assert_null(flights_find(&fs, 0));
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t crowd = i % 2000 < 1000 ? 100 : 5;
        if (count < 2 || (count < crowd && rng_below(&rng, 2))) {
            uint32_t number = flights_depart(&fs, next, i, i + 1, READERS);
            cr_assert_geq(number, next);
            next = number + 1;
            open[count].number = number;
            open[count++].left = READERS;
            continue;
        }
        uint32_t k = rng_below(&rng, count);
        struct flight *f = flights_find(&fs, open[k].number);
        cr_assert_not_null(f);
        cr_assert_eq(f->seq, f->sender + 1);
        cr_assert_eq(flights_arrive(&fs, f), --open[k].left == 0);
        if (open[k].left == 0) {
            cr_assert_null(flights_find(&fs, open[k].number));
            open[k] = open[--count];
        }
        cr_assert_eq(fs.count, count);
    }
    flights_clear(&fs);
    cr_assert_null(flights_find(&fs, 0));
}

/* Past a million nothing more is kept, and nothing breaks. */
Test(flight, a_backlog_beyond_reason)
{
    struct flights fs = {0};
    uint32_t next = 0;

    for (uint32_t i = 0; i < 1200000; i++)
        next = flights_depart(&fs, next, 0, i, 1) + 1;
    cr_assert_eq(next, 1200000);
    cr_assert_lt(fs.count, 1200000);
    cr_assert_null(flights_find(&fs, 1199999));
    struct flight *f = flights_find(&fs, 7);
    cr_assert_not_null(f);
    cr_assert(flights_arrive(&fs, f));
    flights_clear(&fs);
}

static uint64_t exact_percentile(uint64_t *sorted, size_t n, double percent)
{
    size_t rank = (size_t)ceil(percent / 100 * (double)n);

    return sorted[rank ? rank - 1 : 0];
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void record(struct series *s, uint64_t intended, uint64_t latency)
{
    uint64_t v = latency < HIST_MAX_NS ? latency : HIST_MAX_NS;

    series_record(s, intended, latency, hist_position(v));
}

/* Each interval's percentiles are those of what was intended in it, to the
 * width of a step (1 in 32), and never over its maximum. */
Test(series, percentiles_by_interval)
{
    enum { N = 5000, CELLS = 3 };
    static uint64_t values[CELLS][N];
    struct series s = {0};
    struct rng rng;

    rng_seed(&rng, 9);
    series_begin(&s, 77, 2 * SECOND + SECOND / 2);
    cr_assert_eq(s.count, CELLS);
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t c = 0; c < CELLS; c++) {
            uint64_t width = c < 2 ? SECOND : SECOND / 2;
            uint64_t v = rng_next(&rng) >> (30 + rng_below(&rng, 20));
            values[c][i] = v;
            record(&s, 77 + c * SECOND + i * (width / N), v);
        }
    for (uint32_t c = 0; c < CELLS; c++) {
        qsort(values[c], N, sizeof(values[c][0]), by_value);
        cr_assert_eq(s.cells[c].timed, N);
        cr_assert_eq(s.cells[c].max, values[c][N - 1]);
        for (int i = 1; i <= 100; i++) {
            double p = i;
            uint64_t want = exact_percentile(values[c], N, p);
            uint64_t got = series_percentile(&s.cells[c], p);
            cr_assert(got >= want && got <= want + want / 32 + 32 &&
                          got <= s.cells[c].max,
                      "p%g: %ju for %ju", p, (uintmax_t)got, (uintmax_t)want);
        }
    }
    series_clear(&s);
}

/* Beyond the range: counted at its top, the maximum as it was. */
Test(series, overflow)
{
    struct series s = {0};

    series_begin(&s, 0, SECOND);
    cr_assert_eq(series_percentile(&s.cells[0], 99), 0);
    record(&s, 0, 100 * SECOND);
    cr_assert_eq(s.cells[0].max, 100 * SECOND);
    cr_assert_geq(series_percentile(&s.cells[0], 50), HIST_MAX_NS);
    series_clear(&s);
}

static void mark(struct series *s, uint64_t at, uint64_t sent)
{
    series_mark(s, &(const struct series_mark){at, sent, sent * 9});
}

/* Rates over the time that passed, also where a mark came late: what was missed
 * in between gets the mean, and the sum over the intervals is kept. */
Test(series, rates)
{
    struct series s = {0};

    series_begin(&s, 0, 5 * SECOND + SECOND / 2);
    mark(&s, SECOND + 1000, 1000);
    cr_assert_float_eq(s.cells[0].messages_per_s, 1000, 0.01);
    mark(&s, 4 * SECOND + 1000, 7000); /* three seconds without a look */
    for (int i = 1; i < 4; i++) {
        cr_assert_float_eq(s.cells[i].messages_per_s, 2000, 0.01);
        cr_assert_float_eq(s.cells[i].deliveries_per_s, 18000, 0.1);
    }
    cr_assert_eq(s.next_mark, 5 * SECOND);
    mark(&s, 5 * SECOND, 7500);
    mark(&s, 5 * SECOND + SECOND / 2, 8000); /* the end: half an interval */
    cr_assert_float_eq(s.cells[4].messages_per_s, 500, 0.01);
    cr_assert_float_eq(s.cells[5].messages_per_s, 1000, 0.01);
    mark(&s, 9 * SECOND, 9000); /* past it: nothing happens */
    series_clear(&s);
}

/* However long the window, its intervals are few, and adding keeps them. */
Test(series, sums)
{
    static const uint64_t lengths[] = {1, 5, 3600, 3601, 7201, 86400};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct series a = {0}, b = {0}, sum = {0};
        series_begin(&a, 10, lengths[i] * SECOND);
        series_begin(&b, 10, lengths[i] * SECOND);
        cr_assert_leq(a.count, SERIES_MAX);
        record(&a, 10, 500);
        record(&a, 9 + lengths[i] * SECOND, 2000);
        record(&b, 10, 1500);
        mark(&a, 10 + a.interval, a.interval / SECOND);
        mark(&b, 10 + a.interval, a.interval / SECOND * 2);
        series_add(&sum, &a);
        series_add(&sum, &b);
        cr_assert_eq(sum.count, a.count);
        cr_assert_eq(sum.interval, a.interval);
        cr_assert_eq(sum.cells[0].max, a.count == 1 ? 2000 : 1500);
        cr_assert_eq(sum.cells[0].timed, a.count == 1 ? 3 : 2);
        cr_assert_eq(sum.cells[a.count - 1].max, 2000);
        cr_assert_float_eq(sum.cells[0].messages_per_s, 3, 0.01);
        series_clear(&a);
        series_clear(&b);
        series_clear(&sum);
    }
}
