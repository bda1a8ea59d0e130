/*
 * spectrum - the latency percentile spectrum, from HdrHistogram's .hgrm text.
 *
 * Percentiles of several trials are never averaged: their counts are added, and
 * the percentiles taken of the sum. Pure, but for spectrum_read().
 */
#ifndef BENCH_SPECTRUM_H
#define BENCH_SPECTRUM_H

#include <stddef.h>

struct spectrum {
    double *value;   /* latency, in the file's unit, rising */
    double *at_most; /* how many messages took at most that */
    size_t count;    /* of steps */
};

/* Parses a .hgrm text. 0, or -1 if it holds no step. */
int spectrum_parse(struct spectrum *s, const char *text);

/* Reads a file; 0, -errno, or -EINVAL if it is no .hgrm. */
int spectrum_read(struct spectrum *s, const char *path);

/* The sum of `n` spectra, at every value any of them has. */
struct spectrum spectrum_add(const struct spectrum *s, size_t n);

/* The value at the q-quantile (0 to 1); NAN if empty. */
double spectrum_quantile(const struct spectrum *s, double q);

void spectrum_free(struct spectrum *s);

#endif
