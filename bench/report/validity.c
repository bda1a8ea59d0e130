/* How far to trust the figures: trials that do not count, and the noise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"
#include "bench/run/summary.h"
#include "common/die.h"

/* Median and largest of a metric over all trials, as a list item. */
static void print_quiet(struct report *r, const char *metric, const char *text)
{
    const struct rows *rows = r->job->rows;
    double *v = xcalloc(rows->count + 1, sizeof(*v));
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (rows->v[i].block > 0 && isfinite(rows->v[i].value) &&
            strcmp(rows->v[i].metric->name, metric) == 0)
            v[n++] = rows->v[i].value;
    if (n)
        fprintf(r->out,
                "<li>%s: median <b>%.1f</b>, at most <b>%.1f</b></li>\n", text,
                stats_median(v, n), stats_quantile(v, n, 1));
    free(v);
}

static void print_void(struct report *r, const struct point *p,
                       const char *server, size_t *lines)
{
    struct voids v = summary_voids(r->job->rows, p->id, server);

    for (int c = 0; c < METRIC_CLASSES; c++) {
        if (!summary_voids_tell(&v, (enum metric_class)c))
            continue;
        if ((*lines)++ == 0)
            fputs("<details open><summary>What does not count, and why"
                  "</summary>\n<table class=\"cards\"><thead><tr><th>Point"
                  "</th><th>Server</th><th>Void</th><th class=\"n\">Trials"
                  "</th><th>First reason</th></tr></thead><tbody>\n",
                  r->out);
        fputs("<tr><td>", r->out);
        html_text(r->out, p->id);
        fputs("</td><td>", r->out);
        report_server(r, server);
        fprintf(r->out,
                "</td><td data-is=\"void\">%s</td>"
                "<td class=\"n\" data-is=\"trials\">%zu of %zu</td><td>",
                summary_class((enum metric_class)c), v.seen[c],
                summary_trials(r->job->rows, p->id, server));
        html_text(r->out, v.why[c]);
        fputs("</td></tr>\n", r->out);
    }
}

void report_validity(struct report *r)
{
    const struct plot_job *job = r->job;
    size_t lines = 0, trials = 0;

    for (size_t i = 0; i < job->e->point_count; i++)
        trials += summary_trials(job->rows, job->e->points[i].id, NULL);
    fprintf(r->out,
            "<h2 id=\"validity\">Validity</h2>\n<p>%zu trials, of which %zu "
            "failed. Every delivery of every trial was checked: exactly once, "
            "in its sender's order, unchanged. A figure that does not count "
            "is a hollow mark in a plot and never part of a number; a server "
            "with a majority of such trials gets no number.</p>\n"
            "<ul class=\"tags\">\n",
            trials, summary_failed(job->rows));
    print_quiet(r, "steal_percent", "CPU time stolen by the host, %");
    print_quiet(r, "foreign_percent", "other processes, % of a core");
    print_quiet(r, "send_lag_p50_us", "median send lag, µs");
    fputs("</ul>\n", r->out);
    for (size_t i = 0; i < job->e->point_count; i++)
        for (size_t s = 0; s < job->servers->count; s++)
            print_void(r, &job->e->points[i], job->servers->word[s], &lines);
    fputs(lines ? "</tbody></table></details>\n"
                : "<p>Every figure of every trial counts.</p>\n",
          r->out);
}

/* The A/A arm at one point, by each metric that decides there. */
static void print_noise(struct report *r, const struct point *p, size_t *lines)
{
    const struct metric *m;

    for (size_t i = 0; (m = report_judged(p, i)); i++) {
        struct noise n = compare_noise(r->job->rows, m->name, p->id);
        if (!isfinite(n.floor))
            continue;
        if ((*lines)++ == 0)
            fputs("<p>One server ran twice in each block, under two names. "
                  "How far apart the two were found is the machine's doing; a "
                  "difference between models that is not larger is called "
                  "none. The figure is the far end of the 95 % interval of "
                  "their ratio (with fewer than 5 pairs: of its range).</p>\n"
                  "<table class=\"cards\"><thead><tr><th>Point</th>"
                  "<th>Figure</th><th>Measured twice</th>"
                  "<th class=\"n\">Pairs</th><th class=\"n\">Noise floor"
                  "</th></tr></thead><tbody>\n",
                  r->out);
        fputs("<tr><td>", r->out);
        html_text(r->out, p->id);
        fputs("</td><td>", r->out);
        html_text(r->out, m->axis);
        fputs("</td><td>", r->out);
        report_server(r, n.base);
        fprintf(r->out,
                "</td><td class=\"n\" data-is=\"pairs\">%zu</td>"
                "<td class=\"n\" data-is=\"noise floor\">%.1f %%</td></tr>\n",
                n.pairs, n.floor * 100);
    }
}

void report_noise(struct report *r)
{
    const struct experiment *e = r->job->e;
    size_t lines = 0;

    fputs("<h2 id=\"noise\">Noise floor</h2>\n", r->out);
    for (size_t i = 0; i < e->point_count; i++)
        print_noise(r, &e->points[i], &lines);
    fputs(lines ? "</tbody></table>\n"
                : "<p>No trial of an A/A control (one server measured twice, "
                  "under two names) counts in this run, so that its noise "
                  "floor is not known: only the 2 % rule and the tests guard "
                  "against luck.</p>\n",
          r->out);
}
