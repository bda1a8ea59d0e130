#include "bench/load/trace.h"

#include <stdlib.h>

#include "bench/load/worker.h"
#include "common/die.h"

enum { GROW = 1024 };

struct trace *trace_new(struct traces *t, struct room *room)
{
    struct trace *trace = xcalloc(1, sizeof(*trace) + room->size);

    trace->room = room;
    if (t->count % GROW == 0)
        t->list = xrealloc(t->list, (t->count + GROW) * sizeof(*t->list));
    t->list[t->count++] = trace;
    return trace;
}

void traces_clear(struct traces *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        free(t->list[i]);
    free(t->list);
    *t = (struct traces){0};
}

static uint8_t first_bits(unsigned n)
{
    return (uint8_t)((1u << n) - 1);
}

/* The lowest bits up to the highest one set. */
static uint8_t up_to_highest(uint8_t bits)
{
    return bits ? (uint8_t)((2u << (31 - __builtin_clz(bits))) - 1) : 0;
}

static bool heard_by_all(const struct trace *trace)
{
    const struct room *r = trace->room;
    uint8_t all = first_bits(trace->said);

    for (uint32_t i = 0; i < r->size; i++)
        if (r->members[i].state != CONN_CUT && trace->heard[i] != all)
            return false;
    return true;
}

/* Frees a trace that has nothing more to tell. The count of deliveries only
 * says when looking is worth while; members that are gone blur it. */
static void try_settle(struct traces *t, uint32_t number)
{
    struct trace *trace = t->list[number];

    if (!trace->left || trace->deliveries < trace->said * trace->room->live ||
        !heard_by_all(trace))
        return;
    t->waiting -= trace->whole;
    free(trace);
    t->list[number] = NULL;
}

bool trace_heard(struct traces *t, struct counters *n, uint32_t number,
                 uint32_t seq, const struct conn *c)
{
    if (number >= t->count || seq >= TRACE_WORDS_MAX) {
        n->misrouted++;
        return false;
    }
    struct trace *trace = t->list[number];
    if (!trace) { /* everybody had heard everything */
        n->duplicates++;
        return false;
    }
    if (trace->room != c->room || seq >= trace->said) {
        n->misrouted++;
        return false;
    }
    uint8_t *heard = &trace->heard[c - c->room->members];
    if (*heard >> seq & 1) {
        n->duplicates++;
        return false;
    }
    n->reordered += *heard >> seq > 0;
    *heard |= (uint8_t)(1u << seq);
    trace->deliveries++;
    n->guest_heard++;
    try_settle(t, number);
    return true;
}

void trace_left(struct traces *t, uint32_t number, bool whole)
{
    struct trace *trace = t->list[number];

    trace->left = true;
    trace->whole = whole;
    t->waiting += whole;
    try_settle(t, number);
}

void traces_close(struct traces *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct trace *trace = t->list[i];
        if (!trace)
            continue;
        if (trace->whole)
            trace->must = first_bits(trace->said);
        for (uint32_t m = 0; m < trace->room->size; m++)
            trace->must |= up_to_highest(trace->heard[m]);
    }
}

void traces_settle(struct traces *t, struct counters *n)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct trace *trace = t->list[i];
        if (!trace)
            continue;
        for (uint32_t m = 0; m < trace->room->size; m++) {
            uint8_t heard = trace->heard[m];
            bool cut = trace->room->members[m].state == CONN_CUT;
            uint8_t must = cut ? up_to_highest(heard) : trace->must;
            int missing = __builtin_popcount(must & (uint8_t)~heard);
            *(cut ? &n->gaps : &n->guest_lost) += (uint64_t)missing;
        }
        free(trace);
        t->list[i] = NULL;
    }
}
