/*
 * trial - one server, one generator, one measurement.
 *
 * A fresh server is started on a free port and chat-load runs against it. When
 * chat-load says that its window opens and closes, the server's CPU clock is
 * read; its own counters are asked for (SIGUSR1) shortly before the window
 * opens and right after it has closed, so that writing them costs nothing
 * within it. Nothing here sleeps or polls: every step waits for what it needs
 * (a ready line, an event, a file that was replaced, an end of a process), with
 * a guard that only a hang can reach. Whatever happens, no process is left
 * behind.
 */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include "bench/run/outcome.h"
#include "bench/run/pinning.h"
#include "bench/run/plan.h"

/* What is the same for all trials of a run. */
struct session {
    const char *bin_dir;     /* where the programs are */
    const char *dir;         /* the results folder */
    const char *temp_dir;    /* for stats files; ours alone */
    struct pinning pinning;  /* which cores */
    struct pinning shared;   /* at points where they share all */
    unsigned long long seed; /* of the run */
    int signal_fd;           /* SIGINT, SIGTERM, SIGHUP; readable = stop */
    void (*tick)(void *);    /* called each second meanwhile; may be NULL */
    void *tick_arg;          /* its argument */
};

/* On which cores a point's trials run. */
const struct pinning *session_pinning(const struct session *s,
                                      const struct point *point);

/*
 * Blocks until the trial is over. What went wrong in it is in ev->failure (and
 * the return value is 0). Returns -EINTR if the user wants the run to stop.
 * Free the evidence with evidence_clear() in any case.
 */
int trial_run(const struct session *s, const struct step *step, double rate,
              struct evidence *ev);

/*
 * DIR/hgrm/POINT.SERVER.bBLOCK.hgrm, where the trial's latency spectrum is kept
 * (`kind` "hgrm"), or its logs (`kind` "log"). The caller frees.
 */
char *trial_path(const char *dir, const char *kind, const char *point_id,
                 const char *server, int block, const char *suffix);

#endif
