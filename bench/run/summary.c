#include "bench/run/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/stats.h"
#include "common/die.h"

/* Above this the tables say so; the trials count nevertheless. */
#define NOT_QUIET_PERCENT 10

struct estimate summary_ratio(const struct rows *rows,
                              const struct figure *figure, const char *server)
{
    size_t room = rows->count + 1;
    double *a = xcalloc(room, sizeof(*a)), *b = xcalloc(room, sizeof(*b));
    size_t pairs = rows_pairs(rows, figure->metric->name, server, figure->point,
                              figure->against ? figure->against : server,
                              figure->against_point ? figure->against_point
                                                    : figure->point,
                              a, b);
    struct estimate e = stats_ratio(a, b, pairs, SUMMARY_SEED);
    free(a);
    free(b);
    return e;
}

bool summary_is_ratio(const struct figure *f, const char *server)
{
    return f->against_point || (f->against && strcmp(server, f->against) != 0);
}

size_t summary_failed(const struct rows *rows)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        n += rows->v[i].block > 0 && !rows->v[i].valid &&
             strcmp(rows->v[i].metric->name, "trial") == 0;
    return n;
}

/* "2.31 (1.09x)", "412,345*" where some trials do not count, "void", "" */
static void format_cell(const struct rows *rows, const struct figure *f,
                        const char *server, char *text, size_t size)
{
    double *values = xcalloc(rows->count + 1, sizeof(*values));
    size_t trials;
    size_t n = rows_values(rows, server, f->point, f->metric->name, values,
                           NULL, &trials);
    char number[32], ratio[32] = "";

    metric_format(stats_median(values, n), number, sizeof(number));
    free(values);
    if (n && summary_is_ratio(f, server)) {
        struct estimate e = summary_ratio(rows, f, server);
        if (e.count)
            snprintf(ratio, sizeof(ratio), " (%.2fx)", e.median);
    }
    if (trials == 0 || rows_lack(rows, f->point, f->metric->name, server))
        snprintf(text, size, "-");
    else if (n == 0)
        snprintf(text, size, "void*");
    else
        snprintf(text, size, "%s%s%s", number, n < trials ? "*" : "", ratio);
}

static int wider(int a, size_t b)
{
    return a > (int)b ? a : (int)b;
}

/* Was `server` measured where the table looks? */
static bool is_in_table(const struct table_spec *t, const struct rows *rows,
                        const char *server)
{
    for (size_t c = 0; c < t->figure_count; c++)
        if (summary_trials(rows, t->figures[c].point, server) > 0)
            return true;
    return false;
}

static void print_table(FILE *out, const struct table_spec *t,
                        const struct rows *rows, const struct words *all)
{
    const struct words *servers = t->servers.count ? &t->servers : all;
    char cell[64];
    int first = 0;

    for (size_t s = 0; s < servers->count; s++)
        if (is_in_table(t, rows, servers->word[s]))
            first = wider(wider(6, strlen(servers->word[s])), (size_t)first);
    if (!first)
        return; /* nothing of it was measured */
    int *width = xcalloc(t->figure_count, sizeof(*width));
    for (size_t c = 0; c < t->figure_count; c++) {
        const struct figure *f = &t->figures[c];
        width[c] = wider((int)strlen(f->metric->head), strlen(f->point));
        for (size_t s = 0; s < servers->count; s++) {
            format_cell(rows, f, servers->word[s], cell, sizeof(cell));
            width[c] = wider(width[c], strlen(cell));
        }
    }
    if (*t->title)
        fprintf(out, "\n%s\n", t->title);
    fprintf(out, "\n%-*s", first, "server");
    for (size_t c = 0; c < t->figure_count; c++)
        fprintf(out, "  %*s", width[c], t->figures[c].metric->head);
    fprintf(out, "\n%-*s", first, "");
    for (size_t c = 0; c < t->figure_count; c++)
        fprintf(out, "  %*s", width[c], t->figures[c].point);
    fprintf(out, "\n");
    for (size_t s = 0; s < servers->count; s++) {
        if (!is_in_table(t, rows, servers->word[s]))
            continue;
        fprintf(out, "%-*s", first, servers->word[s]);
        for (size_t c = 0; c < t->figure_count; c++) {
            format_cell(rows, &t->figures[c], servers->word[s], cell,
                        sizeof(cell));
            fprintf(out, "  %*s", width[c], cell);
        }
        fprintf(out, "\n");
    }
    free(width);
}

size_t summary_trials(const struct rows *rows, const char *point,
                      const char *server)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        n += rows->v[i].block > 0 && strcmp(rows->v[i].point, point) == 0 &&
             strcmp(rows->v[i].metric->name, "trial") == 0 &&
             (!server || strcmp(rows->v[i].server, server) == 0);
    return n;
}

static void print_points(FILE *out, const struct experiment *e,
                         const struct rows *rows)
{
    char text[256];

    fprintf(out, "\n");
    for (size_t i = 0; i < e->point_count; i++) {
        const struct point *p = &e->points[i];
        point_describe(p, rows_rate(rows, p->id), text, sizeof(text));
        fprintf(out, "%s: %s", p->id, text);
        if (p->rate.kind == RATE_OF_CLOSED)
            fprintf(out, " (%.4g %% of what %s did at %s)", p->rate.value * 100,
                    p->rate.server, p->rate.point);
        if (p->rate.kind == RATE_OF_KNEE)
            fprintf(out, " (%.4g %% of the knee of %s)", p->rate.value * 100,
                    p->rate.server);
        if (p->server_args)
            fprintf(out, ", server options %s", p->server_args);
        fprintf(out, "; %zu trials in all\n",
                summary_trials(rows, p->id, NULL));
    }
}

struct voids summary_voids(const struct rows *rows, const char *point,
                           const char *server)
{
    int last[METRIC_CLASSES] = {0};
    struct voids v = {{0}, {NULL}};

    for (size_t i = 0; i < rows->count; i++) {
        const struct row *r = &rows->v[i];
        enum metric_class c = r->metric->class;
        if (r->valid || r->block == 0 || last[c] == r->block ||
            strcmp(r->point, point) != 0 || strcmp(r->server, server) != 0)
            continue;
        last[c] = r->block;
        v.seen[c]++;
        v.why[c] = v.why[c] ? v.why[c] : r->reason;
    }
    return v;
}

bool summary_voids_tell(const struct voids *v, enum metric_class class)
{
    size_t failed = v->seen[METRIC_CHECK];

    return class == METRIC_CHECK ? failed > 0 : v->seen[class] > failed;
}

const char *summary_class(enum metric_class class)
{
    static const char *const classes[METRIC_CLASSES] = {
        [METRIC_THROUGHPUT] = "throughput",
        [METRIC_LATENCY] = "latency",
        [METRIC_COST] = "CPU",
        [METRIC_MEMORY] = "memory",
        [METRIC_SETUP] = "set-up",
        [METRIC_CHECK] = "everything"};

    return classes[class];
}

/* One line for each class. */
static void print_void(FILE *out, const struct rows *rows, const char *point,
                       const char *server)
{
    struct voids v = summary_voids(rows, point, server);

    for (int c = 0; c < METRIC_CLASSES; c++)
        if (summary_voids_tell(&v, (enum metric_class)c))
            fprintf(out, "* %s, %s: %s void in %zu of %zu trials: %s\n", point,
                    server, summary_class((enum metric_class)c), v.seen[c],
                    summary_trials(rows, point, server), v.why[c]);
}

static void print_voids(FILE *out, const struct experiment *e,
                        const struct rows *rows, const struct words *servers)
{
    for (size_t p = 0; p < e->point_count; p++)
        for (size_t s = 0; s < servers->count; s++)
            print_void(out, rows, e->points[p].id, servers->word[s]);
}

/* How quiet the machine was. */
static void print_trust(FILE *out, const struct rows *rows)
{
    static const struct {
        const char *metric, *text;
    } list[] = {{"steal_percent", "stolen by the host"},
                {"foreign_percent", "used by other processes, of one core"}};

    for (size_t k = 0; k < sizeof(list) / sizeof(list[0]); k++) {
        double *v = xcalloc(rows->count + 1, sizeof(*v));
        size_t n = 0;
        for (size_t i = 0; i < rows->count; i++)
            if (strcmp(rows->v[i].metric->name, list[k].metric) == 0)
                v[n++] = rows->v[i].value;
        if (n)
            fprintf(out, "CPU time %s: median %.1f %%, at most %.1f %%%s\n",
                    list[k].text, stats_median(v, n), stats_quantile(v, n, 1),
                    stats_median(v, n) > NOT_QUIET_PERCENT
                        ? ": THE MACHINE WAS NOT QUIET, rates and latencies "
                          "are indicative at best"
                        : "");
        free(v);
    }
}

void summary_print(FILE *out, const struct experiment *e,
                   const struct rows *rows, const struct words *servers,
                   const char *machine)
{
    fprintf(out, "\n%s\n%s\n", e->title, machine);
    for (size_t i = 0; i < e->table_count; i++)
        print_table(out, &e->tables[i], rows, servers);
    print_points(out, e, rows);
    fprintf(out, "A figure is the median of its trials; (1.09x) is the ratio "
                 "to the yardstick, by pairs of the same block.\n");
    print_voids(out, e, rows, servers);
    print_trust(out, rows);
    if (e->claim_count)
        fprintf(out, "\nWanted, beside what was measured:\n");
    for (size_t i = 0; i < e->claim_count; i++)
        summary_print_claim(out, &e->claims[i], rows);
    fprintf(out, "\nExpected before measuring: %s\n", e->expect);
    if (e->seen)
        fprintf(out, "\nSeen when it was measured for this file: %s\n",
                e->seen);
}
