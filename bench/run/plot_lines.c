/* The data of a lines plot: a metric over a sweep, a line for each server. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/plot.h"
#include "bench/run/stats.h"
#include "common/die.h"

/* One panel: a metric at all points of one sweep. */
struct panel {
    const struct figure *figure;  /* whose point is the sweep's name */
    const struct point *first;    /* one of its points */
    double least_x;               /* the least above 0; INFINITY: none */
    double least_y, most_y;       /* of all drawn values above 0 */
    double nought;                /* where 0 stands on a logarithmic x axis */
    const struct plot_spec *spec; /* the plot */
};

static double swept_value(const struct plot_job *job, const struct point *p)
{
    return p->swept == SWEPT_RATE ? rows_rate(job->rows, p->id)
                                  : p->param[p->swept];
}

static bool of_panel(const struct panel *panel, const struct point *p)
{
    return strcmp(p->name, panel->first->name) == 0;
}

/* A logarithmic axis has no 0: it stands a step left of the first value. */
static double place_x(const struct panel *panel, double x)
{
    return panel->spec->log_x && !(x > 0) ? panel->nought : x;
}

/* The values of a server at a point, those that count or those that do not. */
static size_t take_values(const struct plot_job *job, const struct figure *f,
                          const char *point, const char *server, bool valid,
                          double *values)
{
    size_t n = 0;

    for (size_t i = 0; i < job->rows->count; i++) {
        const struct row *r = &job->rows->v[i];
        if (r->block > 0 && r->metric == f->metric && r->valid == valid &&
            isfinite(r->value) && strcmp(r->server, server) == 0 &&
            strcmp(r->point, point) == 0)
            values[n++] = r->value;
    }
    return n;
}

/* "x median min max", and what the axis must hold. */
static void write_point(struct panel *panel, double x, const double *values,
                        size_t n, FILE *out)
{
    struct estimate e = stats_estimate(values, n, 1);
    double min = e.min, max = e.max;

    if (panel->spec->log_y && !(e.median > 0))
        return; /* a logarithmic axis has no place for it */
    if (panel->spec->log_y && !(min > 0))
        min = e.median;
    fprintf(out, "%.10g %.10g %.10g %.10g\n", place_x(panel, x), e.median, min,
            max);
    panel->least_y = fmin(panel->least_y, min > 0 ? min : INFINITY);
    panel->most_y = fmax(panel->most_y, max);
}

/*
 * Two files a server: where trials count, and where none does. A point at which
 * some count is drawn from these.
 */
static int write_server(const struct plot_job *job, struct panel *panel,
                        const char *server, FILE *counts, FILE *voids)
{
    double *values = xcalloc(job->rows->count + 1, sizeof(*values));
    const struct figure *f = panel->figure;
    int drawn = 0;

    for (size_t i = 0; i < job->e->point_count; i++) {
        const struct point *p = &job->e->points[i];
        if (!of_panel(panel, p))
            continue;
        size_t n = take_values(job, f, p->id, server, true, values);
        size_t m = n ? 0 : take_values(job, f, p->id, server, false, values);
        if (n)
            write_point(panel, swept_value(job, p), values, n, counts);
        else if (m)
            write_point(panel, swept_value(job, p), values, m, voids);
        drawn += n > 0 || m > 0;
    }
    free(values);
    return drawn;
}

static int write_panel(const struct plot_job *job, struct panel *panel,
                       size_t number)
{
    static const char *const kinds[] = {"line", "void"};
    int err = 0;

    for (size_t s = 0; s < job->servers->count && !err; s++) {
        FILE *files[2] = {NULL};
        for (size_t i = 0; i < 2 && !err; i++) {
            char suffix[48];
            snprintf(suffix, sizeof(suffix), "%zu.%zu.%s", number, s + 1,
                     kinds[i]);
            files[i] = plot_open(job, panel->spec->name, suffix);
            err = files[i] ? 0 : -EIO;
            /* gnuplot refuses a file without a point; this one is nowhere. */
            if (files[i])
                fprintf(files[i], "NaN NaN NaN NaN\n");
        }
        if (!err)
            write_server(job, panel, job->servers->word[s], files[0], files[1]);
        for (size_t i = 0; i < 2; i++) {
            int close_err =
                files[i] ? plot_close(files[i], panel->spec->name) : 0;
            err = err ? err : close_err;
        }
    }
    return err;
}

static void add_tic(char *list, size_t size, const char *label, double at)
{
    size_t len = strlen(list);

    snprintf(list + len, size - len, "%s'%s' %.10g", len ? ", " : "", label,
             at);
}

/*
 * A tic at each value of the sweep; on a linear axis not at one that would
 * stand in the one before.
 */
static void write_x_tics(const struct plot_job *job, const struct panel *panel,
                         size_t number, FILE *script)
{
    double from = INFINITY, to = 0, last = -INFINITY;
    double span = panel->first->swept_to - panel->first->swept_from;
    char list[2048] = "", label[32];

    for (size_t i = 0; i < job->e->point_count; i++) {
        const struct point *p = &job->e->points[i];
        double x = of_panel(panel, p) ? swept_value(job, p) : NAN;
        if (!isfinite(x))
            continue;
        tics_label(x, label, sizeof(label));
        if (panel->spec->log_x || fabs(x - last) > span * 0.05) {
            add_tic(list, sizeof(list), label, place_x(panel, x));
            last = x;
        }
        from = fmin(from, place_x(panel, x));
        to = fmax(to, place_x(panel, x));
    }
    double margin = (to - from) * 0.06;
    if (panel->spec->log_x)
        fprintf(script, "left[%zu] = %.10g\nright[%zu] = %.10g\n", number,
                from / 1.35, number, to * 1.35);
    else
        fprintf(script, "left[%zu] = %.10g\nright[%zu] = %.10g\n", number,
                from - margin, number, to + margin);
    fprintf(script, "xtic[%zu] = \"%s\"\n", number, list);
    /* Where the axis is broken to show 0; 0: it is not. */
    fprintf(script, "broken[%zu] = %.10g\n", number,
            panel->spec->log_x && from < panel->least_x
                ? sqrt(from * panel->least_x)
                : 0);
}

/* Times over decades are read as "10 ms", not as so many microseconds. */
static bool in_times(const struct panel *panel)
{
    return panel->spec->log_y && strcmp(panel->figure->metric->unit, "us") == 0;
}

/* All panels of one metric have one scale. */
static void write_y_range(const struct panel *panels, size_t count,
                          size_t number, FILE *script)
{
    const struct panel *own = &panels[number - 1];
    double least = own->least_y, most = own->most_y;
    struct tic tics[TICS_MAX];

    for (size_t i = 0; i < count; i++) {
        if (panels[i].figure->metric != own->figure->metric)
            continue;
        least = fmin(least, panels[i].least_y);
        most = fmax(most, panels[i].most_y);
    }
    if (!isfinite(least) || !(most > 0))
        least = most = 1;
    double bottom = own->spec->log_y ? least / 1.5 : 0;
    double top = own->spec->log_y ? most * 1.5 : most * 1.08;
    size_t n =
        own->spec->log_y ? tics_log(bottom, top, tics) : tics_linear(top, tics);
    for (size_t i = 0; i < n && in_times(own); i++)
        tics_label_time(tics[i].at, tics[i].label, sizeof(tics[i].label));
    fprintf(script, "bottom[%zu] = %.10g\ntop[%zu] = %.10g\n", number, bottom,
            number, top);
    plot_tics(script, "ytic", number, tics, n);
}

static void write_panel_texts(const struct panel *panel, size_t number,
                              size_t count, FILE *script)
{
    const struct figure *f = panel->figure;
    const struct plot_spec *spec = panel->spec;
    char name[32], text[320], wrapped[320];
    const char *axis = spec->axis ? spec->axis : f->metric->axis;
    const char *unit = in_times(panel) ? strstr(axis, ", µs") : NULL;
    int whole = (int)(unit ? unit - axis : (long)strlen(axis));

    point_describe_sweep(panel->first, text, sizeof(text));
    plot_wrap(text, count > 1 ? 50 : 100, wrapped, sizeof(wrapped));
    snprintf(name, sizeof(name), "panel[%zu]", number);
    plot_text(script, name, wrapped);
    snprintf(name, sizeof(name), "ylab[%zu]", number);
    snprintf(text, sizeof(text), "%.*s (%s is better)", whole, axis,
             f->metric->less_is_better ? "less" : "more");
    plot_text(script, name, text);
    snprintf(name, sizeof(name), "xlab[%zu]", number);
    plot_text(script, name,
              panel->first->swept == SWEPT_RATE
                  ? "messages per second offered"
                  : param_info[panel->first->swept].axis);
}

static struct panel panel_start(const struct plot_job *job,
                                const struct plot_spec *spec,
                                const struct figure *f)
{
    struct panel p = {.figure = f,
                      .first = experiment_point(job->e, f->point),
                      .least_x = INFINITY,
                      .least_y = INFINITY,
                      .spec = spec};
    double next = INFINITY;

    for (size_t i = 0; i < job->e->point_count; i++) {
        const struct point *point = &job->e->points[i];
        double x = of_panel(&p, point) ? swept_value(job, point) : NAN;
        if (!(x > 0))
            continue;
        next = x < p.least_x ? p.least_x : x < next ? x : next;
        p.least_x = fmin(p.least_x, x);
    }
    if (isfinite(p.least_x))
        p.nought = p.least_x / (isfinite(next) ? next / p.least_x : 10);
    return p;
}

static void write_servers(const struct plot_job *job, FILE *script)
{
    char name[32];

    fprintf(script,
            "servers = %zu\narray server[servers]\narray colour[servers]\n"
            "array variant[servers]\n",
            job->servers->count);
    for (size_t s = 0; s < job->servers->count; s++) {
        const char *server = job->servers->word[s];
        snprintf(name, sizeof(name), "server[%zu]", s + 1);
        plot_text(script, name, palette_label(job->palette, server));
        fprintf(script, "colour[%zu] = %u\nvariant[%zu] = %d\n", s + 1,
                palette_rgb(job->palette, server), s + 1,
                palette_variant(job->palette, server));
    }
}

int plot_write_lines(const struct plot_job *job, const struct plot_spec *spec,
                     FILE *script)
{
    size_t count = spec->figure_count;
    struct panel *panels = xcalloc(count, sizeof(*panels));
    static const char *const arrays[] = {"panel", "xlab",  "ylab",  "xtic",
                                         "ytic",  "left",  "right", "bottom",
                                         "top",   "broken"};
    int err = 0;

    write_servers(job, script);
    plot_text(script, "note", spec->note ? spec->note : "");
    fprintf(script, "panels = %zu\nlogx = %d\nlogy = %d\nguides = %zu\n", count,
            spec->log_x, spec->log_y, spec->guide_count);
    /* One too many: gnuplot looks at the first even of none. */
    fprintf(script, "array guide[guides + 1]\nguide[guides + 1] = 1\n");
    for (size_t i = 0; i < spec->guide_count; i++)
        fprintf(script, "guide[%zu] = %.10g\n", i + 1, spec->guides[i]);
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        fprintf(script, "array %s[panels]\n", arrays[i]);
    for (size_t i = 0; i < count && !err; i++) {
        panels[i] = panel_start(job, spec, &spec->figures[i]);
        err = write_panel(job, &panels[i], i + 1);
    }
    for (size_t i = 0; i < count && !err; i++) {
        write_panel_texts(&panels[i], i + 1, count, script);
        write_x_tics(job, &panels[i], i + 1, script);
        write_y_range(panels, count, i + 1, script);
    }
    free(panels);
    return err;
}
