/* The [plot], [table] and [claim] sections: what is made of the figures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "common/die.h"

static int parse_kind(struct parse *p, struct plot_spec *plot,
                      const char *value)
{
    static const char *const kinds[] = {[PLOT_BARS] = "bars",
                                        [PLOT_SPECTRUM] = "spectrum",
                                        [PLOT_LINES] = "lines"};

    for (int k = PLOT_BARS; k <= PLOT_LINES; k++) {
        if (strcmp(value, kinds[k]) == 0) {
            plot->kind = (enum plot_kind)k;
            return 0;
        }
    }
    return parse_fail(p, "'kind' takes bars, spectrum or lines, got '%s'",
                      value);
}

static int parse_log(struct parse *p, struct plot_spec *plot, const char *value)
{
    plot->log_x = strcmp(value, "x") == 0 || strcmp(value, "x y") == 0;
    plot->log_y = strcmp(value, "y") == 0 || strcmp(value, "x y") == 0;
    if (!plot->log_x && !plot->log_y)
        return parse_fail(p, "'log' takes x, y or x y, got '%s'", value);
    return 0;
}

static int parse_guides(struct parse *p, struct plot_spec *plot,
                        const char *value)
{
    struct words w = words_split(value);
    int err = 0;

    plot->guides = xcalloc(w.count + 1, sizeof(*plot->guides));
    for (size_t i = 0; i < w.count && !err; i++) {
        err = parse_number(p, "guides", "numbers of handlers, 1 to 1000",
                           w.word[i], 1, 1000, true, &plot->guides[i]);
        plot->guide_count = i + 1;
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
    if (strcmp(key, "log") == 0)
        return parse_log(p, plot, value);
    if (strcmp(key, "guides") == 0)
        return parse_guides(p, plot, value);
    if (strcmp(key, "kind") != 0)
        return parse_fail(p,
                          "unknown key '%s'; a [plot] takes kind, title, "
                          "axis, note, figures, stack, log, guides",
                          key);
    return parse_kind(p, plot, value);
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

/* All its figures are metrics over sweeps of one parameter. */
static int check_lines(struct parse *p, const struct plot_spec *plot)
{
    for (size_t i = 0; i < plot->figure_count; i++) {
        const struct figure *f = &plot->figures[i];
        const struct point *point = experiment_point(p->e, f->point);
        if (!point)
            return parse_fail(p, "there is no [point %s]", f->point);
        if (point->swept == SWEPT_NONE || strcmp(point->name, f->point) != 0)
            return parse_fail(p,
                              "[plot %s]: lines take the name of a [point] "
                              "with a sweep, got '%s'",
                              plot->name, f->point);
        if (f->against || f->against_point)
            return parse_fail(p, "[plot %s]: lines take no ratio", plot->name);
        if (plot->guide_count &&
            (strcmp(f->metric->name, "messages_per_s") != 0 ||
             (point->swept != PARAM_SPIN && point->swept != PARAM_SLEEP)))
            return parse_fail(p,
                              "[plot %s]: 'guides' go with messages_per_s "
                              "over work-spin or work-sleep",
                              plot->name);
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
    if (plot->stack_count &&
        (plot->figure_count != 1 || plot->kind != PLOT_BARS))
        return parse_fail(p, "[plot %s]: 'stack' goes with one figure of bars",
                          plot->name);
    if (plot->kind != PLOT_LINES &&
        (plot->log_x || plot->log_y || plot->guide_count))
        return parse_fail(p, "[plot %s]: 'log' and 'guides' go with lines",
                          plot->name);
    if (plot->kind == PLOT_LINES)
        return check_lines(p, plot);
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
    if (check_figures(p, &claim->figure, 1))
        return -1;
    const struct point *point = experiment_point(p->e, claim->figure.point);
    const struct words *servers =
        point->servers.count ? &point->servers : &p->e->servers;
    if (servers->count && !words_have(servers, claim->server))
        return parse_fail(p, "[claim %s]: %s is not measured at [point %s]",
                          claim->name, claim->server, point->id);
    return 0;
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
    free(p->guides);
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
