/*
 * runner - runs test cases in processes of their own, some at a time.
 *
 * Each job gets a process group and a folder. One that hangs is killed with
 * its group at the hang guard; when a case ends, however it ends, what is left
 * of its group is killed too, so no server outlives the runner. SIGINT and
 * SIGTERM end the run early, with the same care.
 */
#ifndef CONTRACT_RUNNER_H
#define CONTRACT_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/contract/contract.h"

struct runner_job {
    const char *binary;               /* absolute path of the server */
    const struct contract_case *test; /* what to run */
    char *name;                       /* "suite/case" */
};

struct runner_result {
    int passed;       /* cases that returned */
    int failed;       /* a failed check, a crash, a hang */
    int skipped;      /* cannot run on this machine; the reason is printed */
    bool interrupted; /* by a signal: the rest was not run */
};

/*
 * Runs all `jobs`, at most `at_once` together, in folders below `folder`
 * (which exists). Prints each failure on stdout as it comes. Blocks. Changes
 * the process's signal mask: to be called once, from main.
 */
struct runner_result runner_run(const struct runner_job *jobs, size_t count,
                                int at_once, const char *folder);

#endif
