/* The points after parsing: sweeps expanded, and what must fit together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "bench/run/knee.h"
#include "common/die.h"

static char *copy_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void add_point(struct parse *p, const struct draft *d, int value)
{
    struct experiment *e = p->e;

    e->points = xrealloc(e->points, (e->point_count + 1) * sizeof(*e->points));
    struct point *point = &e->points[e->point_count++];
    *point = d->point;
    point->name = xstrdup(d->point.name);
    point->server_args = copy_or_null(d->point.server_args);
    point->rate.server = copy_or_null(d->point.rate.server);
    point->rate.point = copy_or_null(d->point.rate.point);
    point->servers = words_copy(&d->point.servers);
    point->swept_from = point->swept_to = d->sweep[0];
    for (int i = 0; i < d->sweep_count; i++) {
        point->swept_from = fmin(point->swept_from, d->sweep[i]);
        point->swept_to = fmax(point->swept_to, d->sweep[i]);
    }
    if (point->swept == SWEPT_NONE) {
        point->id = xstrdup(d->point.name);
    } else if (point->swept == SWEPT_RATE) {
        bool share = point->rate.kind != RATE_FIXED;
        point->rate.value = d->sweep[value];
        point->id =
            xasprintf("%s/rate=%.10g%s", point->name,
                      point->rate.value * (share ? 100 : 1), share ? "%" : "");
    } else {
        point->param[point->swept] = d->sweep[value];
        point->id = xasprintf("%s/%s=%.10g", point->name,
                              param_info[point->swept].key, d->sweep[value]);
    }
    /* Each message is delivered to all others in its room. */
    if (point->deliveries > 0) {
        point->rate.kind = RATE_FIXED;
        point->rate.value =
            point->deliveries / (point->param[PARAM_ROOM_SIZE] - 1);
    }
}

static int check_params(struct parse *p, const struct point *point)
{
    unsigned mode = 1u << point->mode;

    for (int i = 0; i < PARAM_COUNT; i++) {
        const struct param_info *info = &param_info[i];
        bool given = !isnan(point->param[i]);
        if (given && !(info->modes & mode))
            return parse_fail(p, "[point %s]: '%s' has no meaning in mode %s",
                              point->name, info->key, mode_name(point->mode));
        if (!given && (info->required & mode))
            return parse_fail(p, "[point %s]: mode %s needs '%s'", point->name,
                              mode_name(point->mode), info->key);
    }
    if (!isnan(point->param[PARAM_SPIN]) && !isnan(point->param[PARAM_SLEEP]))
        return parse_fail(p, "[point %s]: a handler spins or sleeps, not both",
                          point->name);
    bool rate = point->rate.kind != RATE_NONE, other = point->deliveries > 0;
    if (point->mode == MODE_OPEN && rate == other)
        return parse_fail(p,
                          "[point %s]: mode open needs one of 'rate' and "
                          "'deliveries'",
                          point->name);
    if (point->mode != MODE_OPEN && (rate || other))
        return parse_fail(p, "[point %s]: '%s' has no meaning in mode %s",
                          point->name, rate ? "rate" : "deliveries",
                          mode_name(point->mode));
    return 0;
}

static int check_sizes(struct parse *p, const struct point *point)
{
    double conns = point->param[PARAM_CONNS];
    double room = point->param[PARAM_ROOM_SIZE];
    double senders = point->param[PARAM_SENDERS];

    if (room > conns || fmod(conns, room) != 0)
        return parse_fail(p,
                          "[point %s]: %.0f connections do not fill rooms "
                          "of %.0f; 'conns' is a multiple of 'room-size'",
                          point->id, conns, room);
    if (senders > room)
        return parse_fail(p,
                          "[point %s]: %.0f senders in rooms of %.0f; at "
                          "most 'room-size' are allowed",
                          point->id, senders, room);
    if (point->blocks > p->e->blocks)
        return parse_fail(p,
                          "[point %s]: %d blocks, but the experiment has "
                          "%d; at most as many are allowed",
                          point->id, point->blocks, p->e->blocks);
    return 0;
}

/* A rate that is a share of a closed point's: it must be one, and single. */
static int check_yardstick(struct parse *p, const struct point *point)
{
    const struct experiment *e = p->e;
    int found = 0;

    if (point->rate.kind != RATE_OF_CLOSED)
        return 0;
    for (size_t i = 0; i < e->point_count; i++)
        if (strcmp(e->points[i].name, point->rate.point) == 0 &&
            e->points[i].mode == MODE_CLOSED)
            found++;
    if (found != 1)
        return parse_fail(p,
                          "[point %s]: 'rate' refers to '%s', which is not "
                          "a [point] of mode closed without a sweep",
                          point->name, point->rate.point);
    return 0;
}

int parse_finish_points(struct parse *p)
{
    struct experiment *e = p->e;

    if (p->draft_count == 0 && e->part_count == 0)
        return parse_fail(p, "there is no [point] to measure");
    for (size_t i = 0; i < p->draft_count; i++) {
        struct draft *d = &p->drafts[i];
        struct point *point = &d->point;
        p->line = point->line;
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->drafts[j].point.name, point->name) == 0)
                return parse_fail(p, "a second [point %s]", point->name);
        if (experiment_point(e, point->name))
            return parse_fail(p, "a second [point %s]: one is included",
                              point->name);
        if (!d->mode_given)
            return parse_fail(p, "[point %s] needs 'mode'", point->name);
        if (isnan(point->param[PARAM_WARMUP]) && point->mode != MODE_HOLD) {
            point->param[PARAM_WARMUP] = p->preset_warmup;
            point->warmup_auto = p->preset_auto;
        }
        if (isnan(point->param[PARAM_MEASURE]) && point->mode != MODE_HOLD)
            point->param[PARAM_MEASURE] = p->preset_measure;
        if (point->blocks == 0)
            point->blocks = e->blocks;
        if (check_params(p, point))
            return -1;
        for (int v = 0; v < (d->sweep_count ? d->sweep_count : 1); v++) {
            add_point(p, d, v);
            if (check_sizes(p, &e->points[e->point_count - 1]))
                return -1;
        }
    }
    for (size_t i = 0; i < e->point_count; i++) {
        p->line = e->points[i].line;
        if (check_yardstick(p, &e->points[i]))
            return -1;
    }
    return 0;
}

void point_clear(struct point *p)
{
    free(p->name);
    free(p->id);
    free(p->server_args);
    free(p->rate.server);
    free(p->rate.point);
    words_free(&p->servers);
}

const struct point *experiment_point(const struct experiment *e,
                                     const char *name)
{
    for (size_t i = 0; i < e->point_count; i++)
        if (strcmp(e->points[i].name, name) == 0 ||
            strcmp(e->points[i].id, name) == 0)
            return &e->points[i];
    return NULL;
}

double point_seconds(const struct point *p)
{
    if (p->mode == MODE_HOLD)
        return p->param[PARAM_HOLD];
    /* A search is one closed loop and some open ones. */
    double runs = p->mode == MODE_KNEE ? 1 + KNEE_TRIES_EXPECTED : 1;
    return runs * (p->param[PARAM_WARMUP] + p->param[PARAM_MEASURE]);
}
