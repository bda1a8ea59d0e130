/*
 * plan - which trial runs when.
 *
 * A block runs every arm once at every point, so that whatever drifts on the
 * machine touches all arms alike and pairs of the same block can be compared.
 * Within a block and point the arms follow a Williams design (Australian
 * Journal of Scientific Research A 2, 1949): over a full square each arm stands
 * in each place, and behind each other arm, equally often. The same seed gives
 * the same plan. Pure.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "bench/run/experiment.h"

/*
 * One line-up of a server: as it is, or a variant with options of its own. The
 * A/A control is a second arm of the same line-up under another name: what
 * differs between the two is the machine's doing.
 */
struct arm {
    char name[64];          /* in rows.csv: "reactor" */
    char server[48];        /* build/bin/chat-SERVER */
    const char *args;       /* its options, the experiment's; NULL for none */
    const char *control_of; /* the arm it repeats; NULL: it is no control */
};

/* One trial to be run. */
struct step {
    const struct point *point; /* the experiment's */
    const struct arm *arm;     /* the caller's */
    int block;                 /* from 1; 0 = calibration */
    int order;                 /* place within block and point, from 1 */
};

struct plan {
    struct step *steps; /* in the order they run */
    size_t count;       /* how many */
};

/*
 * Row `row` of the Williams design for `n` arms: a permutation of 0 to n-1.
 * There are n rows for an even n, 2n for an odd one; higher rows repeat.
 */
void plan_williams(size_t n, size_t row, size_t *out);

/*
 * Does `point` (or, if it names none, the experiment) measure the arm of that
 * name? Of a control, ask for what it repeats.
 */
bool plan_takes(const struct experiment *e, const struct point *point,
                const char *name);

/* All trials of `e` over `arms`, which must outlive the plan. */
struct plan plan_make(const struct experiment *e, const struct arm *arms,
                      size_t arm_count, uint64_t seed);

void plan_free(struct plan *plan);

#endif
