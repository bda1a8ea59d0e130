/*
 * summary - the results as text: tables, claims, what was void and why.
 *
 * Made from the rows alone. `servers` are the rows of the tables, in order.
 */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/run/experiment.h"
#include "bench/run/rows.h"
#include "bench/run/stats.h"

/* Of all bootstraps: the same rows give the same text. */
enum { SUMMARY_SEED = 1 };

void summary_print(FILE *out, const struct experiment *e,
                   const struct rows *rows, const struct words *servers,
                   const char *machine);

/* Trials at a point, of all servers (NULL) or of one. */
size_t summary_trials(const struct rows *rows, const char *point,
                      const char *server);

/* Why figures of one server at one point do not count, by their class. */
struct voids {
    size_t seen[METRIC_CLASSES];     /* in how many trials */
    const char *why[METRIC_CLASSES]; /* the first reason, of the rows */
};

struct voids summary_voids(const struct rows *rows, const char *point,
                           const char *server);

/*
 * Is that class worth a line? A failed trial takes all its classes with it,
 * and is told once, as METRIC_CHECK.
 */
bool summary_voids_tell(const struct voids *v, enum metric_class class);

/* "throughput", "latency" */
const char *summary_class(enum metric_class class);

/* How many trials (not of the calibration) failed. */
size_t summary_failed(const struct rows *rows);

/* One line: the claim's bound, what was measured, reached or MISSED. */
void summary_print_claim(FILE *out, const struct claim *c,
                         const struct rows *rows);

/* Is the figure of `server` shown with a ratio? Not beside itself. */
bool summary_is_ratio(const struct figure *f, const char *server);

/*
 * The ratio of `server` at a figure's point to what the figure compares it
 * with, paired by block. The count is 0 where they have no block in common.
 */
struct estimate summary_ratio(const struct rows *rows,
                              const struct figure *figure, const char *server);

#endif
