/*
 * workload - what a point stands for in practice. Pure.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "bench/run/experiment.h"

enum workload {
    WORKLOAD_BUSY_ROOMS,    /* few, large, all talking */
    WORKLOAD_SMALL_ROOMS,   /* many, small, all talking */
    WORKLOAD_IDLE,          /* most connections say nothing */
    WORKLOAD_SLOW_HANDLERS, /* handlers compute or wait */
    WORKLOAD_CHURN,         /* users come and go */
    WORKLOAD_SLOW_READERS,  /* some do not read */
    WORKLOADS
};

enum workload workload_of(const struct point *p);

/* "Few busy rooms" */
const char *workload_title(enum workload w);

#endif
