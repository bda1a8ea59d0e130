/*
 * program - what every program that runs cases against server binaries does
 * with its command line and at its end.
 */
#ifndef CONTRACT_PROGRAM_H
#define CONTRACT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/contract/runner.h"

/* The absolute path of a program named on the command line, since the cases
 * run in folders of their own; or exits with 2. The caller frees. */
char *program_find(const char *name);

/* Runs the jobs, at most `at_once` together, below a new folder, which is
 * removed or, with `keep`, named; prints the sum. Main's result: 0, 1 when a
 * case failed, 130 when interrupted. Blocks. */
int program_run(const struct runner_job *jobs, size_t count, int at_once,
                bool keep);

#endif
