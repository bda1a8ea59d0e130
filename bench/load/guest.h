/*
 * guest - the churn: users who connect, join, talk a little and leave.
 *
 * Each guest registers, joins a room in which steady members talk, says one to
 * five messages and leaves, in turn by QUIT, by closing, by RST, by closing its
 * sending half and reading on to the end, or by ceasing to read and then
 * vanishing by RST; every second time right after its last word. Among the
 * steady members the run is verified as ever, and
 *
 * - a guest must get, from its 366 on, every message of each steady sender
 *   without a gap until it stops listening;
 * - what it said must reach all steady members or none, in order, as a prefix,
 *   and all of it when its leaving cannot have destroyed what was under way:
 *   QUIT, the half-close.
 *
 * What guests say to each other is checked for damage only.
 *
 * The worker's thread only; nothing blocks.
 */
#ifndef CHAT_LOAD_GUEST_H
#define CHAT_LOAD_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/hist.h"
#include "bench/load/options.h"
#include "bench/load/payload.h"
#include "bench/load/worker.h"

/* How guests leave, in turn. */
enum guest_exit {
    EXIT_QUIT,       /* QUIT, and the server closes */
    EXIT_CLOSE,      /* close(2) */
    EXIT_RESET,      /* close(2) that sends RST */
    EXIT_HALF_CLOSE, /* shutdown(2) of the sending half, read to the end */
    EXIT_VANISH,     /* stops reading for a while, then RST */
    EXIT_COUNT
};

extern const char *const guest_exit_names[EXIT_COUNT];

struct guest_counters {
    uint64_t started;          /* connects begun */
    uint64_t joined;           /* 366 received */
    uint64_t left[EXIT_COUNT]; /* of these, gone as they meant to */
    uint64_t early;            /* gone before their 366, as the load ended */
    uint64_t cut;              /* not reading, and so closed by the server */
    uint64_t failed;           /* connects that failed */
    uint64_t stuck;            /* left, and never closed by the server */
    uint64_t late;             /* connects put off: too many were there */
    uint64_t said;             /* messages */
};

struct guest_results {
    struct guest_counters count;
    struct hist *join_time; /* ns from the connect to 366 */
    char failure[256];      /* why the first connect that failed did */
};

/* Guests that may be there at one time: a descriptor for each is needed. */
uint32_t guest_places(const struct options *opt);

/* NULL without --churn. */
struct guests *guests_new(struct worker *w);
void guests_free(struct worker *w);

/* From `now` on guests come, this worker's share of them. */
void guests_start(struct worker *w, uint64_t now);

/* Once a turn: who is due comes, speaks or leaves. */
void guests_step(struct worker *w, uint64_t now);

/* When the next one is due, ns; UINT64_MAX: none is. */
uint64_t guests_due(const struct worker *w);

/* No more come, and those who are there leave, as they would have. */
void guests_stop(struct worker *w, uint64_t now);

/* All have left, and all that must have been heard has been. */
bool guests_are_gone(const struct worker *w);

/* See traces_close() and traces_settle(). The latter also closes who is left.*/
void guests_close_traces(struct worker *w);
void guests_settle(struct worker *w);

/* What conn.c, irc.c and room.c hand on. */
void guest_on_welcome(struct worker *w, struct conn *c);
void guest_on_joined(struct worker *w, struct conn *c);
void guest_on_message(struct worker *w, struct conn *c,
                      const struct payload *p);
void guest_on_close(struct worker *w, struct conn *c, enum conn_state was,
                    const char *why);
void guest_on_failed_connect(struct worker *w, struct conn *c, const char *why);

/* Steady member `c` was told what a guest has said. True: for the first time.
 */
bool guest_was_heard(struct worker *w, const struct conn *c,
                     const struct payload *p);

void guest_results_add(struct guest_results *to,
                       const struct guest_results *from);

/* NULL without --churn. */
const struct guest_results *guests_results(const struct worker *w);

#endif
