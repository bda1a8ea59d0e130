/*
 * director - leads the workers through the phases of a run.
 *
 * The main thread. It starts the workers, tells them each phase once all have
 * done with the one before (or the clock, Ctrl-C or a failure says so), writes
 * the --events lines, shows the progress, and gives up on a server that has
 * stopped answering. It takes no part in the load and sleeps most of the time.
 */
#ifndef CHAT_LOAD_DIRECTOR_H
#define CHAT_LOAD_DIRECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/steady.h"
#include "bench/load/sysstat.h"
#include "bench/load/worker.h"

/* When each phase was over, ns; 0: never. */
struct phase_times {
    uint64_t start;      /* the first connect */
    uint64_t connected;  /* the last connect */
    uint64_t registered; /* the last 001 */
    uint64_t joined;     /* the last 366 */
    uint64_t stop;       /* the last message was due */
    uint64_t drained;    /* the last delivery and the last PONG were in */
    double warmup_s;     /* seconds under load before the window */
    bool steady;         /* --warmup auto: the rate was */
};

/* The boards' sums. */
struct tally {
    uint64_t connected;
    uint64_t registered;
    uint64_t joined;
    uint64_t received;
    uint64_t outstanding;
    uint64_t pulse;
};

struct director {
    /* set once: */
    struct run *run;
    struct worker **workers;
    uint32_t count; /* of workers */
    int signal_fd;  /* SIGINT, SIGTERM */

    /* while it runs: */
    enum phase phase;
    uint64_t deadline;       /* ns: end of a timed phase; 0: none */
    uint64_t pulse;          /* when last something moved */
    uint64_t pulse_at;       /* ns: when that was */
    uint64_t interrupted_at; /* ns: the first Ctrl-C; 0: none */
    struct steady steady;    /* --warmup auto: the windows so far */
    uint64_t warm_received;  /* deliveries when this window began */

    /* results: */
    struct phase_times times;
    struct sys_ticks begin; /* of the measured window */
    struct sys_ticks end;   /* of the measured window */
    bool failed;            /* `fault` says why the run is over */
    char fault[512];        /* or a worker does */
};

/* Runs it all, from the first connect to the last close; `workers` stay the
 * caller's. Blocks. SIGINT and SIGTERM stay blocked: what follows is short and
 * must be written. Ends the program if threads cannot be started. */
void director_run(struct director *d, struct run *run, struct worker **workers,
                  uint32_t count);

#endif
