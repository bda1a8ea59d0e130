/* Figures: a metric at a point, or its ratio to another. */
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "common/die.h"

void figure_clear(struct figure *f)
{
    free(f->point);
    free(f->against);
    free(f->against_point);
}

static char *copy_part(const char *text, size_t len)
{
    return len ? xasprintf("%.*s", (int)len, text) : NULL;
}

/* METRIC@POINT[:[SERVER][@POINT]] in its parts; false if it is not that. */
static bool split_figure(struct figure *f, const char *word, char **metric)
{
    size_t name = strcspn(word, "@");
    const char *point = word + name + (word[name] == '@');
    size_t at = strcspn(point, ":");
    const char *server = point + at + (point[at] == ':');
    size_t against = strcspn(server, "@");
    const char *other = server + against + (server[against] == '@');

    *metric = xasprintf("%.*s", (int)name, word);
    f->point = copy_part(point, at);
    f->against = copy_part(server, against);
    f->against_point = copy_part(other, strlen(other));
    return name && f->point && !(point[at] && !*server) &&
           !(server[against] && !*other);
}

int parse_figure(struct parse *p, struct figure *f, const char *key,
                 const char *word)
{
    char *name;
    int err = 0;

    memset(f, 0, sizeof(*f));
    if (!split_figure(f, word, &name))
        err = parse_fail(p,
                         "'%s' takes metric@point, metric@point:server or "
                         "metric@point:@other-point, got '%s'",
                         key, word);
    f->metric = metric_find(name);
    if (!err && !f->metric)
        err =
            parse_fail(p, "'%s': there is no metric '%s'; metric.c lists them",
                       key, name);
    free(name);
    return err;
}

int parse_figures(struct parse *p, struct figure **list, size_t *count,
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

/* There is such a point, and it is one, not a sweep. */
static int check_name(struct parse *p, const struct metric *m, const char *name)
{
    const struct point *point = experiment_point(p->e, name);

    if (!point)
        return parse_fail(p, "there is no [point %s]", name);
    if (strcmp(point->id, name) != 0)
        return parse_fail(p,
                          "[point %s] is swept; name one of its values, as in "
                          "%s@%s",
                          name, m->name, point->id);
    return 0;
}

int check_figures(struct parse *p, const struct figure *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct figure *f = &list[i];
        if (check_name(p, f->metric, f->point) ||
            (f->against_point && check_name(p, f->metric, f->against_point)))
            return -1;
    }
    return 0;
}
