/*
 * resume - going on with a run that was interrupted.
 *
 * The folder says all: experiment.conf and manifest.json what was begun,
 * trials.jsonl and rows.csv what was done. A run goes on only as it was begun:
 * the same commit, programs, experiment, options and machine. Anything else
 * would mix two measurements under one name, and is refused.
 */
#ifndef BENCH_RESUME_H
#define BENCH_RESUME_H

#include <cjson/cJSON.h>

#include "bench/run/plan.h"
#include "bench/run/rows.h"
#include "bench/run/run.h"

/* What an unfinished folder says of its run. */
struct resume {
    char *dir;            /* the folder, without a slash at its end */
    cJSON *manifest;      /* as it was left */
    const char *run;      /* its name, of the manifest */
    struct experiment *e; /* its copy */
};

/*
 * Reads the folder `dir` and sets in `opt` what the run was begun with; its
 * words are freed by who frees `opt`. 0, or an exit status with a line on
 * stderr: 2 if it is not a folder that can be gone on with, 0 with `r->e` NULL
 * if there is nothing left to do. resume_clear() in any case.
 */
int resume_load(struct resume *r, const char *dir, struct run_options *opt);

void resume_clear(struct resume *r);

/* Which steps of the plan have been done, by the rows. */
struct done {
    bool *step;    /* by its place in the plan */
    size_t count;  /* how many are true */
    size_t strays; /* trials in the rows that are not of this plan */
};
struct done resume_done(const struct plan *plan, const struct rows *rows);

#endif
