/* The first table: which model for which workload, by how much, how sure. */
#include "bench/report/html.h"
#include "bench/report/lines.h"

static void print_take(struct report *r, const struct contest *c)
{
    bool first = true;

    if (!contest_decided(c)) {
        fputs(c->winner ? "<span class=\"faint\">undecided: not all models "
                          "have two trials that count</span>"
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
        if (who->standing == STAND_BROKEN)
            fputs("<small>past its knee</small>", r->out);
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

static void print_line(struct report *r, const struct line *l)
{
    const struct contest *c = &l->contest;
    char swept[64];

    line_swept(l, swept, sizeof(swept));
    fputs("<tr><td>", r->out);
    if (l->judge == 0 || *swept)
        report_point(r, l->to);
    if (*swept) {
        fputs("<span class=\"aside\">", r->out);
        html_text(r->out, swept);
        fputs("</span>", r->out);
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

static void print_workload(struct report *r, enum workload w)
{
    struct lines lines = lines_of(r, w);

    if (lines.count)
        fprintf(r->out,
                "<tbody class=\"sub\"><tr><th colspan=\"5\">%s</th></tr>\n",
                workload_title(w));
    for (size_t i = 0; i < lines.count; i++)
        print_line(r, &lines.v[i]);
    fputs(lines.count ? "</tbody>\n" : "", r->out);
    lines_free(&lines);
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
          "signed-rank, Holm over all pairs, 5 %). Of a sweep, neighbouring "
          "values that end alike share a line, whose figures are the last "
          "value's.</p>\n",
          r->out);
}
