/*
 * summary - the results as text: tables, claims, what was void and why.
 *
 * Made from the rows alone. `servers` are the rows of the tables, in order.
 */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include <stdio.h>

#include "bench/run/experiment.h"
#include "bench/run/rows.h"

void summary_print(FILE *out, const struct experiment *e,
                   const struct rows *rows, const struct words *servers,
                   const char *machine);

/* How many trials (not of the calibration) failed. */
size_t summary_failed(const struct rows *rows);

/*
 * The ratio of two servers at a figure's point, paired by block. The count is 0
 * where they have no block in common.
 */
struct estimate summary_ratio(const struct rows *rows,
                              const struct figure *figure, const char *server);

#endif
