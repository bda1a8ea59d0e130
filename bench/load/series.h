/*
 * series - what happened when: the measured window cut into intervals.
 *
 * For each interval the rates in it and the latencies of the messages that were
 * to be sent in it, in a coarser histogram (32 steps to a power of two: 3 %) so
 * that an hour of seconds is 12 MiB. Intervals are seconds, or longer when the
 * window is over an hour.
 *
 * One writer; any thread may add or read once the writer has stopped.
 */
#ifndef CHAT_LOAD_SERIES_H
#define CHAT_LOAD_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/hist.h"

enum {
    SERIES_SHIFT = 5, /* positions of a hist to one of ours: 2^5 */
    SERIES_POSITIONS = HIST_POSITIONS >> SERIES_SHIFT,
    SERIES_MAX = 3600 /* intervals */
};

struct series_cell {
    double messages_per_s;   /* sent in it */
    double deliveries_per_s; /* received in it, of all kinds */
    uint64_t timed;          /* latencies of messages intended in it */
    uint64_t max;            /* the longest of them, ns */
    uint32_t counts[SERIES_POSITIONS];
};

/* Counters at the last mark. */
struct series_mark {
    uint64_t at;       /* ns */
    uint64_t sent;     /* messages */
    uint64_t received; /* deliveries */
};

struct series {
    uint64_t begin;            /* ns: of the window */
    uint64_t interval;         /* ns */
    uint32_t count;            /* intervals */
    struct series_cell *cells; /* NULL: not begun */
    struct series_cell *cell;  /* the one recorded in last ... */
    uint64_t cell_begin;       /* ... and where it begins, ns */
    struct series_mark last;   /* where the rates were last known */
    uint64_t next_mark;        /* ns: end of the interval that `last` is in */
};

/* A window of `length` ns (> 0) from `begin` on. series_clear() it. Its first
 * mark is `last`, to be set when the window begins. */
void series_begin(struct series *s, uint64_t begin, uint64_t length);
void series_clear(struct series *s);

/* The counters now: the rates of the intervals since the last mark are known.
 * Call it at the first chance after `next_mark`, and at the end. */
void series_mark(struct series *s, const struct series_mark *mark);

/* The cell of what was intended at `intended`, within the window. */
void series_choose_cell(struct series *s, uint64_t intended);

/* A delivery of a message intended at `intended`, within the window; `position`
 * is where a hist counts its latency. */
static inline void series_record(struct series *s, uint64_t intended,
                                 uint64_t latency, unsigned position)
{
    /* Unsigned: also what lies before it. A division for each delivery is what
     * this spares. */
    if (__builtin_expect(intended - s->cell_begin >= s->interval, 0))
        series_choose_cell(s, intended);
    s->cell->timed++;
    s->cell->counts[position >> SERIES_SHIFT]++;
    if (latency > s->cell->max)
        s->cell->max = latency;
}

/* Adds all of `from`, which has the same intervals, to `to`. */
void series_add(struct series *to, const struct series *from);

/* The latency at `percent` of an interval's, ns; 0 without any. */
uint64_t series_percentile(const struct series_cell *c, double percent);

#endif
