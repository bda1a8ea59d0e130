/* A bound, what was measured, and whether it was reached. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/summary.h"
#include "common/die.h"

/* The most of all trials, failed ones too: of what must never happen. */
static struct estimate worst(const struct rows *rows, const struct figure *f,
                             const char *server)
{
    double *v = xcalloc(rows->count + 1, sizeof(*v));
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct row *r = &rows->v[i];
        if (r->block > 0 && isfinite(r->value) && r->metric == f->metric &&
            strcmp(r->server, server) == 0 && strcmp(r->point, f->point) == 0)
            v[n++] = r->value;
    }
    struct estimate e = stats_estimate(v, n, SUMMARY_SEED);
    e.median = e.max;
    free(v);
    return e;
}

static struct estimate measured(const struct rows *rows, const struct claim *c)
{
    const struct figure *f = &c->figure;
    double *values = xcalloc(rows->count + 1, sizeof(*values));
    struct estimate e;

    if (f->against || f->against_point) {
        e = summary_ratio(rows, f, c->server);
    } else if (f->metric->class == METRIC_CHECK && isfinite(c->at_most)) {
        e = worst(rows, f, c->server);
    } else {
        size_t n = rows_values(rows, c->server, f->point, f->metric->name,
                               values, NULL, NULL);
        e = stats_estimate(values, n, SUMMARY_SEED);
    }
    free(values);
    return e;
}

/* "cpu_us_per_delivery at relay, pool / reactor: " */
static void print_name(FILE *out, const struct claim *c)
{
    const struct figure *f = &c->figure;

    fprintf(out, "  %s at %s, %s", f->metric->name, f->point, c->server);
    if (f->against || f->against_point)
        fprintf(out, " / %s", f->against ? f->against : "the same");
    if (f->against_point)
        fprintf(out, " at %s", f->against_point);
    fputs(": ", out);
}

void summary_print_claim(FILE *out, const struct claim *c,
                         const struct rows *rows)
{
    bool most = isfinite(c->at_most);
    double bound = most ? c->at_most : c->at_least;
    struct estimate e = measured(rows, c);

    print_name(out, c);
    if (e.count == 0)
        fprintf(out, "no trial counts");
    else if (e.count == 1)
        fprintf(out, "%.3f (one trial)", e.median);
    else if (c->figure.metric->class == METRIC_CHECK && most)
        fprintf(out, "%.3f at most in %zu trials", e.median, e.count);
    else if (isfinite(e.low))
        fprintf(out, "%.3f (95 %% interval %.3f to %.3f)", e.median, e.low,
                e.high);
    else
        fprintf(out, "%.3f (%.3f to %.3f in %zu trials)", e.median, e.min,
                e.max, e.count);
    fprintf(out, "; wanted: at %s %g", most ? "most" : "least", bound);
    if (e.count)
        fprintf(out, ": %s",
                (most ? e.median <= bound : e.median >= bound) ? "reached"
                                                               : "MISSED");
    fprintf(out, "\n");
}
