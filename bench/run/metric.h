/*
 * metric - the names, units and manners of everything that is measured.
 *
 * One table: rows.csv, the printed tables, the plots' axes and the experiment
 * files all use these names. A metric's class says which doubt voids it: a
 * generator that was the bottleneck voids throughput but never the server's
 * CPU a delivery, a late send voids latencies only (method.md, "Validity").
 */
#ifndef BENCH_METRIC_H
#define BENCH_METRIC_H

#include <stdbool.h>
#include <stddef.h>

enum metric_class {
    METRIC_THROUGHPUT, /* what the pair of server and generator got done */
    METRIC_LATENCY,    /* what a receiver waited */
    METRIC_COST,       /* what the server spent, for each unit of work */
    METRIC_MEMORY,     /* what a connection holds */
    METRIC_SETUP,      /* what connecting and joining took */
    METRIC_CHECK,      /* how far to trust the rest; never void by itself */
    METRIC_CLASSES
};

struct metric {
    const char *name;        /* in rows.csv and experiment files */
    const char *unit;        /* in rows.csv */
    enum metric_class class; /* what voids it */
    bool less_is_better;     /* for the arrow on a plot's axis */
    const char *head;        /* over a table's column */
    const char *axis;        /* on a plot */
};

/* NULL if there is no such metric. */
const struct metric *metric_find(const char *name);

/* The table, for lists; NULL past the end. */
const struct metric *metric_at(size_t index);

/*
 * A value as a person reads it: "412,345", "2.31", "0.084"; three or more
 * significant digits, never an exponent.
 */
void metric_format(double value, char *text, size_t size);

/* A whole number as "10,000". */
void metric_format_whole(double value, char *text, size_t size);

#endif
