#include "bench/run/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/summary.h"
#include "common/die.h"

/* Room for the pairs of two figures. */
struct pairs {
    double *a, *b; /* the values, of the same block each */
    size_t count;  /* of them */
};

static struct pairs pairs_take(const struct rows *rows, const char *metric,
                               const char *point, const char *server_a,
                               const char *server_b)
{
    struct pairs p = {.a = xcalloc(rows->count + 1, sizeof(*p.a)),
                      .b = xcalloc(rows->count + 1, sizeof(*p.b))};

    p.count =
        rows_pairs(rows, metric, server_a, point, server_b, point, p.a, p.b);
    return p;
}

static void pairs_free(struct pairs *p)
{
    free(p->a);
    free(p->b);
}

/* The arm that repeats another at this point. */
static const struct row *find_control(const struct rows *rows,
                                      const char *point)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->v[i].control_of && strcmp(rows->v[i].point, point) == 0)
            return &rows->v[i];
    return NULL;
}

/* 1.03 and 1/1.03 are both 0.03 away. */
static double away(double ratio)
{
    return expm1(fabs(log(ratio)));
}

struct noise compare_noise(const struct rows *rows, const char *metric,
                           const char *point)
{
    const struct row *control = find_control(rows, point);
    struct noise n = {.floor = NAN};

    if (!control)
        return n;
    n.control = control->server;
    n.base = control->control_of;
    struct pairs p = pairs_take(rows, metric, point, n.control, n.base);
    struct estimate e = stats_ratio(p.a, p.b, p.count, SUMMARY_SEED);
    pairs_free(&p);
    n.pairs = e.count;
    if (e.count)
        n.floor = isfinite(e.low) ? fmax(away(e.low), away(e.high))
                                  : fmax(away(e.min), away(e.max));
    return n;
}

static struct comparison compare_two(const struct rows *rows,
                                     const char *metric, const char *point,
                                     const char *a, const char *b)
{
    struct comparison c = {.a = a, .b = b, .p = NAN};
    struct pairs p = pairs_take(rows, metric, point, a, b);

    c.ratio = stats_ratio(p.a, p.b, p.count, SUMMARY_SEED);
    if (c.ratio.count)
        c.p = stats_ratio_rank(p.a, p.b, p.count).p;
    pairs_free(&p);
    return c;
}

size_t compare_all(const struct rows *rows, const struct metric *metric,
                   const char *point, const struct words *servers,
                   const struct noise *noise, struct comparison **list)
{
    size_t n = servers->count, count = 0;
    struct comparison *all = xcalloc(n * n + 1, sizeof(*all));
    double *p = xcalloc(n * n + 1, sizeof(*p));

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (!rows_control_of(rows, servers->word[i]) &&
                !rows_control_of(rows, servers->word[j]))
                all[count++] = compare_two(rows, metric->name, point,
                                           servers->word[i], servers->word[j]);
    for (size_t i = 0; i < count; i++)
        p[i] = all[i].p;
    stats_holm(p, count, p);
    for (size_t i = 0; i < count; i++) {
        all[i].p_holm = p[i];
        all[i].verdict = stats_verdict(&all[i].ratio, p[i], noise->floor);
    }
    free(p);
    *list = all;
    return count;
}

/* "1.42x [1.39, 1.45]", or the range where there is no interval. */
static void ratio_text(const struct estimate *e, bool turned, char *text,
                       size_t size)
{
    bool interval = isfinite(e->low);
    double low = interval ? e->low : e->min, high = interval ? e->high : e->max;

    snprintf(text, size, "%.2fx [%.2f, %.2f]%s",
             turned ? 1 / e->median : e->median, turned ? 1 / high : low,
             turned ? 1 / low : high, interval ? "" : " (range)");
}

static void unsure_text(const struct comparison *c, size_t family,
                        const char *better, const char *worse,
                        const char *ratio, char *text, size_t size)
{
    size_t needed = stats_pairs_needed(family);

    if (c->ratio.count < needed)
        snprintf(text, size,
                 "%s looks better than %s by %s, but %zu pairs cannot be sure "
                 "(%zu can)",
                 better, worse, ratio, c->ratio.count, needed);
    else
        snprintf(text, size,
                 "%s looks better than %s by %s, but it may be luck "
                 "(p = %.2g after Holm)",
                 better, worse, ratio, c->p_holm);
}

void compare_text(const struct comparison *c, const struct metric *metric,
                  size_t family, char *text, size_t size)
{
    bool a_better = (c->ratio.median > 1) != metric->less_is_better;
    const char *better = a_better ? c->a : c->b;
    const char *worse = a_better ? c->b : c->a;
    char ratio[96];

    ratio_text(&c->ratio, c->ratio.median < 1, ratio, sizeof(ratio));
    switch (c->verdict) {
    case VERDICT_NONE:
        snprintf(text, size, "%s and %s have no block in common", c->a, c->b);
        return;
    case VERDICT_SAME:
        snprintf(text, size, "no difference between %s and %s: %s", c->a, c->b,
                 ratio);
        return;
    case VERDICT_UNSURE:
        unsure_text(c, family, better, worse, ratio, text, size);
        return;
    case VERDICT_HIGHER:
    case VERDICT_LOWER:
        snprintf(text, size, "%s is better than %s by %s (p = %.2g)", better,
                 worse, ratio, c->p_holm);
    }
}

static void print_noise(FILE *out, const struct noise *n)
{
    if (isnan(n->floor))
        fprintf(out, "noise floor unknown, under %.0f %% is no difference\n",
                STATS_LEAST_EFFECT * 100);
    else
        fprintf(out, "noise floor %.1f %% (%s against itself, %zu pairs)\n",
                n->floor * 100, n->base, n->pairs);
}

static size_t tests_in(const struct comparison *list, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += list[i].ratio.count > 0;
    return n;
}

static void print_figure(FILE *out, const struct figure *f,
                         const struct rows *rows, const struct words *servers)
{
    struct noise noise = compare_noise(rows, f->metric->name, f->point);
    struct comparison *list;
    size_t count =
        compare_all(rows, f->metric, f->point, servers, &noise, &list);
    size_t family = tests_in(list, count);
    char text[256];

    if (family) {
        fprintf(out, "\n%s@%s: ", f->metric->name, f->point);
        print_noise(out, &noise);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].verdict == VERDICT_NONE)
            continue;
        compare_text(&list[i], f->metric, family, text, sizeof(text));
        fprintf(out, "  %s\n", text);
    }
    free(list);
}

/* Has one of the columns before it shown the same values? */
static bool shown_before(const struct experiment *e, const struct figure *f)
{
    for (size_t t = 0; t < e->table_count; t++) {
        for (size_t c = 0; c < e->tables[t].figure_count; c++) {
            const struct figure *g = &e->tables[t].figures[c];
            if (g == f)
                return false;
            if (g->metric == f->metric && strcmp(g->point, f->point) == 0)
                return true;
        }
    }
    return false;
}

void compare_print(FILE *out, const struct experiment *e,
                   const struct rows *rows, const struct words *servers)
{
    fprintf(out,
            "%s: who is better, and by how much\n"
            "Ratios are medians over pairs of the same block with 95 %% "
            "intervals; p is Wilcoxon's\nsigned-rank, two-sided, with Holm's "
            "correction over the pairs of one figure.\n",
            e->title);
    for (size_t t = 0; t < e->table_count; t++)
        for (size_t c = 0; c < e->tables[t].figure_count; c++)
            if (!shown_before(e, &e->tables[t].figures[c]))
                print_figure(out, &e->tables[t].figures[c], rows, servers);
}
