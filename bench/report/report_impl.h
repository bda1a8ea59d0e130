/*
 * report_impl - shared by the files that write the report, private.
 */
#ifndef BENCH_REPORT_IMPL_H
#define BENCH_REPORT_IMPL_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "bench/report/contest.h"
#include "bench/report/svg.h"
#include "bench/run/plot.h"

struct report {
    const struct plot_job *job; /* what is shown */
    cJSON *manifest;            /* NULL: there is none */
    FILE *out;                  /* the page's body */
    struct svg_colours colours; /* used so far */
    int pictures;               /* inlined so far */
};

/* ---- sections, in the page's order ---- */

void report_verdict(struct report *r);
void report_choice(struct report *r);
void report_capacity(struct report *r);
void report_batching(struct report *r);
void report_validity(struct report *r);
void report_noise(struct report *r);
void report_experiments(struct report *r);
void report_limits(struct report *r);
void report_manifest(struct report *r);

/* ---- parts ---- */

/* A server's name with its colour. */
void report_server(struct report *r, const char *server);

/* A value as people read it, with its unit: "1.2 ms", "412,345 /s". */
void report_value(struct report *r, const struct metric *m, double value);

/* "1.09 (1.07 to 1.12)" */
void report_ratio(struct report *r, const struct estimate *ratio);

/* The median of what counts; NAN: nothing does. */
double report_median(const struct report *r, const char *server,
                     const struct point *p, const char *metric);

/* What decides at a point; NULL past the last. */
const struct metric *report_judged(const struct point *p, size_t index);

/* The point in words, with what was offered and how it was placed. */
void report_point(struct report *r, const struct point *p);

/* A number of the manifest, NAN if it is not there: "machine", "cores". */
double report_fact(const struct report *r, const char *outer,
                   const char *inner);

#endif
