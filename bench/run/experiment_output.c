/* The [plot], [table] and [claim] sections: what is made of the figures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "common/die.h"

static void figure_clear(struct figure *f)
{
    free(f->point);
    free(f->against);
}

/* "metric@point" or "metric@point:server" */
static int parse_figure(struct parse *p, struct figure *f, const char *key,
                        const char *word)
{
    const char *at = strchr(word, '@');
    const char *colon = at ? strchr(at, ':') : NULL;

    memset(f, 0, sizeof(*f));
    if (!at || at == word || !at[1] || colon == at + 1 || (colon && !colon[1]))
        return parse_fail(p,
                          "'%s' takes metric@point or metric@point:server, "
                          "got '%s'",
                          key, word);
    char *name = xasprintf("%.*s", (int)(at - word), word);
    f->metric = metric_find(name);
    free(name);
    if (!f->metric)
        return parse_fail(p,
                          "'%s': there is no metric '%.*s'; metric.c lists "
                          "them",
                          key, (int)(at - word), word);
    f->point = colon ? xasprintf("%.*s", (int)(colon - at - 1), at + 1)
                     : xstrdup(at + 1);
    f->against = colon ? xstrdup(colon + 1) : NULL;
    return 0;
}

static int parse_figures(struct parse *p, struct figure **list, size_t *count,
                         const char *key, const char *value)
{
    struct words w = words_split(value);
    int err = 0;

    *list = xcalloc(w.count ? w.count : 1, sizeof(**list));
    for (size_t i = 0; i < w.count && !err; i++) {
        err = parse_figure(p, &(*list)[i], key, w.word[i]);
        *count = i + 1;
    }
    words_free(&w);
    return err;
}

int parse_plot_key(struct parse *p, struct plot_spec *plot, const char *key,
                   const char *value)
{
    if (strcmp(key, "title") == 0) {
        plot->title = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "note") == 0) {
        plot->note = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "axis") == 0) {
        plot->axis = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "figures") == 0)
        return parse_figures(p, &plot->figures, &plot->figure_count, key,
                             value);
    if (strcmp(key, "stack") == 0)
        return parse_figures(p, &plot->stack, &plot->stack_count, key, value);
    if (strcmp(key, "kind") != 0)
        return parse_fail(p,
                          "unknown key '%s'; a [plot] takes kind, title, "
                          "axis, note, figures, stack",
                          key);
    if (strcmp(value, "bars") == 0)
        plot->kind = PLOT_BARS;
    else if (strcmp(value, "spectrum") == 0)
        plot->kind = PLOT_SPECTRUM;
    else
        return parse_fail(p, "'kind' takes bars or spectrum, got '%s'", value);
    return 0;
}

int parse_table_key(struct parse *p, struct table_spec *table, const char *key,
                    const char *value)
{
    if (strcmp(key, "columns") == 0)
        return parse_figures(p, &table->figures, &table->figure_count, key,
                             value);
    if (strcmp(key, "servers") != 0)
        return parse_fail(p,
                          "unknown key '%s'; a [table] takes columns, "
                          "servers",
                          key);
    if (strcmp(value, "all") != 0)
        table->servers = words_split(value);
    return 0;
}

int parse_claim_key(struct parse *p, struct claim *claim, const char *key,
                    const char *value)
{
    const char *takes = "a number from 0 to 1e12";

    if (strcmp(key, "figure") == 0)
        return parse_figure(p, &claim->figure, key, value);
    if (strcmp(key, "server") == 0) {
        claim->server = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "at-most") == 0)
        return parse_number(p, key, takes, value, 0, 1e12, false,
                            &claim->at_most);
    if (strcmp(key, "at-least") == 0)
        return parse_number(p, key, takes, value, 0, 1e12, false,
                            &claim->at_least);
    return parse_fail(p,
                      "unknown key '%s'; a [claim] takes figure, server, "
                      "at-most, at-least",
                      key);
}

static int check_figures(struct parse *p, const struct figure *list,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct point *point = experiment_point(p->e, list[i].point);
        if (!point)
            return parse_fail(p, "there is no [point %s]", list[i].point);
        if (strcmp(point->id, list[i].point) != 0)
            return parse_fail(p,
                              "[point %s] is swept; name one of its values, "
                              "as in %s@%s",
                              list[i].point, list[i].metric->name, point->id);
    }
    return 0;
}

static int check_plot(struct parse *p, const struct plot_spec *plot)
{
    p->line = plot->line;
    if (!plot->title || plot->figure_count == 0)
        return parse_fail(p, "[plot %s] needs 'title' and 'figures'",
                          plot->name);
    if (plot->kind == PLOT_SPECTRUM &&
        (plot->figure_count != 1 ||
         plot->figures[0].metric->class != METRIC_LATENCY))
        return parse_fail(p,
                          "[plot %s]: a spectrum takes one latency figure, "
                          "as in latency_p99_us@open",
                          plot->name);
    if (plot->stack_count && plot->figure_count != 1)
        return parse_fail(p, "[plot %s]: 'stack' goes with one figure",
                          plot->name);
    return check_figures(p, plot->figures, plot->figure_count)
               ? -1
               : check_figures(p, plot->stack, plot->stack_count);
}

static int check_claim(struct parse *p, const struct claim *claim)
{
    p->line = claim->line;
    if (!claim->figure.metric || !claim->server)
        return parse_fail(p, "[claim %s] needs 'figure' and 'server'",
                          claim->name);
    if (isnan(claim->at_most) == isnan(claim->at_least))
        return parse_fail(p,
                          "[claim %s] needs one of 'at-most' and "
                          "'at-least'",
                          claim->name);
    return check_figures(p, &claim->figure, 1);
}

int parse_finish_output(struct parse *p)
{
    const struct experiment *e = p->e;

    for (size_t i = 0; i < e->plot_count; i++)
        if (check_plot(p, &e->plots[i]))
            return -1;
    for (size_t i = 0; i < e->table_count; i++) {
        p->line = e->tables[i].line;
        if (e->tables[i].figure_count == 0)
            return parse_fail(p, "[table] needs 'columns'");
        if (check_figures(p, e->tables[i].figures, e->tables[i].figure_count))
            return -1;
    }
    for (size_t i = 0; i < e->claim_count; i++)
        if (check_claim(p, &e->claims[i]))
            return -1;
    return 0;
}

void plot_clear(struct plot_spec *p)
{
    for (size_t i = 0; i < p->figure_count; i++)
        figure_clear(&p->figures[i]);
    for (size_t i = 0; i < p->stack_count; i++)
        figure_clear(&p->stack[i]);
    free(p->figures);
    free(p->stack);
    free(p->name);
    free(p->title);
    free(p->note);
    free(p->axis);
}

void table_clear(struct table_spec *t)
{
    for (size_t i = 0; i < t->figure_count; i++)
        figure_clear(&t->figures[i]);
    free(t->figures);
    free(t->title);
    words_free(&t->servers);
}

void claim_clear(struct claim *c)
{
    figure_clear(&c->figure);
    free(c->name);
    free(c->server);
}
