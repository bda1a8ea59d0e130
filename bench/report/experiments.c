/* The experiments: what was expected, what came, tables and pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"
#include "bench/run/summary.h"
#include "common/die.h"

static void print_cell(struct report *r, const struct figure *f,
                       const char *server)
{
    const struct rows *rows = r->job->rows;
    double *values = xcalloc(rows->count + 1, sizeof(*values));
    size_t trials;
    size_t n = rows_values(rows, server, f->point, f->metric->name, values,
                           NULL, &trials);
    char text[32];

    metric_format(stats_median(values, n), text, sizeof(text));
    free(values);
    fputs("<td class=\"n\">", r->out);
    if (trials == 0)
        fputs("<span class=\"faint\">–</span>", r->out);
    else if (n == 0)
        fputs("<span class=\"no\">void</span>", r->out);
    else
        fprintf(r->out, "%s%s", text, n < trials ? "*" : "");
    if (n && summary_is_ratio(f, server)) {
        struct estimate e = summary_ratio(rows, f, server);
        if (e.count)
            fprintf(r->out, "<span class=\"aside\">%.2f×</span>", e.median);
    }
    fputs("</td>", r->out);
}

static bool has_any(const struct report *r, const struct table_spec *t,
                    const char *server)
{
    for (size_t c = 0; c < t->figure_count; c++)
        if (summary_trials(r->job->rows, t->figures[c].point, server))
            return true;
    return false;
}

static void print_table(struct report *r, const struct table_spec *t)
{
    const struct words *servers =
        t->servers.count ? &t->servers : r->job->servers;

    if (*t->title) {
        fputs("<h4>", r->out);
        html_text(r->out, t->title);
        fputs("</h4>\n", r->out);
    }
    fputs("<div class=\"wide\"><table><thead><tr><th>Server</th>", r->out);
    for (size_t c = 0; c < t->figure_count; c++) {
        const struct figure *f = &t->figures[c];
        fputs("<th class=\"n\">", r->out);
        html_text(r->out, f->metric->head);
        fputs("<span class=\"aside\">", r->out);
        html_text(r->out, f->point);
        fputs("</span></th>", r->out);
    }
    fputs("</tr></thead><tbody>\n", r->out);
    for (size_t s = 0; s < servers->count; s++) {
        if (!has_any(r, t, servers->word[s]))
            continue;
        fputs("<tr><td>", r->out);
        report_server(r, servers->word[s]);
        fputs("</td>", r->out);
        for (size_t c = 0; c < t->figure_count; c++)
            print_cell(r, &t->figures[c], servers->word[s]);
        fputs("</tr>\n", r->out);
    }
    fputs("</tbody></table></div>\n", r->out);
}

static void print_picture(struct report *r, const struct plot_spec *spec)
{
    char *path = xasprintf("%s/%s.svg", r->job->dir, spec->name);
    bool any = plot_figures(r->job, spec) > 0;

    fputs("<figure class=\"plot\"><div class=\"wide\">", r->out);
    if (!any || svg_inline(r->out, path, ++r->pictures, spec->title,
                           &r->colours) != 0) {
        fputs("<p class=\"box no\">", r->out);
        html_printf(r->out,
                    any ? "%s: the picture %s.svg has not been drawn"
                        : "%s: not drawn, no trial of it counts",
                    spec->title, spec->name);
        fputs("</p>", r->out);
    }
    fputs("</div><figcaption>", r->out);
    html_text(r->out, spec->title);
    fputs(" <span class=\"swipe\">(swipe to see all of it)</span>"
          "</figcaption></figure>\n",
          r->out);
    free(path);
}

/* "reached", "MISSED" and what was measured. */
static void print_claim(struct report *r, const struct claim *c)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        die(1, "out of memory");
    summary_print_claim(f, c, r->job->rows);
    fclose(f);
    text[strcspn(text, "\n")] = '\0';
    fprintf(r->out, "<li%s>", strstr(text, ": MISSED") ? " class=\"no\"" : "");
    html_text(r->out, text + strspn(text, " "));
    fputs("</li>\n", r->out);
    free(text);
}

/* One experiment's words, its own or a part's. */
static struct part part_of(const struct experiment *e, size_t part)
{
    if (part)
        return e->parts[part - 1];
    return (struct part){.name = e->name,
                         .title = e->title,
                         .why = e->why,
                         .expect = e->expect,
                         .seen = e->seen,
                         .cores = e->cores};
}

static void print_words(struct report *r, const struct part *e)
{
    if (e->why) {
        fputs("<p>", r->out);
        html_text(r->out, e->why);
        fputs("</p>\n", r->out);
    }
    fprintf(r->out,
            "<div class=\"pair%s\"><div class=\"box\"><h4>Expected, "
            "written before measuring</h4>\n",
            e->seen ? "" : " one");
    html_paragraphs(r->out, e->expect);
    fputs("</div>\n", r->out);
    if (e->seen) {
        fputs("<div class=\"box\"><h4>Seen</h4>\n", r->out);
        html_paragraphs(r->out, e->seen);
        fputs("</div>\n", r->out);
    }
    fputs("</div>\n", r->out);
}

static void print_points(struct report *r, size_t part)
{
    const struct experiment *e = r->job->e;

    fputs("<details><summary>The points</summary><dl>\n", r->out);
    for (size_t i = 0; i < e->point_count; i++) {
        const struct point *p = &e->points[i];
        if (p->part != part)
            continue;
        fputs("<dt>", r->out);
        html_text(r->out, p->id);
        fputs("</dt><dd>", r->out);
        report_point(r, p);
        fprintf(r->out, "; %zu trials</dd>\n",
                summary_trials(r->job->rows, p->id, NULL));
    }
    fputs("</dl></details>\n", r->out);
}

static void print_tables(struct report *r, size_t part)
{
    const struct experiment *e = r->job->e;
    size_t tables = 0;

    for (size_t i = 0; i < e->table_count; i++) {
        if (e->tables[i].part != part)
            continue;
        print_table(r, &e->tables[i]);
        tables++;
    }
    if (tables)
        fputs("<p class=\"faint\">Medians of the trials; × against the "
              "yardstick, by pairs of one block; * some trials do not "
              "count.</p>\n",
              r->out);
}

static void print_claims(struct report *r, size_t part)
{
    const struct experiment *e = r->job->e;
    size_t claims = 0;

    for (size_t i = 0; i < e->claim_count; i++) {
        if (e->claims[i].part != part)
            continue;
        if (claims++ == 0)
            fputs("<h4>Bounds set before measuring</h4>\n<ul>\n", r->out);
        print_claim(r, &e->claims[i]);
    }
    fputs(claims ? "</ul>\n" : "", r->out);
}

static size_t trials_of(const struct report *r, size_t part)
{
    const struct experiment *e = r->job->e;
    size_t n = 0;

    for (size_t i = 0; i < e->point_count; i++)
        if (e->points[i].part == part)
            n += summary_trials(r->job->rows, e->points[i].id, NULL);
    return n;
}

static void print_part(struct report *r, size_t number)
{
    const struct experiment *e = r->job->e;
    struct part part = part_of(e, number);

    fputs("<h3>", r->out);
    html_text(r->out, part.title);
    fputs("</h3>\n", r->out);
    print_words(r, &part);
    if (trials_of(r, number) == 0) {
        fputs("<p class=\"box no\">Not measured in this run", r->out);
        if (part.cores)
            fprintf(r->out, ": it needs %d cores, this machine has %.0f",
                    part.cores, report_fact(r, "machine", "cores"));
        fputs(".</p>\n", r->out);
        return;
    }
    for (size_t i = 0; i < e->plot_count; i++)
        if (e->plots[i].part == number)
            print_picture(r, &e->plots[i]);
    print_tables(r, number);
    print_claims(r, number);
    print_points(r, number);
}

void report_experiments(struct report *r)
{
    fputs("<h2 id=\"experiments\">Expected and seen</h2>\n", r->out);
    for (size_t part = 0; part <= r->job->e->part_count; part++)
        print_part(r, part);
}
