/*
 * report - a run as one page: DIR/report.html.
 *
 * Made from the folder alone (rows.csv, manifest.json, experiment.conf and the
 * pictures drawn from them). The page needs no network and runs no script.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench/run/plot.h"

/*
 * Writes the page, whole or not at all. 0, or -errno with a line on stderr.
 * Pictures that are not there are said to be missing.
 */
int report_write(const struct plot_job *job);

#endif
