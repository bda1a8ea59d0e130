/*
 * stress - what the stress programs share: cases, checks, threads.
 *
 * A stress is a plain program, since Criterion does not start under
 * ThreadSanitizer. Its cases make their own threads and check their own ends;
 * what is wrong between threads is the sanitizers' to say. Amounts are counts,
 * never times; a case that hangs is ended by the guard, with its name.
 */
#ifndef CHAT_TESTS_STRESS_H
#define CHAT_TESTS_STRESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct stress_case {
    const char *name;
    void (*run)(void);
};

/* Runs them one after another; main's result. Closes with "N passed, N failed",
 * and a name on the command line runs that case alone. */
int stress_main(const struct stress_case *cases, size_t count, int argc,
                char **argv);

/* Starts `count` threads, body(0) to body(count - 1), and joins them. */
void stress_threads(void (*body)(size_t number), size_t count);

/* A failed check is printed with its place, the first ten of a case, and fails
 * the case. Any thread. */
extern atomic_int stress_failures;
#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition) && atomic_fetch_add(&stress_failures, 1) < 10)        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__,       \
                    #condition);                                               \
    } while (0)

/* A number below `below`; the same sequence for the same seed in *state. */
static inline uint32_t stress_draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

#define STRESS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
