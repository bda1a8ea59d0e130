#include "bench/run/show.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/report/report.h"
#include "bench/run/compare.h"
#include "bench/run/files.h"
#include "bench/run/palette.h"
#include "bench/run/plot.h"
#include "bench/run/stats.h"
#include "bench/run/summary.h"
#include "common/die.h"

/* Above this, of one core, a picture says that the machine was not quiet. */
#define BUSY_PERCENT 10

static const char *text_of(const cJSON *o, const char *outer, const char *key)
{
    const cJSON *v = outer ? cJSON_GetObjectItemCaseSensitive(o, outer) : o;

    v = cJSON_GetObjectItemCaseSensitive(v, key);
    return cJSON_IsString(v) ? v->valuestring : "?";
}

/* What other processes took of the machine meanwhile, if it was much. */
static char *disturbance(const struct rows *rows)
{
    double *v = xcalloc(rows->count + 1, sizeof(*v));
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->v[i].metric->name, "foreign_percent") == 0)
            v[n++] = rows->v[i].value;
    double median = n ? stats_median(v, n) : 0;
    free(v);
    return median < BUSY_PERCENT
               ? xstrdup("")
               : xasprintf("; other processes used %.0f %% of a core", median);
}

/* What every plot and table says of its origin, from manifest.json. */
static char *origin(const char *dir, const struct rows *rows)
{
    char *path = xasprintf("%s/manifest.json", dir);
    char *text = file_read(path);
    cJSON *o = text ? cJSON_Parse(text) : NULL;
    const char *started = text_of(o, NULL, "started");
    char *busy = disturbance(rows);
    char *line = xasprintf(
        "%s; server on CPU %s, generator on CPU %s; commit %s, %.10s%s",
        text_of(o, "machine", "line"), text_of(o, "pinning", "server_cpus"),
        text_of(o, "pinning", "generator_cpus"), text_of(o, NULL, "commit"),
        started, busy);

    cJSON_Delete(o);
    free(busy);
    free(text);
    free(path);
    return line;
}

static void add_variants(struct palette *palette, const struct experiment *e)
{
    for (size_t i = 0; i < e->variant_count; i++) {
        const struct variant *v = &e->variants[i];
        palette_add_variant(palette, v->name, v->program, v->args, v->label);
    }
    if (!e->control)
        return;
    const struct variant *base = experiment_variant(e, e->control);
    char *name = xasprintf("%s" CONTROL_SUFFIX, e->control);
    char *label = xasprintf("%s (again)", e->control);
    palette_add_variant(palette, name, base ? base->program : e->control, "",
                        label);
    free(name);
    free(label);
}

/* The servers that have been measured, as the palette orders them. */
static struct words servers_of(const struct rows *rows,
                               const struct palette *palette)
{
    struct words w = {NULL, 0};

    for (size_t i = 0; i < rows->count; i++)
        if (rows->v[i].block > 0 && !words_have(&w, rows->v[i].server))
            words_add(&w, rows->v[i].server);
    palette_sort(palette, &w);
    return w;
}

/* All but the A/A control, which is for the noise floor and not for plots. */
static struct words without_control(const struct rows *rows,
                                    const struct words *servers)
{
    struct words w = {NULL, 0};

    for (size_t i = 0; i < servers->count; i++)
        if (!rows_control_of(rows, servers->word[i]))
            words_add(&w, servers->word[i]);
    return w;
}

/* Writes what was printed into the memory stream `f`, whole; closes it. */
static int write_printed(FILE *f, char **text, const char *dir,
                         const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    int err = fclose(f) == 0 ? 0 : -ENOMEM;

    err = err ? err : file_write_whole(path, *text);
    if (err)
        fprintf(stderr, "%s: cannot write %s: %s\n", die_program(), path,
                strerror(-err));
    free(path);
    return err;
}

static FILE *open_text(char **text, size_t *size)
{
    FILE *f = open_memstream(text, size);

    if (!f)
        die_errno(errno, "cannot make a text in memory");
    return f;
}

static int write_texts(const char *dir, const struct experiment *e,
                       const struct rows *rows, const struct words *servers,
                       const char *machine)
{
    char *text;
    size_t size;
    FILE *f = open_text(&text, &size);

    summary_print(f, e, rows, servers, machine);
    int err = write_printed(f, &text, dir, "summary.txt");
    fputs(text, stdout);
    free(text);
    f = open_text(&text, &size);
    compare_print(f, e, rows, servers);
    int verdict_err = write_printed(f, &text, dir, "verdicts.txt");
    free(text);
    printf("\nWhich difference counts and which is noise: %s/verdicts.txt\n",
           dir);
    return err ? err : verdict_err;
}

static int draw(const struct plot_job *job)
{
    printf("\n%s\n", job->dir);
    int err = plot_all(job, stdout);
    if (err == -ENOENT)
        fprintf(stderr,
                "%s: gnuplot is not installed, so there are no pictures yet; "
                "all data is kept. To draw them (Debian: apt-get install "
                "gnuplot-nox) run:\n  make plots RESULTS=%s\n",
                die_program(), job->dir);
    if (err == -EINTR)
        fprintf(stderr,
                "%s: interrupted; to draw the rest run:\n"
                "  make plots RESULTS=%s\n",
                die_program(), job->dir);
    return err;
}

int show_results(const char *root, const char *dir, const struct experiment *e,
                 const struct rows *rows, bool plots, int signal_fd)
{
    char *home = xasprintf("%s/bench/plots", root);
    char *path = xasprintf("%s/palette", home);
    char *machine = origin(dir, rows);
    struct palette palette;
    char why[512];
    int err = 0;

    if (palette_load(&palette, path, why, sizeof(why)) != 0) {
        fprintf(stderr, "%s: %s\n", die_program(), why);
        err = -EINVAL;
    } else {
        add_variants(&palette, e);
        struct words servers = servers_of(rows, &palette);
        struct words drawn = without_control(rows, &servers);
        struct plot_job job = {.home = home,
                               .dir = dir,
                               .machine = machine,
                               .e = e,
                               .rows = rows,
                               .servers = &drawn,
                               .palette = &palette,
                               .signal_fd = signal_fd};
        err = write_texts(dir, e, rows, &servers, machine);
        int draw_err = plots ? draw(&job) : 0;
        err = draw_err ? draw_err : err;
        if (err != -EINTR) {
            int report_err = report_write(&job);
            if (!report_err)
                printf("  %s/report.html\n", dir);
            err = err ? err : report_err;
        }
        words_free(&drawn);
        words_free(&servers);
    }
    free(machine);
    free(path);
    free(home);
    return err;
}

int show_folder(const char *root, const char *dir)
{
    char *rows_path = xasprintf("%s/rows.csv", dir);
    char *conf_path = xasprintf("%s/experiment.conf", dir);
    char why[512];
    struct rows rows = {NULL, 0};
    struct experiment *e = experiment_load(conf_path, why, sizeof(why));
    int err = e ? 0 : -EINVAL;

    if (!err && rows_read(&rows, rows_path, why, sizeof(why)) != 0)
        err = -EINVAL;
    if (err)
        fprintf(stderr, "%s: %s\n", die_program(), why);
    else
        err = show_results(root, dir, e, &rows, true, show_signals());
    rows_free(&rows);
    experiment_free(e);
    free(rows_path);
    free(conf_path);
    return err == -EINTR ? 130 : err ? 1 : 0;
}

int show_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        die_errno(errno, "cannot block signals");
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die_errno(errno, "cannot make a signalfd");
    return fd;
}

void show_signal_taken(int signal_fd)
{
    struct signalfd_siginfo info;

    while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        ;
}
