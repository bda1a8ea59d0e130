/*
 * work_test - the handler's simulated cost: how it is spelled, that spinning
 * burns CPU time, that sleeping ends at a stop signal.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/signals.h"
#include "common/work.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
    const char *text;
    enum work_kind kind;
    long long usec;
    double percent;
} good[] = {
    {"spin:0", WORK_SPIN, 0, 100},
    {"spin:100", WORK_SPIN, 100, 100},
    {"sleep:5000", WORK_SLEEP, 5000, 100},
    {"sleep:5000@1", WORK_SLEEP, 5000, 1},
    {"sleep:5000@100", WORK_SLEEP, 5000, 100},
    {"spin:7@0.5", WORK_SPIN, 7, 0.5},
    {"spin:3600000000", WORK_SPIN, 3600000000, 100},
};

Test(work, reads_what_is_right)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct work w = {.kind = WORK_NONE};
        cr_expect_eq(work_parse(&w, good[i].text), 0, "%s", good[i].text);
        cr_expect_eq(w.kind, good[i].kind, "%s", good[i].text);
        cr_expect_eq(w.usec, good[i].usec, "%s", good[i].text);
        cr_expect_eq(w.percent, good[i].percent, "%s", good[i].text);
    }
}

static const char *const bad[] = {
    "",           "spin",        "spin:",         "spin:x",
    ":5",         "spin 5",      "spin:-5",       "spin:+5",
    "spin: 5",    "spin:5 ",     "spin:5us",      "spin:5@",
    "spin:5@0",   "spin:5@-1",   "spin:5@100.01", "spin:5@nan",
    "spin:5@inf", "spin:5@1e99", "spin:5@ 1",     "spin:5@1%",
    "spin:5@1@1", "Spin:5",      "SLEEP:5",       "spins:5",
    "slee:5",     "doze:5",      "spin:5:5",      "spin:3600000001",
    "none:0",     "spin:1.5",    "spin:0x10",     "sleep:99999999999999999999",
};

Test(work, refuses_what_is_wrong)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct work w = {WORK_SLEEP, 42, 7};
        cr_expect_eq(work_parse(&w, bad[i]), -EINVAL, "'%s'", bad[i]);
        cr_expect(w.kind == WORK_SLEEP && w.usec == 42 && w.percent == 7,
                  "'%s' left a trace", bad[i]);
    }
}

static long long cpu_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

Test(work, spinning_burns_its_own_cpu_time)
{
    const struct work w = {WORK_SPIN, 20000, 100};
    long long before = cpu_usec();

    work_run(&w);
    work_run(&w);
    cr_expect_geq(cpu_usec() - before, 40000);
}

/* One in a hundred costs 10 ms, a hundred would cost a second: by CPU time,
 * which other processes do not lengthen. */
Test(work, percent_hits_that_share)
{
    const struct work rare = {WORK_SPIN, 10000, 1};
    long long before = cpu_usec();

    for (int i = 0; i < 99; i++)
        work_run(&rare);
    cr_expect_lt(cpu_usec() - before, 10000, "the hundredth is hit");
    work_run(&rare);
    cr_expect_geq(cpu_usec() - before, 10000);
    for (int i = 0; i < 100; i++)
        work_run(&rare);
    long long took = cpu_usec() - before;
    cr_expect(took >= 20000 && took < 500000, "%lld us", took);
}

/* 40 of a hundred are four of ten: what is over 100 is not lost. */
Test(work, percent_that_does_not_divide_a_hundred)
{
    const struct work w = {WORK_SPIN, 10000, 40};
    long long before = cpu_usec();

    for (int i = 0; i < 10; i++)
        work_run(&w);
    cr_expect_geq(cpu_usec() - before, 40000);
}

/* Runs a hundred messages; which of them was hit, or -1 unless just one was. */
static void *find_hit(void *arg)
{
    const struct work w = {WORK_SPIN, 5000, 1};
    int *hit = arg, hits = 0;

    for (int i = 0; i < 100; i++) {
        long long before = cpu_usec();
        work_run(&w);
        if (cpu_usec() - before < 5000)
            continue;
        *hit = i;
        hits++;
    }
    if (hits != 1)
        *hit = -1;
    return NULL;
}

/* Each thread has its own hundred. If they all began to count at the same
 * place, workers that share a load evenly would all be busy at once. */
Test(work, percent_hits_threads_at_different_times)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int hit[THREADS];

    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, find_hit, &hit[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        cr_expect_geq(hit[i], 0, "thread %d: not one hit of a hundred", i);
        for (int k = 0; k < i; k++)
            cr_expect_geq(abs(hit[i] - hit[k]), 5, "%d and %d: %d, %d", i, k,
                          hit[i], hit[k]);
    }
}

Test(work, nothing_to_do_costs_nothing)
{
    const struct work none = {.kind = WORK_NONE};
    const struct work zero = {WORK_SLEEP, 0, 100};

    work_run(&none);
    work_run(&zero);
}

Test(work, sleeping_takes_its_time)
{
    const struct work w = {WORK_SLEEP, 2000, 100};
    struct timespec before, after;

    signals_setup();
    clock_gettime(CLOCK_MONOTONIC, &before);
    work_run(&w);
    clock_gettime(CLOCK_MONOTONIC, &after);
    cr_expect_geq((after.tv_sec - before.tv_sec) * 1000000000LL +
                      (after.tv_nsec - before.tv_nsec),
                  2000000);
}

/* An hour, unless the signal ends it. */
Test(work, sleeping_ends_at_a_stop_signal, .timeout = 60)
{
    const struct work w = {WORK_SLEEP, 3600000000, 100};

    signals_setup();
    cr_expect_not(signals_stopped());
    kill(getpid(), SIGTERM);
    work_run(&w);
    cr_expect(signals_stopped());
    work_run(&w); /* and so does every later one */
}
