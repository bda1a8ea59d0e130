#include "bench/load/order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

enum { TABLE_MIN = 32 };

/* A message that one of the two has seen. */
struct order_entry {
    uint32_t number;
    uint32_t at : 31; /* when it was, in messages; 0: the place is free */
    uint32_t by : 1;  /* the side that has seen it */
};

/*
 * Open addressing. Pending numbers are nearly consecutive, so the number itself
 * is the best hash: they lie side by side, and what is lost for ever costs the
 * others a step at most.
 */
static struct order_entry *find(const struct order_pair *p, uint32_t number)
{
    uint32_t i = number & p->mask;

    while (p->table[i].at && p->table[i].number != number)
        i = (i + 1) & p->mask;
    return &p->table[i];
}

static void grow(struct order_pair *p)
{
    struct order_entry *old = p->table;
    uint32_t places = old ? p->mask + 1 : 0;

    p->mask = places ? places * 2 - 1 : TABLE_MIN - 1;
    p->table = xcalloc(p->mask + 1, sizeof(*p->table));
    for (uint32_t i = 0; i < places; i++)
        if (old[i].at)
            *find(p, old[i].number) = old[i];
    free(old);
}

/* Frees a place and moves up what had to go past it. */
static void take_out(struct order_pair *p, struct order_entry *e)
{
    uint32_t hole = (uint32_t)(e - p->table), i = hole;

    while (p->table[i = (i + 1) & p->mask].at) {
        uint32_t home = p->table[i].number & p->mask;
        if (((i - home) & p->mask) < ((i - hole) & p->mask))
            continue; /* its home lies behind the hole */
        p->table[hole] = p->table[i];
        hole = i;
    }
    p->table[hole].at = 0;
    p->pending--;
}

/*
 * DOC(load.order): what both have seen was met by this side just now, after all
 * else that both have seen; so the other must have seen it last as well.
 */
enum order_result order_pair_see(struct order_pair *p, int side,
                                 uint32_t number)
{
    int other = !side;

    if (p->closed)
        return ORDER_FIRST;
    if (!p->table || p->pending > p->mask / 2)
        grow(p); /* at most a half is used, so every search ends */
    p->seen[side] += p->seen[side] < INT32_MAX;
    struct order_entry *e = find(p, number);
    if (e->at) {
        uint32_t at = e->at;
        take_out(p, e);
        p->shared[side] = p->seen[side];
        if (at < p->shared[other])
            return ORDER_VIOLATED;
        p->shared[other] = at;
        return ORDER_SAME;
    }
    if (p->full)
        return ORDER_FIRST;
    if (p->pending == ORDER_PENDING_MAX || p->seen[side] == INT32_MAX) {
        p->full = true;
        return ORDER_GIVEN_UP;
    }
    *e = (struct order_entry){.number = number,
                              .at = p->seen[side] & INT32_MAX,
                              .by = side != 0};
    p->pending++;
    return ORDER_FIRST;
}
/* END */

uint32_t order_pair_gaps(const struct order_pair *p, int side)
{
    uint32_t gaps = 0;

    for (uint32_t i = 0; p->table && i <= p->mask; i++) {
        const struct order_entry *e = &p->table[i];
        gaps += e->at && e->by != (unsigned)side && e->at < p->shared[!side];
    }
    return gaps;
}

void order_pair_close(struct order_pair *p)
{
    free(p->table);
    p->table = NULL;
    p->pending = 0;
    p->closed = true;
}

struct order *order_new(const uint32_t *member, uint32_t steady, uint32_t count)
{
    struct order *o = xcalloc(1, sizeof(*o));

    assert(count <= ORDER_SAMPLE_MAX);
    o->count = count;
    o->member = xcalloc(count, sizeof(*o->member));
    o->pair = xcalloc(count * count, sizeof(struct order_pair *));
    memcpy(o->member, member, count * sizeof(*member));
    for (uint32_t i = 0; i < steady; i++)
        for (uint32_t j = i + 1; j < (i == 0 ? count : steady); j++)
            o->pair[i * count + j] = xcalloc(1, sizeof(struct order_pair));
    return o;
}

/* The pair of two samples, and which side of it the first one is. */
static struct order_pair *pair_of(const struct order *o, uint32_t i, uint32_t j,
                                  int *side)
{
    *side = i > j;
    return i < j ? o->pair[i * o->count + j] : o->pair[j * o->count + i];
}

void order_free(struct order *o)
{
    if (!o)
        return;
    for (uint32_t i = 0; i < o->count * o->count; i++) {
        if (o->pair[i])
            free(o->pair[i]->table);
        free(o->pair[i]);
    }
    free(o->pair);
    free(o->member);
    free(o);
}

void order_see(struct order *o, uint32_t i, uint32_t sender, uint32_t number,
               struct order_findings *f)
{
    int side;

    for (uint32_t j = 0; j < o->count; j++) {
        struct order_pair *p = pair_of(o, i, j, &side);
        if (!p || o->member[j] == sender)
            continue;
        switch (order_pair_see(p, side, number)) {
        case ORDER_FIRST: break;
        case ORDER_SAME: f->compared++; break;
        case ORDER_VIOLATED:
            f->compared++;
            f->violations++;
            break;
        case ORDER_GIVEN_UP: f->given_up++; break;
        }
    }
}

uint32_t order_leave(struct order *o, uint32_t i)
{
    uint32_t most = 0;
    int side;

    for (uint32_t j = 0; j < o->count; j++) {
        struct order_pair *p = pair_of(o, i, j, &side);
        if (!p)
            continue;
        uint32_t gaps = order_pair_gaps(p, side);
        most = gaps > most ? gaps : most;
        order_pair_close(p);
    }
    return most;
}
