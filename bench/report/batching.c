/* The price of batching: what a shared send saves, and what it costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"

static const char *const shown[] = {"deliveries_per_write",
                                    "cpu_us_per_delivery", "latency_p50_us",
                                    "latency_p99_us"};

enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

/* All that is shown counts there. */
static bool all_there(const struct report *r, const char *server,
                      const struct point *p)
{
    for (size_t i = 0; i < SHOWN; i++)
        if (isnan(report_median(r, server, p, shown[i])))
            return false;
    return true;
}

/* The points of the sweep of rates that has most of them; count 0: none. */
static const struct point *find_sweep(const struct experiment *e, size_t *count)
{
    const struct point *best = NULL;

    *count = 0;
    for (size_t i = 0, end; i < e->point_count; i = end) {
        const struct point *p = &e->points[i];
        for (end = i + 1;
             end < e->point_count && strcmp(e->points[end].name, p->name) == 0;)
            end++;
        if (p->swept == SWEPT_RATE && end - i > *count) {
            *count = end - i;
            best = p;
        }
    }
    return best;
}

static void print_point(struct report *r, const char *server,
                        const struct point *p, bool named)
{
    char text[32];

    fputs("<tr><td>", r->out);
    if (named)
        report_server(r, server);
    fputs("</td><td class=\"n\" data-is=\"messages/s\">", r->out);
    metric_format(rows_rate(r->job->rows, p->id), text, sizeof(text));
    fputs(text, r->out);
    fputs("</td>", r->out);
    for (size_t i = 0; i < SHOWN; i++) {
        const struct metric *m = metric_find(shown[i]);
        fprintf(r->out, "<td class=\"n\" data-is=\"%s\">", m->head);
        report_value(r, m, report_median(r, server, p, shown[i]));
        fputs("</td>", r->out);
    }
    fputs("</tr>\n", r->out);
}

static void print_head(struct report *r)
{
    fputs("<div class=\"wide\"><table class=\"cards\"><thead><tr>"
          "<th>Server</th><th class=\"n\">messages/s</th>",
          r->out);
    for (size_t i = 0; i < SHOWN; i++) {
        fputs("<th class=\"n\">", r->out);
        html_text(r->out, metric_find(shown[i])->axis);
        fputs("</th>", r->out);
    }
    fputs("</tr></thead><tbody>\n", r->out);
}

/* Its lowest and its highest rate at which all figures count. */
static void print_server(struct report *r, const char *server,
                         const struct point *sweep, size_t count, size_t *rows)
{
    const struct point *low = NULL, *high = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!all_there(r, server, &sweep[i]))
            continue;
        low = low ? low : &sweep[i];
        high = &sweep[i];
    }
    if (!low || low == high)
        return;
    if ((*rows)++ == 0)
        print_head(r);
    print_point(r, server, low, true);
    print_point(r, server, high, false);
}

void report_batching(struct report *r)
{
    const struct words *servers = r->job->servers;
    size_t count, rows = 0;
    const struct point *sweep = find_sweep(r->job->e, &count);

    fputs("<h3 id=\"batching\">The price of batching</h3>\n"
          "<p>The more deliveries share a send, the less CPU each takes, and "
          "the longer it has waited for the others. So a cost a delivery means "
          "little without its deliveries a write.</p>\n",
          r->out);
    for (size_t s = 0; sweep && s < servers->count; s++)
        print_server(r, servers->word[s], sweep, count, &rows);
    fputs(rows ? "</tbody></table></div>\n<p class=\"faint\">At the lowest and "
                 "the highest offered rate at which all figures of a server "
                 "count.</p>\n"
               : "<p class=\"faint\">No server has figures at two offered "
                 "rates in this run.</p>\n",
          r->out);
}
