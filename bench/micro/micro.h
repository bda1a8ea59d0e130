/*
 * micro - what one operation costs.
 *
 * A benchmark does its operation `n` times and says how many nanoseconds that
 * took: CPU time of the threads that did it, which other programs on the
 * machine disturb least. The runner chooses n so that a sample is long enough
 * for the clock, takes samples of all benchmarks in turn, so that a disturbance
 * hits them alike, and prints the median with the least and the most.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct micro {
    const char *group;  /* a heading of the table */
    const char *name;   /* what is done */
    const char *beside; /* the name, in the same group, to compare it with */
    double goal_ns;     /* what it should stay under; 0: no such goal */
    /* Does it n times; the nanoseconds that took. */
    double (*run)(uint64_t n, size_t arg);
    size_t arg; /* the benchmark's own: a size, a count */
};

/* Each file's benchmarks; ends with an entry whose name is NULL. */
extern const struct micro micro_bytebuf[];
extern const struct micro micro_execute[];
extern const struct micro micro_pipeline[];

/* The calling thread's CPU time, in nanoseconds. */
static inline double micro_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The compiler must have the value at hand, and may assume nothing of memory
 * behind it: work that leads to it is not optimised away. */
static inline void micro_keep(const void *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

static inline void micro_keep_number(uint64_t value)
{
    __asm__ volatile("" : : "r"(value));
}

#endif
