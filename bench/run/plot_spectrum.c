/* The data of a latency spectrum: a line for each server, a thin one a trial.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/plot.h"
#include "bench/run/spectrum.h"
#include "bench/run/trial.h"
#include "common/die.h"

/*
 * x = 1 / (1 - quantile), for a log axis, and the latency in seconds. Steps too
 * small to be seen are left out: a sum of trials has thousands.
 */
static void write_line(FILE *out, const struct spectrum *s)
{
    double total = s->at_most[s->count - 1], last_x = 0, last_y = 0;

    for (size_t i = 0; i < s->count; i++) {
        double beyond = total - s->at_most[i];
        /* The last message has nothing beyond it: it stands at 1 in total. */
        double x = total / (beyond > 0 ? beyond : 1), y = s->value[i] / 1e6;
        if (i + 1 < s->count && x < last_x * 1.02 && y < last_y * 1.02)
            continue;
        fprintf(out, "%.6g %.6g\n", x, y);
        last_x = x;
        last_y = y;
    }
    fprintf(out, "\n\n");
}

/* The spectra of the trials of one server whose latencies (do not) count. */
static size_t read_trials(const struct plot_job *job, const struct figure *f,
                          const char *server, bool valid, struct spectrum *out)
{
    size_t n = 0;

    for (size_t i = 0; i < job->rows->count; i++) {
        const struct row *r = &job->rows->v[i];
        if (r->block == 0 || r->valid != valid ||
            strcmp(r->metric->name, f->metric->name) != 0 ||
            strcmp(r->server, server) != 0 || strcmp(r->point, f->point) != 0)
            continue;
        char *path =
            trial_path(job->dir, "hgrm", r->point, server, r->block, "hgrm");
        if (spectrum_read(&out[n], path) == 0)
            n++;
        free(path);
    }
    return n;
}

/*
 * One file a server: index 0 is the sum of its trials, then each of them.
 * Returns how many trials are in it; -1 on an error.
 */
static int write_server(const struct plot_job *job,
                        const struct plot_spec *spec, size_t s, bool *valid)
{
    const struct figure *f = &spec->figures[0];
    const char *server = job->servers->word[s];
    struct spectrum *trials = xcalloc(job->rows->count + 1, sizeof(*trials));
    char suffix[64];
    size_t n = read_trials(job, f, server, true, trials);

    *valid = n > 0;
    if (n == 0) /* shown, but drawn as void */
        n = read_trials(job, f, server, false, trials);
    snprintf(suffix, sizeof(suffix), "%zu.lines", s + 1);
    FILE *out = plot_open(job, spec->name, suffix);
    int result = out ? (int)n : -1;
    if (out && n) {
        struct spectrum sum = spectrum_add(trials, n);
        write_line(out, &sum);
        spectrum_free(&sum);
        for (size_t i = 0; i < n; i++)
            write_line(out, &trials[i]);
    }
    if (out && plot_close(out, spec->name))
        result = -1;
    for (size_t i = 0; i < n; i++)
        spectrum_free(&trials[i]);
    free(trials);
    return result;
}

/* The most messages that stand behind a line: the end of the axis. */
static double most_messages(const struct plot_job *job, const struct figure *f,
                            size_t s)
{
    double *received = xcalloc(job->rows->count + 1, sizeof(*received));
    size_t n = rows_values(job->rows, job->servers->word[s], f->point,
                           "received", received, NULL, NULL);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += received[i];
    free(received);
    return sum;
}

static void write_entry(const struct plot_job *job, FILE *script, size_t s,
                        int line, int trials, bool valid)
{
    const char *server = job->servers->word[s];
    int variant = palette_variant(job->palette, server);
    char name[32], label[96];

    snprintf(name, sizeof(name), "server[%d]", line);
    snprintf(label, sizeof(label), "%s%s", palette_label(job->palette, server),
             valid ? "" : " (void)");
    plot_text(script, name, label);
    fprintf(script,
            "number[%d] = %zu\ncolour[%d] = %u\ntrials[%d] = %d\n"
            "dash[%d] = %d\n",
            line, s + 1, line, palette_rgb(job->palette, server), line, trials,
            line,
            variant > 1 ? 5
            : variant   ? 4
            : valid     ? 1
                        : 2);
}

int plot_write_spectrum(const struct plot_job *job,
                        const struct plot_spec *spec, FILE *script)
{
    const struct figure *f = &spec->figures[0];
    double furthest = 100;
    char text[256];
    int lines = 0;

    point_describe(experiment_point(job->e, f->point),
                   rows_rate(job->rows, f->point), text, sizeof(text));
    plot_text(script, "subtitle", text);
    fprintf(script,
            "array server[%zu]\narray number[%zu]\narray colour[%zu]\n"
            "array trials[%zu]\narray dash[%zu]\n",
            job->servers->count, job->servers->count, job->servers->count,
            job->servers->count, job->servers->count);
    for (size_t s = 0; s < job->servers->count; s++) {
        bool valid;
        int n = write_server(job, spec, s, &valid);
        if (n < 0)
            return -EIO;
        if (n == 0)
            continue;
        write_entry(job, script, s, ++lines, n, valid);
        furthest = fmax(furthest, most_messages(job, f, s));
    }
    fprintf(script, "servers = %d\nfurthest = %.10g\n", lines, furthest);
    return 0;
}
