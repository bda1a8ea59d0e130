#include "bench/load/series.h"

#include <math.h>
#include <stdlib.h>

#include "common/die.h"

#define SECOND 1000000000ull

void series_begin(struct series *s, uint64_t begin, uint64_t length)
{
    uint64_t seconds = (length + SECOND - 1) / SECOND;

    s->begin = begin;
    s->interval = (seconds + SERIES_MAX - 1) / SERIES_MAX * SECOND;
    s->count = (uint32_t)((length + s->interval - 1) / s->interval);
    s->cells = xcalloc(s->count, sizeof(*s->cells));
    series_choose_cell(s, begin);
    s->next_mark = begin + s->interval;
}

void series_clear(struct series *s)
{
    free(s->cells);
    *s = (struct series){0};
}

void series_choose_cell(struct series *s, uint64_t intended)
{
    uint64_t i = (intended - s->begin) / s->interval;

    s->cell = &s->cells[i];
    s->cell_begin = s->begin + i * s->interval;
}

void series_mark(struct series *s, const struct series_mark *mark)
{
    if (!s->cells || mark->at <= s->last.at)
        return;
    double seconds = (double)(mark->at - s->last.at) / 1e9;
    double sent = (double)(mark->sent - s->last.sent) / seconds;
    double received = (double)(mark->received - s->last.received) / seconds;
    /* All that end by now; a turn of the loop that took longer than an
     * interval leaves the mean of its stretch in each. */
    uint64_t from = s->next_mark - s->interval;
    do {
        uint64_t i = (from - s->begin) / s->interval;
        if (i >= s->count)
            break;
        s->cells[i].messages_per_s = sent;
        s->cells[i].deliveries_per_s = received;
        from += s->interval;
    } while (from + s->interval <= mark->at);
    s->next_mark = from + s->interval;
    s->last = *mark;
}

void series_add(struct series *to, const struct series *from)
{
    if (!from->cells)
        return;
    if (!to->cells)
        series_begin(to, from->begin, from->count * from->interval);
    for (uint32_t i = 0; i < to->count && i < from->count; i++) {
        struct series_cell *t = &to->cells[i];
        const struct series_cell *f = &from->cells[i];
        t->messages_per_s += f->messages_per_s;
        t->deliveries_per_s += f->deliveries_per_s;
        t->timed += f->timed;
        t->max = f->max > t->max ? f->max : t->max;
        for (uint32_t p = 0; p < SERIES_POSITIONS; p++)
            t->counts[p] += f->counts[p];
    }
}

uint64_t series_percentile(const struct series_cell *c, double percent)
{
    uint64_t rank = (uint64_t)ceil(percent / 100 * (double)c->timed), seen = 0;

    for (uint32_t p = 0; p < SERIES_POSITIONS; p++) {
        seen += c->counts[p];
        if (seen < rank || seen == 0)
            continue;
        /* The highest value of the position's, but never over the maximum. */
        uint64_t high = hist_position_highest(((p + 1) << SERIES_SHIFT) - 1);
        return high < c->max ? high : c->max;
    }
    return 0;
}
