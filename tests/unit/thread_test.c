/*
 * thread_test - the list of --pin, and that threads take its CPUs in turn.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "common/thread.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const bad[] = {
    "",
    ",",
    "x",
    "0,",
    ",0",
    "0,,1",
    "-1",
    "0-",
    "1-0",
    "0 1",
    " 0",
    "0x1",
    "0-1-2",
    "0;1",
    "1024",
    "0-1024",
    "99999999999999999999",
    "0, 1",
    "0-x",
    "+0",
};

Test(thread, refuses_wrong_lists)
{
    for (size_t i = 0; i < COUNT(bad); i++)
        cr_expect_eq(thread_set_pins(bad[i]), -EINVAL, "'%s'", bad[i]);
}

static const char *const good[] = {"0",   "1023",    "0,1",    "1,0,1",   "0-3",
                                   "2-2", "0,2-3,7", "0-1023", "0-1023,5"};

Test(thread, reads_right_lists)
{
    for (size_t i = 0; i < COUNT(good); i++)
        cr_expect_eq(thread_set_pins(good[i]), 0, "'%s'", good[i]);
}

/* What one thread saw of itself. */
struct seen {
    struct stats_set stats;
    char name[16];
    cpu_set_t cpus;
};

static void *look(void *arg)
{
    struct seen *seen = arg;

    thread_enter(&seen->stats, "worker-%d of a long name", 3);
    pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    sched_getaffinity(0, sizeof(seen->cpus), &seen->cpus);
    thread_leave();
    return NULL;
}

static void run_one(struct seen *seen)
{
    pthread_t t;

    cr_assert_eq(pthread_create(&t, NULL, look, seen), 0);
    pthread_join(t, NULL);
}

/* The first and the last CPU that we may run on; the same where there is but
 * one. */
static void find_cpus(int *first, int *last)
{
    cpu_set_t all;

    cr_assert_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    *first = *last = -1;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET((size_t)i, &all))
            continue;
        *first = *first < 0 ? i : *first;
        *last = i;
    }
}

Test(thread, takes_the_cpus_in_turn_and_its_name)
{
    char list[32];
    int cpus[2];

    find_cpus(&cpus[0], &cpus[1]);
    snprintf(list, sizeof(list), "%d,%d", cpus[0], cpus[1]);
    cr_assert_eq(thread_set_pins(list), 0);
    for (int i = 0; i < 4; i++) {
        struct seen seen;
        run_one(&seen);
        cr_expect_eq(CPU_COUNT(&seen.cpus), 1);
        cr_expect(CPU_ISSET((size_t)cpus[i % 2], &seen.cpus), "thread %d", i);
        cr_expect_str_eq(seen.name, "worker-3 of a l");
    }
}

Test(thread, without_a_list_runs_anywhere)
{
    cpu_set_t all;
    struct seen seen;

    cr_assert_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    run_one(&seen);
    cr_expect(CPU_EQUAL(&seen.cpus, &all));
}
