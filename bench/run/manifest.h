/*
 * manifest - what would let a stranger repeat the run, and judge it.
 */
#ifndef BENCH_MANIFEST_H
#define BENCH_MANIFEST_H

#include <cjson/cJSON.h>

#include "bench/run/experiment.h"
#include "bench/run/machine.h"
#include "bench/run/pinning.h"
#include "bench/run/plan.h"

/* The run's own part of it. */
struct manifest {
    const char *run;               /* the folder's name */
    const char *commit;            /* short hash, -dirty if so */
    const char *bin_dir;           /* whose programs ran */
    const struct experiment *e;    /* what was measured */
    const struct arm *arms;        /* on what */
    size_t arm_count;              /* how many */
    const struct pinning *pinning; /* where */
    const double *rates;           /* offered, one a point; NAN: none (yet) */
    unsigned long long seed;       /* of the order and the schedules */
    const char *state;             /* "running", "complete", "interrupted" */
    const char *command;           /* the command line it was begun with */
    const cJSON *options;          /* what of it a resumed run must repeat */
    const cJSON *resumed;          /* array: when it was gone on with */
    bool calibrated;               /* `rates` are known, or cannot be */
    char started[40];              /* ISO 8601, with the zone */
    size_t planned, done, failed;  /* trials */
    struct machine_time at_start;  /* for the steal over the whole run */
    bool alone;                    /* no other run of chat-bench beside it */
};

/* Notes the time in ISO 8601. */
void manifest_time(char *text, size_t size);

/* The whole of it; the caller owns the object. */
cJSON *manifest_json(const struct manifest *m);

/*
 * Is it the same run: commit, programs, experiment, order, cores, machine?
 * False puts what differs into `why`: "the commit was 1a2b3c4 and is 5d6e7f8".
 */
bool manifest_same_run(const cJSON *was, const cJSON *is, char *why,
                       size_t size);

/* The rate at a point that a manifest holds; NAN if none. */
double manifest_rate(const cJSON *manifest, const char *point);

/*
 * The commit the source tree `root` is at, "1a2b3c4" or "1a2b3c4-dirty";
 * "nogit" where git or its data are missing. Newly allocated.
 */
char *manifest_commit(const char *root);

#endif
