#include "bench/run/experiment.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "bench/run/files.h"
#include "bench/run/ini.h"
#include "common/die.h"

int parse_fail(struct parse *p, const char *fmt, ...)
{
    va_list ap;

    if (p->failed)
        return -1;
    p->failed = true;
    int n = snprintf(p->why, p->why_size, "%s:%d: ", p->e->path, p->line);
    if (n < 0 || (size_t)n >= p->why_size)
        return -1;
    va_start(ap, fmt);
    vsnprintf(p->why + n, p->why_size - (size_t)n, fmt, ap);
    va_end(ap);
    return -1;
}

int parse_number(struct parse *p, const char *key, const char *takes,
                 const char *text, double min, double max, bool whole,
                 double *value)
{
    char *end;

    errno = 0;
    *value = strtod(text, &end);
    if (errno || end == text || *end || !isfinite(*value) || *value < min ||
        *value > max || (whole && floor(*value) != *value) ||
        strspn(text, "+-.0123456789eE") != strlen(text))
        return parse_fail(p, "'%s' takes %s, got '%s'", key, takes, text);
    return 0;
}

static int parse_control(struct parse *p, const char *value)
{
    if (!parse_plain_name(value))
        return parse_fail(p, "'control' takes a server's name, got '%s'",
                          value);
    p->e->control = xstrdup(value);
    p->control_line = p->line;
    return 0;
}

#define EXPERIMENT_KEYS                                                        \
    "title, why, expect, seen, servers, control, blocks, seed, warmup, "       \
    "measure, knee-p99-ms, needs-cores, include, include-blocks, "             \
    "include-measure"

static int unknown_key(struct parse *p, const char *key)
{
    return parse_fail(p, "unknown key '%s'; here " EXPERIMENT_KEYS " are taken",
                      key);
}

static int parse_global_key(struct parse *p, const char *key, const char *value)
{
    struct experiment *e = p->e;
    double number;

    if (strcmp(key, "title") == 0)
        e->title = xstrdup(value);
    else if (strcmp(key, "why") == 0)
        e->why = xstrdup(value);
    else if (strcmp(key, "expect") == 0)
        e->expect = xstrdup(value);
    else if (strcmp(key, "seen") == 0)
        e->seen = xstrdup(value);
    else if (strcmp(key, "servers") == 0 && strcmp(value, "all") != 0)
        e->servers = words_split(value);
    else if (strcmp(key, "control") == 0)
        return parse_control(p, value);
    else if (strncmp(key, "include", 7) == 0)
        return parse_include_key(p, key, value);
    else if (strcmp(key, "warmup") == 0)
        return parse_warmup(p, value, &p->preset_warmup, &p->preset_auto);
    else if (strcmp(key, "measure") == 0)
        return parse_number(p, key, param_info[PARAM_MEASURE].takes, value, 0.1,
                            86400, false, &p->preset_measure);
    else if (strcmp(key, "knee-p99-ms") == 0)
        return parse_number(p, key, "milliseconds, 0.01 to 60000", value, 0.01,
                            60000, false, &e->knee_p99_ms);
    else if (strcmp(key, "blocks") == 0) {
        if (parse_number(p, key, "a number of blocks, 1 to 1000", value, 1,
                         1000, true, &number))
            return -1;
        e->blocks = (int)number;
        p->blocks_given = true;
    } else if (strcmp(key, "needs-cores") == 0) {
        if (parse_number(p, key, "a number of cores, 1 to 4096", value, 1, 4096,
                         true, &number))
            return -1;
        e->cores = (int)number;
    } else if (strcmp(key, "seed") == 0) {
        if (parse_number(p, key, "a whole number, 0 to 1e15", value, 0, 1e15,
                         true, &number))
            return -1;
        e->seed = (uint64_t)number;
    } else if (strcmp(key, "servers") != 0)
        return unknown_key(p, key);
    return 0;
}

/* Adds one zeroed element to a list and returns it. */
static void *grow(void *list, size_t *count, size_t size)
{
    char *grown = xrealloc(list, (*count + 1) * size);

    memset(grown + *count * size, 0, size);
    (*count)++;
    return grown;
}

/* Names become parts of file names and of `metric@point/server`. */
bool parse_plain_name(const char *name)
{
    return *name && strlen(name) <= 40 &&
           strspn(name,
                  "abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+") == strlen(name);
}

static int parse_section(struct parse *p, const struct ini_entry *s)
{
    struct experiment *e = p->e;
    bool table = strcmp(s->section, "table") == 0;
    bool server = strcmp(s->section, "server") == 0;

    if (strcmp(s->section, "point") != 0 && strcmp(s->section, "plot") != 0 &&
        strcmp(s->section, "claim") != 0 && !table && !server)
        return parse_fail(p,
                          "unknown section [%s]; server, point, plot, table "
                          "and claim are taken",
                          s->section);
    if (!table && !parse_plain_name(s->name))
        return parse_fail(p,
                          "[%s] takes a name of at most 40 letters, digits, "
                          "-, _ and +, got '%s'",
                          s->section, s->name);
    if (table) {
        e->tables = grow(e->tables, &e->table_count, sizeof(*e->tables));
        e->tables[e->table_count - 1].line = s->line;
        e->tables[e->table_count - 1].title = xstrdup(s->name);
    } else if (server) {
        e->variants =
            grow(e->variants, &e->variant_count, sizeof(*e->variants));
        e->variants[e->variant_count - 1].line = s->line;
        e->variants[e->variant_count - 1].name = xstrdup(s->name);
    } else if (strcmp(s->section, "plot") == 0) {
        e->plots = grow(e->plots, &e->plot_count, sizeof(*e->plots));
        e->plots[e->plot_count - 1].line = s->line;
        e->plots[e->plot_count - 1].name = xstrdup(s->name);
    } else if (strcmp(s->section, "claim") == 0) {
        e->claims = grow(e->claims, &e->claim_count, sizeof(*e->claims));
        struct claim *c = &e->claims[e->claim_count - 1];
        c->line = s->line;
        c->name = xstrdup(s->name);
        c->at_most = c->at_least = NAN;
    } else {
        p->drafts = grow(p->drafts, &p->draft_count, sizeof(*p->drafts));
        struct draft *d = &p->drafts[p->draft_count - 1];
        d->point.line = s->line;
        d->point.name = xstrdup(s->name);
        d->point.swept = SWEPT_NONE;
        for (int i = 0; i < PARAM_COUNT; i++)
            d->point.param[i] = NAN;
    }
    return 0;
}

static int parse_entry(struct parse *p, const struct ini_entry *entry)
{
    struct experiment *e = p->e;
    const char *key = entry->key, *value = entry->value;

    p->line = entry->line;
    if (!key)
        return parse_section(p, entry);
    if (!*value)
        return parse_fail(p, "'%s' has no value", key);
    if (strcmp(entry->section, "point") == 0)
        return parse_point_key(p, &p->drafts[p->draft_count - 1], key, value);
    if (strcmp(entry->section, "server") == 0)
        return parse_variant_key(p, &e->variants[e->variant_count - 1], key,
                                 value);
    if (strcmp(entry->section, "plot") == 0)
        return parse_plot_key(p, &e->plots[e->plot_count - 1], key, value);
    if (strcmp(entry->section, "table") == 0)
        return parse_table_key(p, &e->tables[e->table_count - 1], key, value);
    if (strcmp(entry->section, "claim") == 0)
        return parse_claim_key(p, &e->claims[e->claim_count - 1], key, value);
    return parse_global_key(p, key, value);
}

/* Is the server measured at some point? Of `all` the runner knows. */
static bool is_measured(const struct experiment *e, const char *name)
{
    if (e->servers.count == 0 || words_have(&e->servers, name))
        return true;
    for (size_t i = 0; i < e->point_count; i++)
        if (words_have(&e->points[i].servers, name))
            return true;
    return false;
}

static int parse_finish_control(struct parse *p)
{
    const struct experiment *e = p->e;

    if (!e->control)
        return 0;
    p->line = p->control_line;
    if (!is_measured(e, e->control))
        return parse_fail(p,
                          "'control' takes one of the servers measured, got "
                          "'%s'",
                          e->control);
    char *arm = xasprintf("%s" CONTROL_SUFFIX, e->control);
    bool taken = experiment_variant(e, arm);
    free(arm);
    return taken ? parse_fail(p,
                              "the control arm is called %s" CONTROL_SUFFIX
                              ", as a [server] already is",
                              e->control)
                 : 0;
}

static int parse_finish(struct parse *p)
{
    p->line = 1;
    if (!p->e->title)
        return parse_fail(p, "'title' is missing");
    if (!p->e->expect)
        return parse_fail(p, "'expect' is missing: say before measuring what "
                             "is expected");
    if (!p->blocks_given)
        return parse_fail(p, "'blocks' is missing");
    if (parse_finish_variants(p) || parse_includes(p) ||
        parse_finish_points(p) || parse_finish_control(p))
        return -1;
    return parse_finish_output(p);
}

/* "bench/experiments/smoke.conf" -> "smoke" */
static char *name_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    return xasprintf("%.*s", (int)(dot ? dot - base : (long)strlen(base)),
                     base);
}

static struct experiment *parse_all(const char *path, const char *text,
                                    bool part, char *why, size_t size)
{
    struct experiment *e = xcalloc(1, sizeof(*e));
    struct parse p = {.e = e,
                      .why = why,
                      .why_size = size,
                      .part = part,
                      .include_measure = NAN,
                      .preset_warmup = NAN,
                      .preset_measure = NAN};
    char wrong[256];
    struct ini ini;

    e->path = xstrdup(path);
    e->name = name_of_path(path);
    e->text = xstrdup(text);
    e->knee_p99_ms = 25;
    e->seed = 1;
    p.line = ini_parse(&ini, text, wrong, sizeof(wrong));
    if (p.line)
        parse_fail(&p, "%s", wrong);
    for (size_t i = 0; i < ini.count && !p.failed; i++)
        parse_entry(&p, &ini.entries[i]);
    if (!p.failed)
        parse_finish(&p);
    ini_free(&ini);
    for (size_t i = 0; i < p.draft_count; i++)
        point_clear(&p.drafts[i].point);
    free(p.drafts);
    words_free(&p.includes);
    if (!p.failed)
        return e;
    experiment_free(e);
    return NULL;
}

struct experiment *experiment_parse(const char *path, const char *text,
                                    char *why, size_t size)
{
    return parse_all(path, text, false, why, size);
}

struct experiment *experiment_parse_part(const char *path, const char *text,
                                         char *why, size_t size)
{
    return parse_all(path, text, true, why, size);
}

struct experiment *experiment_load(const char *path, char *why, size_t size)
{
    char *text = file_read(path);

    if (!text) {
        snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    struct experiment *e = experiment_parse(path, text, why, size);
    free(text);
    return e;
}

void experiment_free(struct experiment *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->point_count; i++)
        point_clear(&e->points[i]);
    for (size_t i = 0; i < e->variant_count; i++)
        variant_clear(&e->variants[i]);
    for (size_t i = 0; i < e->plot_count; i++)
        plot_clear(&e->plots[i]);
    for (size_t i = 0; i < e->table_count; i++)
        table_clear(&e->tables[i]);
    for (size_t i = 0; i < e->claim_count; i++)
        claim_clear(&e->claims[i]);
    for (size_t i = 0; i < e->part_count; i++)
        part_clear(&e->parts[i]);
    free(e->parts);
    free(e->points);
    free(e->variants);
    free(e->plots);
    free(e->tables);
    free(e->claims);
    words_free(&e->servers);
    free(e->control);
    free(e->name);
    free(e->path);
    free(e->text);
    free(e->title);
    free(e->why);
    free(e->expect);
    free(e->seen);
    free(e);
}
