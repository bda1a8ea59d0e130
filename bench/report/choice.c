/*
 * The page that helps to choose: a word for each workload, made of the same
 * lines as the verdict; nothing in it knows a model by name.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/lines.h"
#include "bench/run/summary.h"
#include "common/die.h"

/* How often a model is among the best. */
struct tally {
    const char *server; /* the job's */
    size_t taken;       /* in so many lines */
    size_t lines;       /* of so many that it takes part in */
};

static int by_share(const void *x, const void *y)
{
    const struct tally *a = x, *b = y;
    /* Compared as fractions: a/b > c/d. */
    size_t left = b->taken * (a->lines ? a->lines : 1);
    size_t right = a->taken * (b->lines ? b->lines : 1);

    if (left != right)
        return left > right ? 1 : -1;
    return (a->lines < b->lines) - (a->lines > b->lines);
}

static size_t count_decided(const struct lines *lines)
{
    size_t n = 0;

    for (size_t i = 0; i < lines->count; i++)
        n += contest_decided(&lines->v[i].contest);
    return n;
}

/* One tally for each model that takes part; returns how many. */
static size_t count_up(const struct report *r, const struct lines *lines,
                       struct tally *list)
{
    size_t n = 0;

    for (size_t s = 0; s < r->job->servers->count; s++) {
        struct tally t = {.server = r->job->servers->word[s]};
        if (role_of(r->job->e, t.server) != ROLE_MODEL)
            continue;
        for (size_t i = 0; i < lines->count; i++) {
            const struct contest *c = &lines->v[i].contest;
            for (size_t k = 0; k < c->count && contest_decided(c); k++) {
                if (strcmp(c->contenders[k].server, t.server) != 0)
                    continue;
                t.lines++;
                t.taken += contest_take(&c->contenders[k]);
            }
        }
        if (t.lines)
            list[n++] = t;
    }
    qsort(list, n, sizeof(*list), by_share);
    return n;
}

/* "A or B is among the best in all 4 comparisons" */
static void print_advice(struct report *r, const struct lines *lines)
{
    struct tally *list = xcalloc(r->job->servers->count + 1, sizeof(*list));
    size_t n = count_up(r, lines, list), best = 0;

    while (best < n && list[best].taken && by_share(&list[best], list) == 0)
        best++;
    fputs("<p class=\"take\">", r->out);
    if (n == 0 || best == 0) {
        fputs("No advice: in none of its comparisons do all models have a "
              "figure that counts.</p>\n",
              r->out);
    } else if (best == n && n > 1 && list[0].taken == list[0].lines) {
        fputs("Take any: no difference was found between them.</p>\n", r->out);
    } else {
        fputs("Take ", r->out);
        for (size_t i = 0; i < best; i++) {
            fputs(i == 0 ? "" : i + 1 == best ? " or " : ", ", r->out);
            report_server(r, list[i].server);
        }
        if (list[0].taken == list[0].lines)
            fprintf(r->out,
                    ": best, or not told from the best, wherever all models "
                    "have a figure that counts.</p>\n");
        else
            fprintf(r->out,
                    ": best, or not told from the best, in %zu of %zu "
                    "comparisons, more than any other; see which.</p>\n",
                    list[0].taken, list[0].lines);
    }
    free(list);
}

/* The models that are behind, farthest last. */
static void print_behind(struct report *r, const struct contest *c)
{
    bool any = false;

    for (size_t i = 0; i < c->count; i++) {
        const struct contender *who = &c->contenders[i];
        bool gone = who->standing == STAND_BROKEN;
        if (who->role != ROLE_MODEL || contest_take(who) ||
            (who->ratio.count == 0 && !gone))
            continue;
        fputs(any ? ", " : "; against it ", r->out);
        report_server(r, who->server);
        if (gone)
            fputs(" past its knee", r->out);
        else
            fprintf(r->out, " <b class=\"num\">%.2f×</b>%s", who->ratio.median,
                    who->standing == STAND_INDICATED ? "?" : "");
        any = true;
    }
    if (!any)
        fputs("; no difference between the models", r->out);
}

static void print_reason(struct report *r, const struct line *l,
                         const char *element)
{
    const struct contest *c = &l->contest;
    char swept[64];

    line_swept(l, swept, sizeof(swept));
    fprintf(r->out, "<%s>", element);
    html_text(r->out, c->metric->axis);
    html_printf(r->out, ", %s%s%s: ", l->to->name, *swept ? ", " : "", swept);
    if (!contest_decided(c)) {
        fprintf(r->out, "undecided</%s>\n", element);
        return;
    }
    fputs("best ", r->out);
    report_server(r, c->winner->server);
    fputs(" with ", r->out);
    report_value(r, c->metric, c->winner->own.median);
    print_behind(r, c);
    fprintf(r->out, "</%s>\n", element);
}

/* The first comparison that is decided: by how much, at a glance. */
static void print_by_how_much(struct report *r, const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (!contest_decided(&lines->v[i].contest))
            continue;
        print_reason(r, &lines->v[i], "p");
        return;
    }
}

static void print_workload(struct report *r, enum workload w)
{
    struct lines lines = lines_of(r, w);

    fprintf(r->out, "<section class=\"box\"><h3>%s</h3>\n", workload_title(w));
    if (lines.count == 0) {
        fputs("<p class=\"faint\">Not measured in this run.</p>\n", r->out);
    } else {
        print_advice(r, &lines);
        print_by_how_much(r, &lines);
        fprintf(r->out,
                "<details><summary>All %zu comparison%s, of which %zu "
                "decided</summary><ul>\n",
                lines.count, lines.count == 1 ? "" : "s",
                count_decided(&lines));
        for (size_t i = 0; i < lines.count; i++)
            print_reason(r, &lines.v[i], "li");
        fputs("</ul></details>\n", r->out);
    }
    fputs("</section>\n", r->out);
    lines_free(&lines);
}

void report_choice(struct report *r)
{
    fputs("<h2 id=\"choice\">Which model to take</h2>\n"
          "<p>By what was measured in this run, on this machine. First ask "
          "which of these your users are; then what a model ends at.</p>\n"
          "<div class=\"pair\">\n",
          r->out);
    for (int w = 0; w < WORKLOADS; w++)
        print_workload(r, (enum workload)w);
    fputs("</div>\n", r->out);
}
