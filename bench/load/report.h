/*
 * report - the verdict on a run, and its result as JSON, .hgrm and text.
 *
 * After the workers have ended; the main thread. Blocks while it writes.
 */
#ifndef CHAT_LOAD_REPORT_H
#define CHAT_LOAD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/load/total.h"

enum { REPORT_LINES = 16 };

/* What is wrong with the run (not valid) and what weakens its figures. */
struct verdict {
    char *reasons[REPORT_LINES]; /* valid is count == 0; malloc'ed */
    int reason_count;
    char *warnings[REPORT_LINES]; /* malloc'ed */
    int warning_count;
};

/* Judges the run. verdict_clear() it. */
void verdict_judge(struct verdict *v, const struct total *t);
void verdict_clear(struct verdict *v);

/* Ends the program with a line if a file that the options name cannot be
 * written: better before a long run than after it. */
void report_check_paths(const struct options *opt);

/*
 * Writes what the options ask for (files whole or not at all), and the summary
 * for people on stdout unless the JSON went there. Returns 0, or -errno
 * after a line on stderr that names the file.
 */
int report_write(const struct total *t, const struct verdict *v);

#endif
