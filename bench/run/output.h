/*
 * output - what a program prints.
 */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include <stdbool.h>

/*
 * Runs `argv` (argv[0] is a file, no PATH search) with its stderr thrown away
 * and waits for its end. Its stdout, newly allocated, cut at 64 KiB; "" if it
 * cannot be run. `*ok` (may be NULL): it exited with status 0.
 */
char *output_of(char *const *argv, bool *ok);

/* The first line of it, newly allocated. */
char *output_first_line(char *const *argv);

#endif
