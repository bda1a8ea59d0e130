/* What several sections show: servers, values, ratios, points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"
#include "common/die.h"

void report_server(struct report *r, const char *server)
{
    unsigned rgb = palette_rgb(r->job->palette, server);

    svg_note(&r->colours, rgb);
    fprintf(r->out,
            "<span class=\"server\"><i style=\"background:var(--x%06x)\"></i>",
            rgb);
    html_text(r->out, palette_label(r->job->palette, server));
    fputs("</span>", r->out);
}

void report_value(struct report *r, const struct metric *m, double value)
{
    const char *unit = m->unit;
    char text[32];

    if (strcmp(unit, "us") == 0 && value >= 1000) {
        value /= 1000;
        unit = "ms";
    }
    metric_format(value, text, sizeof(text));
    unit = strcmp(unit, "us") == 0    ? " µs"
           : strcmp(unit, "1/s") == 0 ? " /s"
           : strcmp(unit, "1") == 0   ? ""
                                      : unit;
    html_printf(r->out, "%s%s%s", text,
                *unit == ' ' || !*unit || *unit == '%' ? "" : " ", unit);
}

void report_ratio(struct report *r, const struct estimate *ratio)
{
    bool interval = isfinite(ratio->low);

    if (ratio->count == 0)
        return;
    fprintf(r->out, "<b class=\"num\">%.2f×</b>", ratio->median);
    if (ratio->count > 1)
        fprintf(r->out, " <small class=\"num\">(%.2f to %.2f%s)</small>",
                interval ? ratio->low : ratio->min,
                interval ? ratio->high : ratio->max, interval ? "" : ", range");
}

static const char *const judged[MODE_COUNT][2] = {
    [MODE_CLOSED] = {"cpu_us_per_delivery", "deliveries_per_s"},
    [MODE_OPEN] = {"latency_p99_us", "cpu_us_per_delivery"},
    [MODE_KNEE] = {"knee_per_s", "cpu_us_per_delivery"},
    [MODE_HOLD] = {"rss_kib_per_conn", "setup_s"}};

const struct metric *report_judged(const struct point *p, size_t index)
{
    bool works = p->param[PARAM_SPIN] > 0 || p->param[PARAM_SLEEP] > 0;

    if (p->judge[0])
        return index < JUDGE_MAX ? p->judge[index] : NULL;
    if (index > 1)
        return NULL;
    if (p->mode == MODE_CLOSED && works)
        return index ? NULL : metric_find("messages_per_s");
    return metric_find(judged[p->mode][index]);
}

void report_point(struct report *r, const struct point *p)
{
    char text[256];

    point_describe(p, rows_rate(r->job->rows, p->id), text, sizeof(text));
    html_text(r->out, text);
    if (p->rate.kind == RATE_OF_CLOSED)
        html_printf(r->out, " (%.4g %% of what %s did at %s)",
                    p->rate.value * 100, p->rate.server, p->rate.point);
    if (p->rate.kind == RATE_OF_KNEE)
        html_printf(r->out, " (%.4g %% of the knee of %s)", p->rate.value * 100,
                    p->rate.server);
    if (p->server_args)
        html_printf(r->out, ", server options %s", p->server_args);
}

double report_fact(const struct report *r, const char *outer, const char *inner)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->manifest, outer);

    if (inner)
        v = cJSON_GetObjectItemCaseSensitive(v, inner);
    if (cJSON_IsArray(v)) /* a limit: soft and hard */
        v = cJSON_GetArrayItem(v, 1);
    if (cJSON_IsString(v))
        return strtod(v->valuestring, NULL);
    return cJSON_IsNumber(v) ? v->valuedouble : NAN;
}

double report_median(const struct report *r, const char *server,
                     const struct point *p, const char *metric)
{
    const struct rows *rows = r->job->rows;
    double *v = xcalloc(rows->count + 1, sizeof(*v));
    size_t n = rows_values(rows, server, p->id, metric, v, NULL, NULL);
    double median = stats_median(v, n);

    free(v);
    return median;
}
