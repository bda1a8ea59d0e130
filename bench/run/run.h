/*
 * run - one run of an experiment, from an empty folder to the pictures.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>

#include "bench/run/experiment.h"

/* What the command line asks for. */
struct run_options {
    const char *root;         /* the source tree, or where bench/ lies */
    const char *bin_dir;      /* where the programs are */
    const char *results_root; /* where the folder is made */
    struct words servers;     /* none: as the experiment says */
    bool shared;              /* no split of the cores */
    bool plots;               /* draw them */
    bool dry;                 /* only say what would be done */
};

/*
 * Runs `e` (whose servers, seed and blocks may have been set by options).
 * Returns the exit status: 0; 1 if a trial failed or the results could not be
 * written or drawn; 2 for servers that do not exist; 130 after an interrupt.
 */
int run_experiment(const struct run_options *opt, struct experiment *e);

#endif
