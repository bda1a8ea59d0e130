/* The data of a bars plot: a bar, a number and the trials for each server. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/plot.h"
#include "bench/run/stats.h"
#include "bench/run/summary.h"
#include "common/die.h"

/* From so many bars in a picture on, names take two lines. */
enum { CROWDED = 8 };

/* The axis goes so much higher than the highest bar, for its number. */
#define HEADROOM 1.24

/* Half way to white, for what is stacked on a bar. */
static unsigned pale(unsigned rgb)
{
    return ((rgb >> 1) & 0x7f7f7f) + 0x7f7f7f;
}

static double median_of(const struct plot_job *job, const char *server,
                        const struct figure *f)
{
    double *values = xcalloc(job->rows->count + 1, sizeof(*values));
    size_t n = rows_values(job->rows, server, f->point, f->metric->name, values,
                           NULL, NULL);
    double median = stats_median(values, n);

    free(values);
    return median;
}

/* "2.31" or, beside a yardstick, "2.31\n1.09 x" */
static void bar_label(const struct plot_job *job, const struct figure *f,
                      const char *server, double total, char *text, size_t size)
{
    char number[32];

    metric_format(total, number, sizeof(number));
    snprintf(text, size, "%s", number);
    if (!summary_is_ratio(f, server))
        return;
    struct estimate e = summary_ratio(job->rows, f, server);
    if (e.count)
        snprintf(text, size, "%s\\n%.2f×", number, e.median);
}

/*
 * x, from, to, colour; and above the highest its number. Returns where that is;
 * 0 if there is no bar.
 */
static double write_bar(const struct plot_job *job,
                        const struct plot_spec *spec, const struct figure *f,
                        size_t s, FILE *bars, FILE *numbers)
{
    const char *server = job->servers->word[s];
    unsigned rgb = palette_rgb(job->palette, server);
    double top = median_of(job, server, f);
    char text[64];

    if (!isfinite(top))
        return 0;
    fprintf(bars, "%zu 0 %.10g %u\n", s + 1, top, rgb);
    for (size_t i = 0; i < spec->stack_count; i++) {
        double more = median_of(job, server, &spec->stack[i]);
        if (!(more > 0))
            continue;
        fprintf(bars, "%zu %.10g %.10g %u\n", s + 1, top, top + more,
                pale(rgb));
        top += more;
    }
    bar_label(job, f, server, top, text, sizeof(text));
    fprintf(numbers, "%zu %.10g \"%s\" %d\n", s + 1, top, text,
            strchr(text, '\\') ? 2 : 1);
    return top;
}

/* Trials that count, or do not: x, value, colour. Returns the highest. */
static double write_trials(const struct plot_job *job, const struct figure *f,
                           size_t s, bool valid, FILE *out)
{
    const char *server = job->servers->word[s];
    double highest = 0;

    for (size_t i = 0; i < job->rows->count; i++) {
        const struct row *r = &job->rows->v[i];
        bool failed = !r->valid && strcmp(r->metric->name, "trial") == 0;
        if (r->block == 0 || strcmp(r->server, server) != 0 ||
            strcmp(r->point, f->point) != 0)
            continue;
        if (strcmp(r->metric->name, f->metric->name) == 0 &&
            r->valid == valid && isfinite(r->value)) {
            fprintf(out, "%zu %.10g %u\n", s + 1, r->value,
                    palette_rgb(job->palette, server));
            highest = fmax(highest, r->value);
        } else if (failed && !valid) /* no number: a mark on the axis */
            fprintf(out, "%zu 0 %u\n", s + 1,
                    palette_rgb(job->palette, server));
    }
    return highest;
}

static int write_panel(const struct plot_job *job, const struct plot_spec *spec,
                       size_t panel, double *highest)
{
    static const char *const suffixes[] = {"bars", "numbers", "trials", "void"};
    const struct figure *f = &spec->figures[panel];
    FILE *files[4] = {NULL};
    int err = 0;

    for (size_t i = 0; i < 4 && !err; i++) {
        char suffix[32];
        snprintf(suffix, sizeof(suffix), "%zu.%s", panel + 1, suffixes[i]);
        files[i] = plot_open(job, spec->name, suffix);
        err = files[i] ? 0 : -EIO;
        /* gnuplot refuses an empty file, and dies of one that is all NaN: a
         * point left of the axis is the nothing it can draw. */
        if (files[i])
            fprintf(files[i],
                    i == 1 ? "0 0 \"\" 1\n0 0 \"\" 2\n" : "0 0 0 0\n");
    }
    for (size_t s = 0; s < job->servers->count && !err; s++) {
        double bar = write_bar(job, spec, f, s, files[0], files[1]);
        double counts = write_trials(job, f, s, true, files[2]);
        double not = write_trials(job, f, s, false, files[3]);
        *highest = fmax(fmax(*highest, bar), fmax(counts, not ));
    }
    for (size_t i = 0; i < 4; i++) {
        int close_err = files[i] ? plot_close(files[i], spec->name) : 0;
        err = err ? err : close_err;
    }
    return err;
}

/* One metric in all panels is drawn to one scale. */
static void common_scale(const struct plot_spec *spec, double *highest)
{
    double all = 0;

    for (size_t i = 0; i < spec->figure_count; i++) {
        if (spec->figures[i].metric != spec->figures[0].metric)
            return;
        all = fmax(all, highest[i]);
    }
    for (size_t i = 0; i < spec->figure_count; i++)
        highest[i] = all;
}

static void write_panel_texts(const struct plot_job *job,
                              const struct plot_spec *spec, size_t panel,
                              FILE *script)
{
    const struct figure *f = &spec->figures[panel];
    char name[32], text[256], wrapped[256];

    point_describe(experiment_point(job->e, f->point),
                   rows_rate(job->rows, f->point), text, sizeof(text));
    plot_wrap(text, spec->figure_count > 1 ? 40 : 90, wrapped, sizeof(wrapped));
    snprintf(name, sizeof(name), "panel[%zu]", panel + 1);
    plot_text(script, name, wrapped);
    snprintf(name, sizeof(name), "axis[%zu]", panel + 1);
    snprintf(text, sizeof(text), "%s (%s is better)",
             spec->axis ? spec->axis : f->metric->axis,
             f->metric->less_is_better ? "less" : "more");
    plot_text(script, name, text);
}

int plot_write_bars(const struct plot_job *job, const struct plot_spec *spec,
                    FILE *script)
{
    double *highest = xcalloc(spec->figure_count, sizeof(*highest));
    bool crowded = job->servers->count * spec->figure_count > CROWDED;
    char name[32], label[64];
    int err = 0;

    plot_text(script, "note", spec->note ? spec->note : "");
    fprintf(script, "servers = %zu\narray server[servers]\n",
            job->servers->count);
    for (size_t s = 0; s < job->servers->count; s++) {
        snprintf(name, sizeof(name), "server[%zu]", s + 1);
        snprintf(label, sizeof(label), "%s",
                 palette_label(job->palette, job->servers->word[s]));
        char *blank = crowded ? strchr(label, ' ') : NULL;
        if (blank)
            *blank = '\n';
        plot_text(script, name, label);
    }
    fprintf(script,
            "panels = %zu\narray panel[panels]\narray axis[panels]\n"
            "array top[panels]\narray ytic[panels]\n",
            spec->figure_count);
    for (size_t i = 0; i < spec->figure_count && !err; i++) {
        write_panel_texts(job, spec, i, script);
        err = write_panel(job, spec, i, &highest[i]);
    }
    common_scale(spec, highest);
    for (size_t i = 0; i < spec->figure_count; i++) {
        struct tic tics[TICS_MAX];
        double top = (highest[i] > 0 ? highest[i] : 1) * HEADROOM;
        fprintf(script, "top[%zu] = %.10g\n", i + 1, top);
        plot_tics(script, "ytic", i + 1, tics, tics_linear(top, tics));
    }
    free(highest);
    return err;
}
