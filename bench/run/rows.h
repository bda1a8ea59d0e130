/*
 * rows - the results: one row for each figure of each trial, tidy.
 *
 * Everything shown (tables, plots, claims, later the report) is made from these
 * rows alone, whether they come from the run that just ended or from a
 * rows.csv. A figure that does not count stays in it, with valid = 0 and the
 * reason. RFC 4180; the head names the columns, so later versions may add some.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/run/outcome.h"
#include "bench/run/plan.h"

struct row {
    char *server;                /* the arm's name */
    char *point;                 /* the point's id */
    char *control_of;            /* the server this arm repeats, NULL: none */
    char *reason;                /* why it does not count; "" if it does */
    const struct metric *metric; /* what */
    double value;                /* NAN: there is no number */
    double rate;                 /* offered messages/s; NAN if none */
    int block;                   /* from 1; 0 = calibration */
    int order;                   /* place in the block */
    bool valid;                  /* it counts */
};

struct rows {
    struct row *v;
    size_t count;
};

/* The rows of one trial: its figures and the row "trial" that sums them up. */
void rows_add_outcome(struct rows *rows, const struct step *step, double rate,
                      const struct outcome *o);

void rows_free(struct rows *rows);

/* The head line of rows.csv, newly allocated. */
char *rows_csv_head(void);

/*
 * The rows from number `first` on as CSV text, newly allocated. The columns of
 * parameters and options are those of `step`, which all of these rows must be
 * of.
 */
char *rows_csv(const struct rows *rows, size_t first, const char *run,
               const char *experiment, const struct step *step);

/*
 * Reads a rows.csv, leaving out rows of metrics it does not know. 0, or -1 with
 * "path:line: what is wrong" in `why`.
 */
int rows_read(struct rows *rows, const char *path, char *why, size_t size);

/*
 * The values of one figure that count, in the order of the blocks, calibration
 * left out; none where fewer than half of the trials count. `values` and
 * `blocks` (may be NULL) take rows->count; returns how many there are.
 * `*trials` (may be NULL): how many trials there were.
 */
size_t rows_values(const struct rows *rows, const char *server,
                   const char *point, const char *metric, double *values,
                   int *blocks, size_t *trials);

/*
 * The values of two servers (or of one at two points) that count, paired by
 * block: a[i] and b[i] are of one block. Both take rows->count; returns how
 * many there are.
 */
size_t rows_pairs(const struct rows *rows, const char *metric,
                  const char *server_a, const char *point_a,
                  const char *server_b, const char *point_b, double *a,
                  double *b);

/* The server that the arm `server` repeats (the A/A control); NULL: none. */
const char *rows_control_of(const struct rows *rows, const char *server);

/*
 * True if no trial has that figure though none failed: not measured there, or
 * the server does not count it (a peer has no counters).
 */
bool rows_lack(const struct rows *rows, const char *point, const char *metric,
               const char *server);

/* The offered rate at a point; NAN if none was measured. */
double rows_rate(const struct rows *rows, const char *point);

#endif
