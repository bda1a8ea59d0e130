/*
 * lines - who is best at what, in as few lines as that takes: one for each
 * point and each metric that decides there; neighbouring values of a sweep that
 * end alike share one. The verdict and the advice are made of the same lines.
 */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include "bench/report/report_impl.h"
#include "bench/report/workload.h"

struct line {
    struct contest contest;   /* at `to` */
    const struct point *from; /* the first value of the sweep it holds for */
    const struct point *to;   /* the last; the same without a sweep */
    size_t judge;             /* which of the metrics that decide */
};

struct lines {
    struct line *v;
    size_t count;
};

/* All lines of a workload, the experiment's own first. lines_free() them. */
struct lines lines_of(const struct report *r, enum workload w);

void lines_free(struct lines *lines);

/* "work-spin 10 to 100" of a sweep; "" else. */
void line_swept(const struct line *l, char *text, size_t size);

#endif
