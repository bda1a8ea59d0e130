/*
 * progress - how far the run is, on stderr.
 *
 * On a terminal one line that is redrawn, with the time left; in a pipe a plain
 * line for each finished trial.
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/run/outcome.h"
#include "bench/run/plan.h"

struct progress {
    bool terminal;    /* stderr is one */
    bool drawn;       /* a line is on the terminal, not ended yet */
    size_t done;      /* trials */
    size_t total;     /* of these; more may be added */
    double nominal_s; /* what the finished ones were to take by themselves */
    double spent_s;   /* what they took */
    double ahead_s;   /* what the others are to take by themselves */
    int64_t trial_ns; /* when this trial began */
    const struct step *step; /* the one under way; NULL: none */
};

/* `ahead_s` is the sum of point_seconds() over all trials. */
void progress_start(struct progress *p, size_t total, double ahead_s);

/* More trials than planned: the calibration's. */
void progress_more(struct progress *p, size_t trials, double seconds);

void progress_trial(struct progress *p, const struct step *step);

/* Draws the line again, a second later: for a terminal only. `p` is one. */
void progress_tick(void *p);

void progress_done(struct progress *p, const struct step *step,
                   const struct outcome *o);

/* Takes the line off the terminal. */
void progress_clear(struct progress *p);

/* Seconds one trial is expected to take by itself and around it. */
double progress_trial_s(double own_s);

#endif
