#include "bench/run/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/metric.h"
#include "common/die.h"

static struct row *add(struct rows *rows)
{
    /* Doubling: a full run has some hundred thousand rows. */
    if ((rows->count & (rows->count - 1)) == 0)
        rows->v = xrealloc(rows->v, (rows->count ? rows->count * 2 : 1) *
                                        sizeof(*rows->v));
    memset(&rows->v[rows->count], 0, sizeof(*rows->v));
    return &rows->v[rows->count++];
}

static void add_value(struct rows *rows, const struct step *step, double rate,
                      const struct metric *m, double value, const char *reason)
{
    struct row *r = add(rows);

    r->server = xstrdup(step->arm->name);
    r->point = xstrdup(step->point->id);
    r->reason = xstrdup(reason ? reason : "");
    r->control_of =
        step->arm->control_of ? xstrdup(step->arm->control_of) : NULL;
    r->metric = m;
    r->value = value;
    r->rate = rate;
    r->block = step->block;
    r->order = step->order;
    r->valid = !reason;
}

void rows_add_outcome(struct rows *rows, const struct step *step, double rate,
                      const struct outcome *o)
{
    add_value(rows, step, rate, metric_find("trial"), o->failed ? 0 : 1,
              o->failed ? o->failure : NULL);
    for (size_t i = 0; i < o->count; i++)
        add_value(rows, step, rate, o->values[i].metric, o->values[i].value,
                  outcome_reason(o, o->values[i].metric));
}

void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->v[i].server);
        free(rows->v[i].point);
        free(rows->v[i].control_of);
        free(rows->v[i].reason);
    }
    free(rows->v);
    rows->v = NULL;
    rows->count = 0;
}

/* Text that grows. */
struct text {
    char *s;
    size_t len, room;
};

static void put(struct text *t, const char *s, size_t len)
{
    if (t->len + len + 1 > t->room) {
        t->room = (t->len + len + 1) * 2;
        t->s = xrealloc(t->s, t->room);
    }
    memcpy(t->s + t->len, s, len);
    t->len += len;
    t->s[t->len] = '\0';
}

static void put_text(struct text *t, const char *s)
{
    put(t, s, strlen(s));
}

/* A field and the separator behind it, quoted if it must be. */
static void put_field(struct text *t, const char *s, char separator)
{
    bool quoted = s[strcspn(s, ",\"\r\n")] != '\0';

    if (quoted)
        put(t, "\"", 1);
    for (; *s; s++) {
        put(t, s, 1);
        if (*s == '"')
            put(t, s, 1);
    }
    if (quoted)
        put(t, "\"", 1);
    put(t, &separator, 1);
}

static void put_number(struct text *t, double v, char separator)
{
    char s[32] = "";

    if (isfinite(v))
        snprintf(s, sizeof(s), "%.10g", v);
    put_field(t, s, separator);
}

char *rows_csv_head(void)
{
    struct text t = {NULL, 0, 0};

    put_text(&t, "run,experiment,block,order,server,control_of,point,mode,");
    for (int i = 0; i < PARAM_COUNT; i++)
        put_field(&t, param_info[i].column, ',');
    put_text(&t, "rate,server_args,placement,metric,value,unit,valid,reason\n");
    return t.s;
}

char *rows_csv(const struct rows *rows, size_t first, const char *run,
               const char *experiment, const struct step *step)
{
    const char *own = step->arm->args ? step->arm->args : "";
    const struct point *point = step->point;
    const char *more = point->server_args ? point->server_args : "";
    char *args = xasprintf("%s%s%s", own, *own && *more ? " " : "", more);
    struct text t = {NULL, 0, 0};

    put_text(&t, "");
    for (size_t i = first; i < rows->count; i++) {
        const struct row *r = &rows->v[i];
        put_field(&t, run, ',');
        put_field(&t, experiment, ',');
        put_number(&t, r->block, ',');
        put_number(&t, r->order, ',');
        put_field(&t, r->server, ',');
        put_field(&t, r->control_of ? r->control_of : "", ',');
        put_field(&t, r->point, ',');
        put_field(&t, mode_name(point->mode), ',');
        for (int p = 0; p < PARAM_COUNT; p++)
            put_number(&t, point->param[p], ',');
        put_number(&t, r->rate, ',');
        put_field(&t, args, ',');
        put_field(&t, point->shared ? "shared" : "split", ',');
        put_field(&t, r->metric->name, ',');
        put_number(&t, r->value, ',');
        put_field(&t, r->metric->unit, ',');
        put_field(&t, r->valid ? "1" : "0", ',');
        put_field(&t, r->reason, '\n');
    }
    free(args);
    return t.s;
}
