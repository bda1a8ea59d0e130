/*
 * run_impl - shared by the files that make a run, private.
 */
#ifndef BENCH_RUN_IMPL_H
#define BENCH_RUN_IMPL_H

#include "bench/run/manifest.h"
#include "bench/run/progress.h"
#include "bench/run/results.h"
#include "bench/run/run.h"
#include "bench/run/trial.h"

struct run {
    const struct run_options *opt; /* as asked for */
    const struct resume *resume;   /* what it goes on with; NULL: it is new */
    struct experiment *e;          /* what is measured */
    struct arm *arms;              /* on what */
    size_t arm_count;              /* how many */
    struct plan plan;              /* in which order */
    bool *done;                    /* by step of the plan: long since */
    size_t done_before;            /* trials that a resumed run had done */
    double *rates;                 /* offered at each point; NAN: none */
    int alone_fd;                  /* see alone.h; -1: not taken */
    struct session session;        /* for the trials */
    struct results results;        /* where it is written */
    struct rows rows;              /* what has been measured */
    struct progress progress;      /* what is shown meanwhile */
    struct manifest manifest;      /* kept beside the results */
    cJSON *resumed;                /* when it was gone on with; may be NULL */
};

/* The line-up of that name: a variant's, or a server as it is. */
struct arm run_arm(const struct run *r, const char *name);

/*
 * Fills r->arms with what is to be measured and says what is left out. 0, or 2
 * with a line on stderr.
 */
int run_choose_arms(struct run *r);

/*
 * Says which experiments are left out for want of cores, and takes their points
 * out of the plan. Returns whether any is left.
 */
bool run_leave_out(struct experiment *e);

/* The experiment as it is run, and those it includes, beside the results. */
int run_write_experiment(const struct run *r);

/*
 * Opens the folder of r->resume and finds out what has been done. 0, or an exit
 * status with a line on stderr: 2 if that was another run than this one.
 */
int run_reopen(struct run *r);

/*
 * Runs one trial and adds it to the results. 0, also if the trial failed (see
 * `o`); -EINTR if the user stops the run; else -errno: the results cannot be
 * written.
 */
int run_step(struct run *r, const struct step *step, double rate,
             struct outcome *o);

/*
 * A trial at a point of mode knee: the highest rate that passes, its evidence
 * (the caller's to clear, also after an error) and what came of it. As
 * run_step(), but that nothing is written.
 */
int run_knee_trial(struct run *r, const struct step *step, double *rate,
                   struct evidence *ev, struct outcome *o);

/* Was all delivered, with p99 within the experiment's limit? */
bool run_carried(const struct run *r, const struct outcome *o);

/*
 * Fills r->rates, measuring the yardsticks it takes. A rate that cannot be
 * found stays NAN, with a line on stderr. As run_step().
 */
int run_calibrate(struct run *r);

/* How many trials that takes and how long they are by themselves. */
size_t run_calibration_trials(const struct run *r, double *seconds);

#endif
