/*
 * report - the verdict on a run, and its result as JSON, .hgrm and text.
 *
 * After the worker has ended; the main thread. Blocks while it writes.
 */
#ifndef CHAT_LOAD_REPORT_H
#define CHAT_LOAD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/load/worker.h"

enum { REPORT_LINES = 16 };

/* What is wrong with the run (not valid) and what weakens its figures. */
struct verdict {
    char *reasons[REPORT_LINES]; /* valid is count == 0; malloc'ed */
    int reason_count;
    char *warnings[REPORT_LINES]; /* malloc'ed */
    int warning_count;
};

/* Judges the run. verdict_clear() it. */
void verdict_judge(struct verdict *v, const struct worker *w);
void verdict_clear(struct verdict *v);

/* Ends the program with a line if `path` cannot be written: better before a
 * long run than after it. NULL and "-" are fine. */
void report_check_path(const char *path);

/*
 * Writes what --json and --hgrm ask for (files whole or not at all), and the
 * summary for people on stdout unless the JSON went there. Returns 0, or -errno
 * after a line on stderr that names the file.
 */
int report_write(const struct worker *w, const struct verdict *v);

/* The figures over the measured window that several places need. */
struct rates {
    double seconds;          /* length of the window */
    double messages_per_s;   /* sent in it */
    double deliveries_per_s; /* received in it */
    double user_s;           /* own CPU time in it */
    double sys_s;            /* own CPU time in it */
    double us_per_delivery;  /* own CPU time a delivery received in it */
    double core_share;       /* own CPU time over its length */
    double steal_percent;    /* of the machine */
};

void rates_compute(struct rates *r, const struct worker *w);

#endif
