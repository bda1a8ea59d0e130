/*
 * Why asynchronous? Not to be faster at one thing, but to do more of them.
 *
 * Sixteen patients; a visit takes 10 ms. One doctor who sees them one after
 * the other needs 160 ms; four need 40 ms, although no visit has become
 * shorter: each patient's own visit takes 10 ms as before. So more threads are
 * throughput, not response time; and what is asynchronous is that nobody
 * stands still at the door: main has put all in line before the first is seen.
 *
 * The second half is what servers meet: a visit that is computing instead of
 * waiting. Then there is no more to be had than the machine has cores; compare
 * the last two lines on yours. Waiting is what event loops are for: they do
 * not need a thread for each one who waits.
 */
#include <time.h>

#include "models/netty/examples/say.h"

enum { PATIENTS = 16, MAX_DOCTORS = 4 };

/* 10 ms in which the thread does nothing: a disk, a database, a doctor. */
static int wait_10_ms(void *seen, void **result)
{
    struct timespec t = {.tv_nsec = 10 * 1000 * 1000};

    (void)result;
    while (nanosleep(&t, &t) < 0)
        continue;
    ++*(int *)seen;
    return 0;
}

static uint64_t cpu_time(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * TICKER_S + (uint64_t)t.tv_nsec;
}

/* 10 ms of the thread's own time on a core. */
static int compute_10_ms(void *seen, void **result)
{
    uint64_t end = cpu_time() + 10 * TICKER_MS;

    (void)result;
    while (cpu_time() < end)
        continue;
    ++*(int *)seen;
    return 0;
}

/* All patients by `n` doctors; prints how long it took, and who saw how many.
 */
static void see_all(size_t n, callable_fn visit, const char *what)
{
    struct event_executor_group *doctors =
        made(default_event_executor_group_new(n, "doctor"), "the doctors");
    struct future *visits[PATIENTS];
    int seen[MAX_DOCTORS] = {0}; /* each by its doctor's thread only */
    uint64_t clock = 0;

    (void)elapsed_ms(&clock);
    for (size_t i = 0; i < PATIENTS; i++)
        visits[i] =
            made(event_executor_submit(event_executor_group_next(doctors),
                                       visit, &seen[i % n]),
                 "a visit");
    double in_line = elapsed_ms(&clock);
    for (int i = 0; i < PATIENTS; i++)
        wait_for(visits[i], "see a patient");
    say("%zu doctor%s, %s: in line after %.1f ms, all seen after %.1f ms", n,
        n == 1 ? "" : "s", what, in_line, in_line + elapsed_ms(&clock));
    for (size_t i = 0; i < n; i++)
        say("  doctor-%zu saw %d", i, seen[i]);
    event_executor_group_free(doctors);
}

int main(void)
{
    see_all(1, wait_10_ms, "waiting");
    see_all(4, wait_10_ms, "waiting");
    see_all(1, compute_10_ms, "computing");
    see_all(4, compute_10_ms, "computing");
    return 0;
}
