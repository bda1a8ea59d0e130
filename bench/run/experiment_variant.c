/* The [server] sections: a server with options of its own. */
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "common/die.h"

int parse_variant_key(struct parse *p, struct variant *variant, const char *key,
                      const char *value)
{
    if (strcmp(key, "label") == 0) {
        if (strlen(value) > 40)
            return parse_fail(p, "'label' takes at most 40 bytes, got '%s'",
                              value);
        variant->label = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "run") != 0)
        return parse_fail(p, "unknown key '%s'; a [server] takes run, label",
                          key);
    size_t len = strcspn(value, " ");
    variant->program = xasprintf("%.*s", (int)len, value);
    variant->args = xstrdup(value + len + strspn(value + len, " "));
    if (!parse_plain_name(variant->program))
        return parse_fail(p,
                          "'run' takes a server and its options, as in "
                          "mainsub --workers 4, got '%s'",
                          value);
    return 0;
}

int parse_finish_variants(struct parse *p)
{
    const struct experiment *e = p->e;

    for (size_t i = 0; i < e->variant_count; i++) {
        const struct variant *v = &e->variants[i];
        p->line = v->line;
        if (experiment_variant(e, v->name) != v)
            return parse_fail(p, "a second [server %s]", v->name);
        if (!v->program)
            return parse_fail(p, "[server %s] needs 'run'", v->name);
    }
    return 0;
}

const struct variant *experiment_variant(const struct experiment *e,
                                         const char *name)
{
    for (size_t i = 0; i < e->variant_count; i++)
        if (strcmp(e->variants[i].name, name) == 0)
            return &e->variants[i];
    return NULL;
}

void variant_clear(struct variant *v)
{
    free(v->name);
    free(v->program);
    free(v->args);
    free(v->label);
}
