#include "bench/report/lines.h"

#include <stdlib.h>
#include <string.h>

#include "common/die.h"

static bool takes(const struct contest *c, const char *server)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->contenders[i].server, server) == 0)
            return contest_take(&c->contenders[i]);
    return false;
}

/* Do two contests take the same models, or both none? */
static bool same_take(const struct contest *a, const struct contest *b)
{
    if (contest_decided(a) != contest_decided(b))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (contest_take(&a->contenders[i]) !=
            takes(b, a->contenders[i].server))
            return false;
    for (size_t i = 0; i < b->count; i++)
        if (contest_take(&b->contenders[i]) !=
            takes(a, b->contenders[i].server))
            return false;
    return true;
}

/* The next contest of a sweep: a line of its own, or the last one goes on. */
static void add(struct lines *lines, struct contest *c, size_t judge, bool next)
{
    struct line *last = lines->count ? &lines->v[lines->count - 1] : NULL;

    if (next && last && last->judge == judge &&
        last->contest.metric == c->metric && same_take(&last->contest, c)) {
        contest_free(&last->contest);
        last->contest = *c;
        last->to = c->point;
        return;
    }
    lines->v = xrealloc(lines->v, (lines->count + 1) * sizeof(*lines->v));
    lines->v[lines->count++] = (struct line){*c, c->point, c->point, judge};
}

/* All values of a sweep (or one point), by one metric. */
static void add_sweep(const struct report *r, struct lines *lines, size_t first,
                      size_t end, size_t judge)
{
    const struct plot_job *job = r->job;
    bool next = false;

    for (size_t i = first; i < end; i++) {
        const struct point *p = &job->e->points[i];
        const struct metric *m = report_judged(p, judge);
        if (!m)
            continue;
        struct contest c = contest_hold(job->e, job->rows, job->servers, p, m);
        if (c.count == 0) { /* not measured */
            contest_free(&c);
            continue;
        }
        add(lines, &c, judge, next);
        next = true;
    }
}

static void add_part(const struct report *r, struct lines *lines, size_t part,
                     enum workload w)
{
    const struct experiment *e = r->job->e;

    for (size_t i = 0, end; i < e->point_count; i = end) {
        for (end = i + 1; end < e->point_count &&
                          strcmp(e->points[end].name, e->points[i].name) == 0;)
            end++;
        /* By its last value: the first may be the sweep's nothing. */
        if (e->points[i].part != part || workload_of(&e->points[end - 1]) != w)
            continue;
        for (size_t judge = 0; judge < JUDGE_MAX; judge++)
            add_sweep(r, lines, i, end, judge);
    }
}

struct lines lines_of(const struct report *r, enum workload w)
{
    struct lines lines = {NULL, 0};

    for (size_t part = 0; part <= r->job->e->part_count; part++)
        add_part(r, &lines, part, w);
    return lines;
}

void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        contest_free(&lines->v[i].contest);
    free(lines->v);
    lines->v = NULL;
    lines->count = 0;
}

void line_swept(const struct line *l, char *text, size_t size)
{
    const char *from = strchr(l->from->id, '=');
    const char *to = strchr(l->to->id, '=');

    *text = '\0';
    if (l->to->swept == SWEPT_NONE || !from || !to)
        return;
    snprintf(text, size, "%s %s%s%s",
             l->to->swept == SWEPT_RATE ? "rate" : param_info[l->to->swept].key,
             from + 1, l->from == l->to ? "" : " to ",
             l->from == l->to ? "" : to + 1);
}
