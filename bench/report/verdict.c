/* The first table: which model for which workload, by how much, how sure. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"
#include "bench/report/workload.h"

/*
 * One line of the table: a point, or values of a sweep that end alike, shown by
 * the last of them.
 */
struct line {
    struct contest contest; /* at `to`, owned */
    const struct point *from, *to;
};

/* Do two contests of one sweep take the same models? */
static bool same_take(const struct contest *a, const struct contest *b)
{
    size_t taken = 0, shared = 0, other = 0;

    for (size_t i = 0; i < a->count; i++) {
        taken += contest_take(&a->contenders[i]);
        for (size_t j = 0; j < b->count; j++)
            shared +=
                contest_take(&a->contenders[i]) &&
                contest_take(&b->contenders[j]) &&
                strcmp(a->contenders[i].server, b->contenders[j].server) == 0;
    }
    for (size_t j = 0; j < b->count; j++)
        other += contest_take(&b->contenders[j]);
    return taken == shared && other == shared;
}

/* Swept values: "0 to 100 µs ..."; else nothing. */
static void print_swept(struct report *r, const struct line *l)
{
    const struct point *p = l->to;
    const char *from = strchr(l->from->id, '=');
    const char *to = strchr(p->id, '=');

    if (p->swept == SWEPT_NONE || !from || !to)
        return;
    fputs("<span class=\"aside\">", r->out);
    html_printf(r->out, "%s %s",
                p->swept == SWEPT_RATE ? "rate" : param_info[p->swept].key,
                from + 1);
    if (l->from != p)
        html_printf(r->out, " to %s", to + 1);
    fputs("</span>", r->out);
}

static void print_take(struct report *r, const struct contest *c)
{
    bool first = true;

    if (!contest_decided(c)) {
        fputs(c->winner ? "<span class=\"faint\">undecided: not all models "
                          "have a figure that counts</span>"
                        : "<span class=\"no\">no trial counts</span>",
              r->out);
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!contest_take(&c->contenders[i]))
            continue;
        fputs(first ? "" : "<br>", r->out);
        report_server(r, c->contenders[i].server);
        first = false;
    }
}

/* The rest, each against the best. */
static void print_others(struct report *r, const struct contest *c)
{
    bool any = false;

    for (size_t i = 0; i < c->count; i++) {
        const struct contender *who = &c->contenders[i];
        if (contest_decided(c) && contest_take(who))
            continue;
        any = true;
        fputs("<span class=\"o\">", r->out);
        report_server(r, who->server);
        fputc(' ', r->out);
        if (who->standing == STAND_VOID)
            fputs("<small>void</small>", r->out);
        if (who->standing == STAND_BEST)
            fputs("<small>best that counts</small>", r->out);
        report_ratio(r, &who->ratio);
        if (who->standing == STAND_INDICATED)
            fputs("<small>?</small>", r->out);
        fputs("</span> ", r->out);
    }
    if (!any)
        fputs("<span class=\"faint\">no difference</span>", r->out);
}

static void print_line(struct report *r, const struct line *l, bool first)
{
    const struct contest *c = &l->contest;

    fputs("<tr><td>", r->out);
    if (first || l->to->swept != SWEPT_NONE) {
        report_point(r, l->to);
        print_swept(r, l);
    }
    fputs("</td><td data-is=\"judged by\">", r->out);
    html_text(r->out, c->metric->axis);
    fputs("</td><td class=\"take\" data-is=\"take\">", r->out);
    print_take(r, c);
    fputs("</td><td class=\"n\" data-is=\"best\">", r->out);
    if (c->winner)
        report_value(r, c->metric, c->winner->own.median);
    fputs("</td><td class=\"others\">", r->out);
    print_others(r, c);
    fputs("</td></tr>\n", r->out);
}

/* All values of a sweep by one metric, in as few lines as they need. */
static void print_sweep(struct report *r, size_t first, size_t end,
                        size_t judge)
{
    const struct plot_job *job = r->job;
    struct line l = {.from = NULL};

    for (size_t i = first; i < end; i++) {
        const struct point *p = &job->e->points[i];
        const struct metric *m = report_judged(p, judge);
        struct contest c =
            m ? contest_hold(job->e, job->rows, job->servers, p, m)
              : (struct contest){.count = 0};
        if (c.count == 0) { /* judged otherwise, or not measured */
            contest_free(&c);
            continue;
        }
        bool goes_on =
            l.from && l.contest.metric == m && same_take(&l.contest, &c);
        if (l.from && !goes_on)
            print_line(r, &l, judge == 0);
        contest_free(&l.contest);
        l = (struct line){c, goes_on ? l.from : p, p};
    }
    if (l.from)
        print_line(r, &l, judge == 0);
    contest_free(&l.contest);
}

static void print_workload(struct report *r, enum workload w)
{
    const struct experiment *e = r->job->e;
    bool head = false;

    for (size_t i = 0; i < e->point_count;) {
        size_t end = i + 1;
        while (end < e->point_count &&
               strcmp(e->points[end].name, e->points[i].name) == 0)
            end++;
        if (workload_of(&e->points[end - 1]) == w) {
            if (!head)
                fprintf(r->out,
                        "<tbody class=\"sub\"><tr><th colspan=\"5\">%s"
                        "</th></tr>\n",
                        workload_title(w));
            head = true;
            for (size_t judge = 0; judge < JUDGE_MAX; judge++)
                print_sweep(r, i, end, judge);
        }
        i = end;
    }
    if (head)
        fputs("</tbody>\n", r->out);
}

void report_verdict(struct report *r)
{
    fputs("<h2 id=\"verdict\">Verdict</h2>\n"
          "<table class=\"cards verdict\"><thead><tr><th>Workload</th>"
          "<th>Judged by</th><th>Take</th><th class=\"n\">Best</th>"
          "<th>The others, as a multiple of the best</th></tr></thead>\n",
          r->out);
    for (int w = 0; w < WORKLOADS; w++)
        print_workload(r, (enum workload)w);
    fputs("</table>\n<p class=\"faint\">Models named together under "
          "<i>Take</i> were not told apart: they differ by less than the "
          "noise floor or 2 %, or it may be luck. The floor (null) and other "
          "projects' servers are shown and never chosen. In brackets: the "
          "95 % interval of the ratio, by pairs of trials in one block, or "
          "their range where fewer than 5 pairs count. <b>?</b>: all pairs "
          "agree, but they are too few for significance (Wilcoxon "
          "signed-rank, Holm over all pairs, 5 %).</p>\n",
          r->out);
}
