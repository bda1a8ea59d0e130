#include "bench/load/total.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

static void add_counters(struct counters *to, const struct counters *from)
{
    /* All of them are uint64_t, and all of them are sums. */
    const uint64_t *f = (const uint64_t *)from;
    uint64_t *t = (uint64_t *)to;

    for (size_t i = 0; i < sizeof(*to) / sizeof(*t); i++)
        t[i] += f[i];
}

/* Each worker's counters over its own window: all are the same to a turn of
 * the loop, and the quotients do not mix them. */
static void add_rates(struct rates *r, const struct worker *w)
{
    const struct snapshot *a = &w->begin, *b = &w->end;

    if (!a->at || b->at <= a->at)
        return;
    double seconds = (double)(b->at - a->at) / 1e9;
    double user = b->cpu.user_s - a->cpu.user_s;
    double sys = b->cpu.sys_s - a->cpu.sys_s;
    r->seconds += seconds;
    r->messages_per_s += (double)(b->sent - a->sent) / seconds;
    r->deliveries_per_s += (double)(b->received - a->received) / seconds;
    r->backlog_begin += a->backlog;
    r->backlog_end += b->backlog;
    r->user_s += user;
    r->sys_s += sys;
    double wait = b->cpu.wait_s - a->cpu.wait_s;
    r->core_share = fmax(r->core_share, (user + sys) / seconds);
    r->core_wanted = fmax(r->core_wanted, (user + sys + wait) / seconds);
}

static void finish_rates(struct rates *r, const struct director *d)
{
    r->seconds /= d->count;
    if (r->deliveries_per_s > 0)
        r->us_per_delivery =
            (r->user_s + r->sys_s) * 1e6 / r->seconds / r->deliveries_per_s;
    r->steal_percent = sys_steal_percent(&d->begin, &d->end);
}

/* The first text there is. */
static void keep_first(char to[512], const char from[512])
{
    if (!to[0])
        memcpy(to, from, 512);
}

double seconds_between(uint64_t from, uint64_t to)
{
    return from && to > from ? (double)(to - from) / 1e9 : 0;
}

struct total *total_new(const struct director *d)
{
    struct total *t = xcalloc(1, sizeof(*t));

    t->run = d->run;
    t->threads = d->count;
    t->times = d->times;
    t->interrupted = d->interrupted_at != 0;
    t->failed = d->failed;
    memcpy(t->fault, d->fault, sizeof(t->fault));
    t->latency = hist_new();
    t->uncorrected = hist_new();
    t->lag = hist_new();
    t->first = hist_new();
    t->last = hist_new();
    t->spread = hist_new();
    for (uint32_t i = 0; i < d->count; i++) {
        const struct worker *w = d->workers[i];
        const struct guest_results *guests = guests_results(w);
        add_counters(&t->count, &w->count);
        add_rates(&t->rates, w);
        t->order.compared += w->order.compared;
        t->order.violations += w->order.violations;
        t->order.given_up += w->order.given_up;
        hist_add(t->latency, w->latency);
        hist_add(t->uncorrected, w->uncorrected);
        hist_add(t->lag, w->lag);
        hist_add(t->first, w->first);
        hist_add(t->last, w->last);
        hist_add(t->spread, w->spread);
        series_add(&t->series, &w->series);
        if (guests && !t->guests.join_time)
            t->guests.join_time = hist_new();
        if (guests)
            guest_results_add(&t->guests, guests);
        t->failed = t->failed || w->failed;
        keep_first(t->fault, w->fault);
        keep_first(t->refusal, w->refusal);
        keep_first(t->farewell, w->farewell);
    }
    finish_rates(&t->rates, d);
    return t;
}

void total_free(struct total *t)
{
    hist_free(t->latency);
    hist_free(t->uncorrected);
    hist_free(t->lag);
    hist_free(t->first);
    hist_free(t->last);
    hist_free(t->spread);
    series_clear(&t->series);
    hist_free(t->guests.join_time);
    free(t);
}
