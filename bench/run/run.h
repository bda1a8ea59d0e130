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
    int blocks;               /* --blocks; 0: not given */
    long long seed;           /* --seed; -1: not given */
    bool peers;               /* measure those, too */
    bool shared;              /* no split of the cores */
    bool beside;              /* also while another run is under way */
    const char *command;      /* the command line, for the manifest */
    bool plots;               /* draw them */
    bool dry;                 /* only say what would be done */
};

struct resume;

/*
 * Runs `e`; sets its blocks, seed and servers as `opt` says. `resume` is the
 * unfinished run it goes on with; NULL: a new one. Returns the exit status: 0;
 * 1 if a trial failed, the results could not be written or drawn, or another
 * run is under way; 2 for servers that do not exist or a folder of another run;
 * 130 after an interrupt.
 */
int run_experiment(const struct run_options *opt, struct experiment *e,
                   const struct resume *resume);

#endif
