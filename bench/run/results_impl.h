/*
 * results_impl - shared by the files that keep a results folder, private.
 */
#ifndef BENCH_RESULTS_IMPL_H
#define BENCH_RESULTS_IMPL_H

#include "bench/run/results.h"

/* Says what cannot be done with `path`; returns `err`. */
int results_complain(int err, const char *what, const char *path);

/* Makes the folders within it; those that exist are fine. */
int results_make_inner(const struct results *r);

/* Opens DIR/NAME to append to it. */
int results_open_growing(const struct results *r, struct growing *g,
                         const char *name);

#endif
