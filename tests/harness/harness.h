/*
 * harness - what the cases of this suite share, beside e2e.h.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/load/e2e.h"

/* How long a process was stopped, s: the call and its effect apart, so that
 * however late the test itself is, the truth lies between. */
struct stop {
    double at_least;
    double at_most;
};

/* CPU time of all threads of a process and what they waited for a CPU, s. */
double busy_seconds(pid_t pid);

/* Stops `pid` for `ms`, measured. */
struct stop stop_for(pid_t pid, int ms);

/* Ends it by SIGKILL and takes its status. */
void kill_program(struct program *p);

/* Waits until CLOCK_MONOTONIC is at `ns`. */
void wait_until(uint64_t ns);

extern const struct e2e_case mutant_table[];
extern const struct e2e_case stop_cases[];
extern const struct e2e_case phase_cases[];

#endif
