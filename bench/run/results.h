/*
 * results - the folder a run writes, and what is in it.
 *
 *   rows.csv         every figure of every trial
 *   trials.jsonl     each trial's raw material, one JSON object a line
 *   manifest.json    what would let a stranger repeat the run
 *   experiment.conf  the experiment as it was run
 *   summary.txt      the tables
 *   verdicts.txt     which server is better at what, and how sure that is
 *   hgrm/            the latency spectra
 *   logs/            what servers and generator said on stderr
 *   plots/           data and scripts of the pictures
 *   NAME.svg, .png   the pictures
 *
 * A folder is made anew for each run and never written to by another: what was
 * interrupted is gone on with by the same commit, experiment and machine only.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "bench/run/files.h"
#include "bench/run/rows.h"

struct results {
    char *dir;             /* results/2026-11-21T0215-1a2b3c4 */
    char *run;             /* the same without results/ */
    char *temp_dir;        /* for stats files, removed at the end */
    struct growing rows;   /* rows.csv */
    struct growing trials; /* trials.jsonl */
    size_t recovered;      /* trials found in a folder opened again */
};

/*
 * Makes root/DATE-COMMIT with its folders; where that exists, -2, -3 ... is
 * appended. root/latest is made a link to it. 0, or -errno with a line on
 * stderr.
 */
int results_open(struct results *r, const char *root, const char *commit);

/*
 * Opens the folder of an interrupted run to go on with it: half-written trials
 * are dropped, with a line on stderr. `run` is the name in its rows. 0, or
 * -errno with a line on stderr; -EBUSY while another process writes it.
 */
int results_reopen(struct results *r, const char *dir, const char *run);

/* Drops all trials: the folder is as if just begun. As results_reopen(). */
int results_forget(struct results *r);

/* Adds a trial's rows (from number `first` on) and its raw material. */
int results_add(struct results *r, const struct rows *rows, size_t first,
                const char *experiment, const struct step *step,
                const struct evidence *ev);

/* DIR/NAME replaced by `text`, whole. 0, or -errno with a line on stderr. */
int results_write(const struct results *r, const char *name, const char *text);

/* Flushes and closes; 0, or -errno with a line on stderr. */
int results_close(struct results *r);

#endif
