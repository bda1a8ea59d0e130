#include "bench/run/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/run/child.h"
#include "bench/run/files.h"
#include "common/die.h"

/* gnuplot's full name, newly allocated; NULL if it is not in PATH. */
static char *find_gnuplot(void)
{
    const char *path = getenv("PATH");

    for (const char *p = path; p && *p;) {
        size_t len = strcspn(p, ":");
        char *name = xasprintf("%.*s/gnuplot", (int)len, p);
        if (access(name, X_OK) == 0)
            return name;
        free(name);
        p += len + (p[len] == ':');
    }
    return NULL;
}

FILE *plot_open(const struct plot_job *job, const char *name,
                const char *suffix)
{
    char *path = xasprintf("%s/plots/%s.%s", job->dir, name, suffix);
    FILE *f = fopen(path, "we");

    if (!f)
        fprintf(stderr, "%s: cannot write %s: %s\n", die_program(), path,
                strerror(errno));
    free(path);
    return f;
}

int plot_close(FILE *f, const char *what)
{
    int err = ferror(f) ? -EIO : 0;

    if (fclose(f) != 0)
        err = -errno;
    if (err)
        fprintf(stderr, "%s: cannot write the data of plot %s: %s\n",
                die_program(), what, strerror(-err));
    return err;
}

void plot_path(FILE *script, const char *name, const char *text)
{
    /* In single quotes only the quote itself is special to gnuplot. */
    fprintf(script, "%s = '", name);
    for (; *text; text++)
        fprintf(script, "%s%c", *text == '\'' ? "'" : "", *text);
    fputs("'\n", script);
}

void plot_text(FILE *script, const char *name, const char *text)
{
    fprintf(script, "%s = \"", name);
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", script);
        else if (*text == '`') /* would run a command */
            fputc('\'', script);
        else if (*text == '"' || *text == '\\')
            fprintf(script, "\\%c", *text);
        else if (strchr("_^{}@&~", *text)) /* markup of enhanced text */
            fprintf(script, "\\\\%c", *text);
        else
            fputc(*text, script);
    }
    fputs("\"\n", script);
}

void plot_tics(FILE *script, const char *array, size_t index,
               const struct tic *tics, size_t count)
{
    fprintf(script, "%s[%zu] = \"", array, index);
    for (size_t i = 0; i < count; i++)
        fprintf(script, "%s'%s' %.10g", i ? ", " : "", tics[i].label,
                tics[i].at);
    fputs("\"\n", script);
}

void plot_wrap(const char *text, size_t width, char *out, size_t size)
{
    size_t len = strlen(text), cut = len;

    snprintf(out, size, "%s", text);
    if (len <= width || len >= size)
        return;
    /* The comma nearest to the middle. */
    for (size_t i = 0; i + 1 < len; i++) {
        long here = labs((long)i - (long)len / 2);
        long best = labs((long)cut - (long)len / 2);
        if (text[i] == ',' && text[i + 1] == ' ' && (cut == len || here < best))
            cut = i;
    }
    if (cut < len)
        out[cut + 1] = '\n';
}

/* Does a figure show that point, or the sweep it is of? */
static bool shows(const struct figure *f, const struct point *p)
{
    return strcmp(f->point, p->id) == 0 || strcmp(f->point, p->name) == 0;
}

size_t plot_figures(const struct plot_job *job, const struct plot_spec *spec)
{
    double *values = xcalloc(job->rows->count + 1, sizeof(*values));
    size_t n = 0;

    for (size_t p = 0; p < job->e->point_count; p++)
        for (size_t f = 0; f < spec->figure_count; f++)
            for (size_t s = 0; s < job->servers->count; s++)
                if (shows(&spec->figures[f], &job->e->points[p]))
                    n += rows_values(job->rows, job->servers->word[s],
                                     job->e->points[p].id,
                                     spec->figures[f].metric->name, values,
                                     NULL, NULL);
    free(values);
    return n;
}

/* DIR/plots/NAME.gp and the data it draws. */
static int write_plot(const struct plot_job *job, const struct plot_spec *spec)
{
    static const struct {
        const char *script; /* in bench/plots */
        int (*write)(const struct plot_job *job, const struct plot_spec *spec,
                     FILE *script);
    } kinds[] = {[PLOT_BARS] = {"bars", plot_write_bars},
                 [PLOT_SPECTRUM] = {"spectrum", plot_write_spectrum},
                 [PLOT_LINES] = {"lines", plot_write_lines}};
    char *folder = xasprintf("%s/plots", job->dir);
    (void)mkdir(folder, 0777); /* an older run's; plot_open says what fails */
    free(folder);
    FILE *script = plot_open(job, spec->name, "gp");
    char *home = realpath(job->home, NULL), *dir = realpath(job->dir, NULL);
    char *script_path = xasprintf("%s/%s.gp", home ? home : job->home,
                                  kinds[spec->kind].script);
    int err = -EIO;

    if (script) {
        fprintf(script, "# Made by chat-bench. Run me with gnuplot to draw "
                        "the plot again.\n");
        plot_path(script, "home", home ? home : job->home);
        plot_path(script, "dir", dir ? dir : job->dir);
        plot_path(script, "name", spec->name);
        plot_text(script, "title", spec->title);
        plot_text(script, "machine", job->machine);
        err = kinds[spec->kind].write(job, spec, script);
        plot_path(script, "drawing", script_path);
        fprintf(script, "load drawing\n");
        int close_err = plot_close(script, spec->name);
        err = err ? err : close_err;
    }
    free(script_path);
    free(home);
    free(dir);
    return err;
}

/* Waits for gnuplot; -EINTR if the user stops it. */
static int await(struct child *c, int signal_fd)
{
    struct pollfd p[] = {{.fd = c->pidfd, .events = POLLIN},
                         {.fd = signal_fd, .events = POLLIN}};

    while (!child_reap(c)) {
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents)
            return -EINTR;
    }
    return child_succeeded(c) ? 0 : -EIO;
}

/* The pictures appear under their names only when they are whole. */
static int publish(const struct plot_job *job, const char *name, FILE *out)
{
    static const char *const kinds[] = {"svg", "png"};
    int err = 0;

    for (size_t i = 0; i < 2 && !err; i++) {
        char *from = xasprintf("%s/plots/%s.%s", job->dir, name, kinds[i]);
        char *to = xasprintf("%s/%s.%s", job->dir, name, kinds[i]);
        if (rename(from, to) != 0)
            err = -errno;
        else
            fprintf(out, "  %s\n", to);
        free(from);
        free(to);
    }
    return err;
}

static int draw(const struct plot_job *job, const char *gnuplot,
                const char *name, FILE *out)
{
    char *script = xasprintf("%s/plots/%s.gp", job->dir, name);
    char *log = xasprintf("%s/plots/%s.log", job->dir, name);
    char *argv[] = {(char *)(uintptr_t)gnuplot, script, NULL};
    int log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct child_spec spec = {.argv = argv,
                              .out_fd = -1,
                              .err_fd = log_fd,
                              .pass_fd = -1};
    struct child c;
    char last[256];
    int err = child_start(&c, &spec);

    if (!err) {
        err = await(&c, job->signal_fd);
        child_stop(&c, 1000);
        file_last_line(log, last, sizeof(last));
        err = err ? err : publish(job, name, out);
        if (err && err != -EINTR)
            fprintf(stderr, "%s: gnuplot %s failed: %s\n", die_program(),
                    script, *last ? last : strerror(-err));
        if (!err && !*last)
            unlink(log);
    }
    if (log_fd >= 0)
        close(log_fd);
    free(script);
    free(log);
    return err;
}

/* The servers that were measured at any point of this plot. */
static struct words servers_of(const struct plot_job *job,
                               const struct plot_spec *spec)
{
    struct words w = {NULL, 0};
    double *values = xcalloc(job->rows->count + 1, sizeof(*values));

    for (size_t s = 0; s < job->servers->count; s++) {
        const char *server = job->servers->word[s];
        size_t all = 0;
        for (size_t p = 0; p < job->e->point_count; p++) {
            const struct point *point = &job->e->points[p];
            size_t trials;
            rows_values(job->rows, server, point->id, "trial", values, NULL,
                        &trials);
            for (size_t f = 0; f < spec->figure_count; f++)
                all += shows(&spec->figures[f], point) ? trials : 0;
        }
        if (all)
            words_add(&w, server);
    }
    free(values);
    return w;
}

static int make_plot(const struct plot_job *all, const struct plot_spec *spec,
                     const char *gnuplot, FILE *out)
{
    struct words servers = servers_of(all, spec);
    struct plot_job job = *all;

    job.servers = &servers;
    int err = write_plot(&job, spec);
    if (!err && gnuplot)
        err = draw(&job, gnuplot, spec->name, out);
    words_free(&servers);
    return err;
}

int plot_all(const struct plot_job *job, FILE *out)
{
    char *gnuplot = find_gnuplot();
    int err = 0, result = gnuplot ? 0 : -ENOENT;

    for (size_t i = 0; i < job->e->plot_count && err != -EINTR; i++) {
        const struct plot_spec *spec = &job->e->plots[i];
        if (plot_figures(job, spec) == 0) {
            fprintf(out, "  %s: not drawn, no trial of it counts\n",
                    spec->name);
            continue;
        }
        err = make_plot(job, spec, gnuplot, out);
        if (err && result != -EINTR)
            result = err;
    }
    free(gnuplot);
    return result;
}
