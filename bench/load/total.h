/*
 * total - what all workers together have counted.
 *
 * After they have ended; the main thread.
 */
#ifndef CHAT_LOAD_TOTAL_H
#define CHAT_LOAD_TOTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/director.h"
#include "bench/load/guest.h"
#include "bench/load/hist.h"
#include "bench/load/worker.h"

/* Figures over the measured window. */
struct rates {
    double seconds;          /* its length, the workers' mean */
    double messages_per_s;   /* sent in it */
    double deliveries_per_s; /* received in it, of all kinds */
    double user_s;           /* own CPU time in it */
    double sys_s;            /* own CPU time in it */
    double us_per_delivery;  /* own CPU time a delivery received in it */
    uint64_t backlog_begin;  /* deliveries to come when it began */
    uint64_t backlog_end;    /* and when it ended */
    double core_share;       /* the busiest worker's CPU time over its length */
    double core_wanted;      /* the same with its waits for a processor */
    double steal_percent;    /* of the machine */
};

struct total {
    const struct run *run;
    uint32_t threads;
    struct counters count;
    struct rates rates;
    struct phase_times times;
    struct order_findings order; /* see struct worker */
    struct hist *latency;        /* see struct worker */
    struct hist *uncorrected;    /* see struct worker */
    struct hist *lag;            /* see struct worker */
    struct hist *first;          /* see struct worker */
    struct hist *last;           /* see struct worker */
    struct hist *spread;         /* see struct worker */
    struct series series;        /* see struct worker */
    struct guest_results guests; /* no join_time without --churn */
    bool interrupted;
    bool failed;
    char fault[512];    /* why it failed */
    char refusal[512];  /* the first error line under load */
    char farewell[512]; /* an ERROR line, or why a connection was closed */
};

/* From one instant to a later one in seconds; 0 if either never came. */
double seconds_between(uint64_t from, uint64_t to);

/* Never NULL. total_free() it. */
struct total *total_new(const struct director *d);
void total_free(struct total *t);

#endif
