/*
 * outcome - from what a trial left behind to figures and how far to trust them.
 *
 * A trial fails when a process crashed or a message was not delivered exactly
 * once, in order: then nothing of it counts. Short of that a doubt voids a
 * class of figures and leaves the others (method.md, "Validity"): a busy
 * generator says nothing about throughput but all about CPU a delivery. Pure.
 */
#ifndef BENCH_OUTCOME_H
#define BENCH_OUTCOME_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/run/experiment.h"
#include "bench/run/machine.h"
#include "bench/run/sample.h"

/* First guesses of method.md, to be set from the A/A arm and then left. */
#define OUTCOME_STEAL_VOIDS_LATENCY 5.0  /* percent of all CPU time */
#define OUTCOME_STEAL_VOIDS_TRIAL   20.0 /* likewise */
#define OUTCOME_LAG_VOIDS_LATENCY   0.10 /* median lag, of median latency */
#define OUTCOME_LAG_FLOOR_US        5.0  /* less is one wake-up: none can do */
#define OUTCOME_KEPT_UP             0.95 /* delivered, of what was due */
#define OUTCOME_GENERATOR_BOUND     0.85 /* of its core */
#define OUTCOME_ACHIEVED            0.99 /* sent, of the schedule drawn */
#define OUTCOME_MEASURED            0.90 /* of the window's length */

/* How the reason begins when a server did not keep up with an open loop. */
#define OUTCOME_PAST_KNEE "past its knee"

/* What is known of one moment of a trial. */
struct moment {
    struct cpu_sample server;    /* its CPU time */
    struct cpu_sample load;      /* the generator's */
    struct machine_time machine; /* all cores together */
    double switches;             /* the server's; NAN: the stats know it */
    double lag_us;               /* from chat-load's event to the sample */
    bool taken;                  /* the rest is valid */
};

/* What a trial collected. Owned by the trial; the JSON may be NULL. */
struct evidence {
    const struct point *point;        /* what was measured */
    double rate;                      /* offered messages/s; NAN if closed */
    char failure[512];                /* a process's own end; "" = none */
    char *server_command;             /* as for a shell; NULL: not started */
    char *load_command;               /* likewise */
    cJSON *load;                      /* chat-load's result */
    cJSON *stats_before;              /* server's, when the window opens */
    cJSON *stats_after;               /* when it is over */
    cJSON *stats_exit;                /* at its end */
    struct moment measure, stop;      /* the ends of the window */
    struct memory_sample empty, full; /* held connections: before and with */
    bool memory_taken;                /* both are valid */
    double p98_us;                    /* of chat-load's spectrum; 0: none */
    double kernel_stack_kib;          /* of one thread */
};

enum { OUTCOME_VALUES = 96 };

struct outcome {
    struct {
        const struct metric *metric; /* what */
        double value;                /* finite */
    } values[OUTCOME_VALUES];
    size_t count;                    /* of them */
    bool failed;                     /* nothing of the trial counts */
    char failure[512];               /* why */
    char doubt[METRIC_CLASSES][200]; /* why a class is void; "" = it counts */
};

void outcome_judge(struct outcome *o, const struct evidence *ev);

/* Why this metric of the trial does not count; NULL if it does. */
const char *outcome_reason(const struct outcome *o, const struct metric *m);

/* The metric's value, valid or not; NAN if it was not measured. */
double outcome_value(const struct outcome *o, const char *metric);

/* Adds a value that is not in the evidence; not finite: nothing. */
void outcome_set(struct outcome *o, const char *metric, double value);

void evidence_clear(struct evidence *ev);

#endif
