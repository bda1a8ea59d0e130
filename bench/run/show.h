/*
 * show - the results shown: tables on stdout, pictures in the folder.
 *
 * From the folder's own files alone, so that a run that just ended and one of
 * last year are shown by the same code.
 */
#ifndef BENCH_SHOW_H
#define BENCH_SHOW_H

#include <stdbool.h>

#include "bench/run/experiment.h"
#include "bench/run/rows.h"

/*
 * Prints the tables (also into DIR/summary.txt), draws the plots if `plots`,
 * writes the report, prints the paths. `root` is where bench/plots lies.
 * Returns 0, -EINTR, or another -errno with a line on stderr (a missing gnuplot
 * is one: the data is there, and the line to run is printed).
 */
int show_results(const char *root, const char *dir, const struct experiment *e,
                 const struct rows *rows, bool plots, int signal_fd);

/* The same from a folder of an earlier run. Returns the exit status. */
int show_folder(const char *root, const char *dir);

/* Blocks SIGINT, SIGTERM and SIGHUP and returns a descriptor of them. */
int show_signals(void);

/* Takes a signal off that descriptor: the next one counts anew. */
void show_signal_taken(int signal_fd);

#endif
