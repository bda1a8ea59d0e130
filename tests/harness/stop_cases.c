/*
 * Half a second in which nothing moves, against arithmetic.
 *
 * Open loop, fixed gaps g, window T, stopped for S somewhere within it. What
 * was due in the stop waited for the rest of it, evenly from S down to 0; so
 * the number of messages that waited longer than x is (S - x) / g of T / g, and
 *
 *     the p-th percentile is S - (1 - p) T.
 *
 * Nothing is fitted. The stop is measured (between at_least and at_most), the
 * count is exact to the message at either end (2 g below, 2 g above), and what
 * comes on top is the time that the two programs then needed, or waited for a
 * CPU, to work off the backlog: measured too, by the kernel's account of them,
 * with what the hypervisor stole.
 */
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/harness/harness.h"

enum { STOP_MS = 500, RATE = 500, READERS = 4 };

static const double window_s = 2, gap_s = 1.0 / RATE;

#define OPEN                                                                   \
    "--conns 20 --room-size 5 --rate 500 --schedule fixed --warmup 0.2 "       \
    "--time 2 --events 1"

/* A run in which one of the two was stopped. */
struct stopped {
    struct stop stop;
    double after; /* s that both then needed, or waited for a CPU; more than
                     that by what the generator did before the stop */
    cJSON *result;
    struct outcome o;
};

static uint64_t event_at(struct program *p, const char *name)
{
    char line[256];
    unsigned long long at;

    program_expect(p, name, line);
    CHECK(sscanf(line + strlen(name), "%llu", &at) == 1);
    return at;
}

static struct stopped run_stopped(const char *words, bool generator)
{
    struct stopped s;
    struct program server;
    struct load l;

    load_start(&l, server_start("null", &server), words);
    uint64_t begin = event_at(&l.program, "measure ");
    wait_until(begin + 500000000u);
    s.stop = stop_for(generator ? l.program.pid : server.pid, STOP_MS);
    double busy = busy_seconds(server.pid);
    s.result = load_end(&l, &s.o);
    s.after = busy_seconds(server.pid) - busy;
    kill_program(&server);
    if (!s.result || s.o.status != 0)
        FAIL("status %d: %s", s.o.status, s.o.err);
    s.after += result_number(s.result, "core_wanted") * window_s;
    s.after += result_number(s.result, "steal_percent") / 100 * window_s *
               (double)sysconf(_SC_NPROCESSORS_ONLN);
    printf("  stopped %.1f to %.1f ms, then %.1f ms of work\n",
           s.stop.at_least * 1e3, s.stop.at_most * 1e3, s.after * 1e3);
    return s;
}

static double at_least_us(const struct stopped *s, double p)
{
    double x = s->stop.at_least - (1 - p) * window_s - 2 * gap_s;

    return x * 1e6;
}

static double at_most_us(const struct stopped *s, double p)
{
    double x = s->stop.at_most + s->after - (1 - p) * window_s + 2 * gap_s;

    return x * (1 + 1.0 / 1024) * 1e6; /* the histogram's step */
}

static void check_percentiles(const struct stopped *s, const char *spectrum)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    char path[64];

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        snprintf(path, sizeof(path), "%s.%s", spectrum, points[i].name);
        double us = result_number(s->result, path);
        double low = at_least_us(s, points[i].p);
        double high = at_most_us(s, points[i].p);
        printf("  %-20s %8.1f ms, by arithmetic %.1f to %.1f\n", path, us / 1e3,
               low / 1e3, high / 1e3);
        if (us < low || us > high)
            FAIL("%s is %.0f us, not from %.0f to %.0f", path, us, low, high);
    }
}

/* The server stands still; the generator goes on sending by the schedule. So
 * every figure has it, the first reader's too, and nothing was sent late. */
static void check_server(const void *arg)
{
    struct stopped s = run_stopped(OPEN, false);

    (void)arg;
    CHECK(result_number(s.result, "latency_us.count") ==
          result_number(s.result, "scheduled") * READERS);
    check_percentiles(&s, "latency_us");
    check_percentiles(&s, "first_us");
    check_percentiles(&s, "last_us");
    /* Less by what was sent late at most, and that is on record. */
    double p99 = result_number(s.result, "uncorrected_us.p99");
    double late = result_number(s.result, "send_lag_us.max");
    printf("  %-20s %8.1f ms: shows it\n", "uncorrected_us.p99", p99 / 1e3);
    CHECK(p99 >= at_least_us(&s, 0.99) - late);
    CHECK(result_number(s.result, "send_lag_us.p90") < at_least_us(&s, 0.9));
    cJSON_Delete(s.result);
}

/* The generator stands still, as one that waits for answers would: the actual
 * send times know nothing of it, the intended ones do. */
static void check_generator(const void *arg)
{
    struct stopped s = run_stopped(OPEN, true);

    (void)arg;
    check_percentiles(&s, "latency_us");
    check_percentiles(&s, "send_lag_us");
    double hidden = result_number(s.result, "uncorrected_us.p90");
    printf("  %-20s %8.1f ms: hides it\n", "uncorrected_us.p90", hidden / 1e3);
    CHECK(hidden < at_least_us(&s, 0.9));
    CHECK(result_number(s.result, "unsent") == 0);
    cJSON_Delete(s.result);
}

/* Closed loop: whoever waits for an answer sends nothing meanwhile. One message
 * a room meets the stop, whatever it lasts: the maximum shows it, and no
 * percentile below their share does. (Coordinated omission.) */
static void check_closed(const void *arg)
{
    struct stopped s = run_stopped("--conns 20 --room-size 5 --window 1 "
                                   "--warmup 0.2 --time 2 --events 1",
                                   false);
    double timed = result_number(s.result, "latency_us.count");
    double longest = result_number(s.result, "latency_us.max");
    double p99 = result_number(s.result, "latency_us.p99");

    (void)arg;
    printf("  %.0f deliveries, 16 of them through the stop: p99 %.3f ms, max "
           "%.1f ms\n",
           timed, p99 / 1e3, longest / 1e3);
    if (timed < 100 * 4 * READERS)
        FAIL("only %.0f deliveries in 2 s", timed);
    CHECK(longest >= (s.stop.at_least - s.after) * 1e6);
    CHECK(p99 < at_least_us(&s, 0.99));
    cJSON_Delete(s.result);
}

static void hog(void)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned long i = 0;; i++)
        ;
}

/* A generator that shares its CPU with two who never sleep, and a rate for
 * which it never sleeps either: what it used is far from a core, what it
 * wanted is not, and it says both. */
static void check_hogs(const void *arg)
{
    cpu_set_t all, one;
    struct outcome o;
    int port = server_start("null", NULL);
    size_t cpu = 0;

    (void)arg;
    CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
    hog();
    hog();
    cJSON *result = load_run(port,
                             "--conns 20 --room-size 2 --rate 1e8 "
                             "--warmup 0.1 --time 1",
                             &o);
    if (!result || o.status != 1)
        FAIL("status %d: %s", o.status, o.err);
    double share = result_number(result, "core_share");
    double wanted = result_number(result, "core_wanted");
    printf("  the generator had %.0f %% of a core and wanted %.0f %%\n",
           share * 100, wanted * 100);
    CHECK(share < 0.85 && wanted > 0.85);
    CHECK(strstr(o.out, "of a core and waited for one"));
    CHECK(strstr(o.err, "the generator was saturated: "));
    cJSON_Delete(result);
}

const struct e2e_case stop_cases[] = {
    {"500 ms of the server", check_server, NULL},
    {"500 ms of the generator", check_generator, NULL},
    {"500 ms in the closed loop", check_closed, NULL},
    {"a generator short of CPU", check_hogs, NULL},
    {0},
};

const struct e2e_case *const e2e_lists[] = {mutant_table, stop_cases,
                                            phase_cases, NULL};
