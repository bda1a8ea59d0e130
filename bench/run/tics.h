/*
 * tics - the numbers along an axis. Pure.
 *
 * All labels of an axis differ, and share one unit where the axis is linear
 * ("0.5 M", "1 M"), so that steps are seen at a glance.
 */
#ifndef BENCH_TICS_H
#define BENCH_TICS_H

#include <stddef.h>

enum { TICS_MAX = 24 };

struct tic {
    double at;      /* its value */
    char label[16]; /* what is written there */
};

/*
 * Tics from 0 to at most `max` (above 0), in steps of 1, 2 or 5 times a power
 * of ten, 4 to 10 of them. `tics` takes TICS_MAX; returns how many.
 */
size_t tics_linear(double max, struct tic *tics);

/*
 * Tics of a logarithmic axis within [min, max], both above 0: powers of ten;
 * over two decades or less 1, 2 and 5 times these. At most TICS_MAX.
 */
size_t tics_log(double min, double max, struct tic *tics);

/* Microseconds by themselves: "50 µs", "10 ms", "1 s". */
void tics_label_time(double us, char *text, size_t size);

/* A value by itself: "0", "100", "1 k", "2.5 M". */
void tics_label(double value, char *text, size_t size);

#endif
