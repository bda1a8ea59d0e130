/*
 * trial_impl - shared by the files that run a trial, private.
 */
#ifndef BENCH_TRIAL_IMPL_H
#define BENCH_TRIAL_IMPL_H

#include "bench/run/child.h"
#include "bench/run/server.h"
#include "bench/run/trial.h"

/* Lines arriving on a descriptor. */
struct lines {
    int fd;         /* -1 at its end */
    char text[512]; /* what has come of the next one */
    size_t len;     /* of it */
};

struct trial {
    const struct session *s;   /* the run */
    const struct step *step;   /* what to do */
    struct evidence *ev;       /* what comes of it */
    struct child server, load; /* the processes */
    struct lines ready;        /* the server's stdout */
    struct lines events;       /* chat-load's phases */
    struct endpoint where;     /* valid once is_ready */
    bool is_ready;             /* the ready line came */
    bool server_may_end;       /* it was told to */
    int watch_fd;              /* inotify on temp_dir */
    cJSON **stats_into;        /* awaited counters; NULL: none */
    cJSON **stats_next;        /* to be asked for after these; NULL: none */
    int64_t timer_ns;          /* when on_timer() is due; 0: never */
    char *stats_path;          /* the server's --stats */
    char *json_path;           /* chat-load's --json */
    char *hgrm_path;           /* chat-load's --hgrm */
    char *server_log;          /* the server's stderr */
    char *load_log;            /* chat-load's stderr */
};

/* Notes why the trial does not count; the first reason stays. */
void trial_fail(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool trial_failed(const struct trial *t);

/* "chat-reactor exited with status 1: address in use" */
void trial_fail_child(struct trial *t, const char *name, const struct child *c,
                      const char *log);

/* Asks the server for its counters; trial_run_until() puts them there. */
void trial_request_stats(struct trial *t, cJSON **into);

/* Reads the server's memory; a failure if that cannot be done. */
void trial_take_memory(struct trial *t, struct memory_sample *m);

/*
 * Lets things happen until `done`, a failure, the guard or the user's interrupt
 * (-EINTR; else 0). `what` says in a failure what was waited for.
 */
int trial_run_until(struct trial *t, bool (*done)(struct trial *),
                    double guard_s, const char *what);

#endif
