/*
 * Experiments made of others: `include`. Each is parsed by itself, with its own
 * presets, and must be sound by itself; then its points, servers, plots, tables
 * and claims become the including one's, and its words a part of it. Names must
 * differ, for they are the rows' and the files'; only a server may be described
 * twice, in the same words.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "bench/run/files.h"
#include "common/die.h"

int parse_include_key(struct parse *p, const char *key, const char *value)
{
    double number;

    if (p->part)
        return parse_fail(p,
                          "'%s': this experiment is included itself, and so "
                          "cannot include others",
                          key);
    if (strcmp(key, "include") == 0) {
        p->includes = words_split(value);
        p->include_line = p->line;
        return 0;
    }
    if (strcmp(key, "include-measure") == 0)
        return parse_number(p, key, param_info[PARAM_MEASURE].takes, value, 0.1,
                            86400, false, &p->include_measure);
    if (strcmp(key, "include-blocks") != 0)
        return parse_fail(p,
                          "unknown key '%s'; include, include-blocks and "
                          "include-measure are taken",
                          key);
    if (parse_number(p, key, "a number of blocks, 1 to 1000", value, 1, 1000,
                     true, &number))
        return -1;
    p->include_blocks = (int)number;
    return 0;
}

/* NULL and "" are the same nothing. */
static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static int take_variants(struct parse *p, struct experiment *from)
{
    struct experiment *e = p->e;

    for (size_t i = 0; i < from->variant_count; i++) {
        struct variant *v = &from->variants[i];
        const struct variant *known = experiment_variant(e, v->name);
        if (strcmp(v->name, v->program) == 0)
            return parse_fail(p,
                              "'include': %s gives the name %s to options, "
                              "and others mean the server as it is by it",
                              from->name, v->name);
        if (known && !(same_text(known->program, v->program) &&
                       same_text(known->args, v->args) &&
                       same_text(known->label, v->label)))
            return parse_fail(p,
                              "'include': %s describes [server %s] in other "
                              "words than is done here before it",
                              from->name, v->name);
        if (known) {
            variant_clear(v);
        } else {
            e->variants = xrealloc(e->variants, (e->variant_count + 1) *
                                                    sizeof(*e->variants));
            e->variants[e->variant_count++] = *v;
        }
        memset(v, 0, sizeof(*v));
    }
    return 0;
}

/* The tier's say over what it includes. */
static void adapt_point(const struct parse *p, const struct experiment *from,
                        struct point *point)
{
    if (point->servers.count == 0)
        point->servers = words_copy(&from->servers);
    if (p->include_blocks)
        point->blocks = p->include_blocks;
    if (point->blocks > p->e->blocks)
        point->blocks = p->e->blocks;
    if (isfinite(p->include_measure) && point->mode != MODE_HOLD)
        point->param[PARAM_MEASURE] = p->include_measure;
    point->line = p->include_line;
    point->part = p->e->part_count;
}

/* Appends `count` elements to a list; their owner has no more of them. */
static void *append(void *list, size_t *have, void *more, size_t *count,
                    size_t size)
{
    char *all = xrealloc(list, (*have + *count + 1) * size);

    if (*count)
        memcpy(all + *have * size, more, *count * size);
    *have += *count;
    *count = 0;
    return all;
}

static void take_lists(struct parse *p, struct experiment *from)
{
    struct experiment *e = p->e;
    size_t part = e->part_count;

    for (size_t i = 0; i < from->point_count; i++)
        adapt_point(p, from, &from->points[i]);
    for (size_t i = 0; i < from->plot_count; i++) {
        from->plots[i].part = part;
        from->plots[i].line = p->include_line;
    }
    for (size_t i = 0; i < from->table_count; i++) {
        from->tables[i].part = part;
        from->tables[i].line = p->include_line;
    }
    for (size_t i = 0; i < from->claim_count; i++) {
        from->claims[i].part = part;
        from->claims[i].line = p->include_line;
    }
    e->points = append(e->points, &e->point_count, from->points,
                       &from->point_count, sizeof(*e->points));
    e->plots = append(e->plots, &e->plot_count, from->plots, &from->plot_count,
                      sizeof(*e->plots));
    e->tables = append(e->tables, &e->table_count, from->tables,
                       &from->table_count, sizeof(*e->tables));
    e->claims = append(e->claims, &e->claim_count, from->claims,
                       &from->claim_count, sizeof(*e->claims));
}

/* Two of a name cannot be told apart in the results. */
static int check_names(struct parse *p, const struct experiment *from)
{
    const struct experiment *e = p->e;

    for (size_t i = 0; i < from->point_count; i++)
        if (experiment_point(e, from->points[i].name))
            return parse_fail(p,
                              "'include': there is a [point %s] already, "
                              "besides that of %s",
                              from->points[i].name, from->name);
    for (size_t i = 0; i < from->plot_count; i++)
        for (size_t j = 0; j < e->plot_count; j++)
            if (strcmp(from->plots[i].name, e->plots[j].name) == 0)
                return parse_fail(p,
                                  "'include': there is a [plot %s] already, "
                                  "besides that of %s",
                                  e->plots[j].name, from->name);
    return 0;
}

static void take_words(struct experiment *e, struct experiment *from)
{
    e->parts = xrealloc(e->parts, (e->part_count + 1) * sizeof(*e->parts));
    e->parts[e->part_count++] = (struct part){.name = from->name,
                                              .text = from->text,
                                              .title = from->title,
                                              .why = from->why,
                                              .expect = from->expect,
                                              .seen = from->seen,
                                              .cores = from->cores};
    from->name = from->text = from->title = NULL;
    from->why = from->expect = from->seen = NULL;
}

/* The file NAME.conf beside the one that is parsed. */
static struct experiment *read_beside(struct parse *p, const char *name)
{
    const char *slash = strrchr(p->e->path, '/');
    int folder = slash ? (int)(slash + 1 - p->e->path) : 0;
    char *path = xasprintf("%.*s%s.conf", folder, p->e->path, name);
    char *text = file_read(path);
    struct experiment *from = NULL;

    if (text)
        from = experiment_parse_part(path, text, p->why, p->why_size);
    else
        parse_fail(p,
                   "'include' takes names of experiments beside this file, "
                   "got '%s' (%s: %s)",
                   name, path, strerror(errno));
    if (!from)
        p->failed = true; /* `why` names the other file's line */
    free(text);
    free(path);
    return from;
}

int parse_includes(struct parse *p)
{
    for (size_t i = 0; i < p->includes.count; i++) {
        p->line = p->include_line;
        struct experiment *from = read_beside(p, p->includes.word[i]);
        if (!from)
            return -1;
        int err = check_names(p, from);
        if (!err)
            err = take_variants(p, from);
        if (!err) {
            take_words(p->e, from);
            take_lists(p, from);
        }
        from->variant_count = err ? from->variant_count : 0;
        experiment_free(from);
        if (err)
            return -1;
    }
    return 0;
}

int experiment_cores(const struct experiment *e, size_t part)
{
    return part ? e->parts[part - 1].cores : e->cores;
}

void part_clear(struct part *part)
{
    free(part->name);
    free(part->text);
    free(part->title);
    free(part->why);
    free(part->expect);
    free(part->seen);
}
