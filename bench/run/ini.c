#include "bench/run/ini.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

/* A copy of [begin, end) without the blanks around it. */
static char *trimmed(const char *begin, const char *end)
{
    while (begin < end && isspace((unsigned char)*begin))
        begin++;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    return xasprintf("%.*s", (int)(end - begin), begin);
}

static struct ini_entry *add_entry(struct ini *ini, int line)
{
    ini->entries =
        xrealloc(ini->entries, (ini->count + 1) * sizeof(*ini->entries));
    struct ini_entry *e = &ini->entries[ini->count++];
    memset(e, 0, sizeof(*e));
    e->line = line;
    return e;
}

/* [section] or [section name] */
static const char *parse_head(struct ini *ini, int line, const char *begin,
                              const char *end)
{
    if (end[-1] != ']')
        return "a section's head ends with ']'";
    begin++;
    end--;
    char *words = trimmed(begin, end);
    char *name = words + strcspn(words, " \t");
    if (!*words) {
        free(words);
        return "a section needs a name, as in [point closed]";
    }
    struct ini_entry *e = add_entry(ini, line);
    e->section = trimmed(words, name);
    e->name = trimmed(name, name + strlen(name));
    free(words);
    return NULL;
}

static const char *parse_key(struct ini *ini, int line, const char *begin,
                             const char *end)
{
    const char *equals = memchr(begin, '=', (size_t)(end - begin));
    const struct ini_entry *last =
        ini->count ? &ini->entries[ini->count - 1] : NULL;

    if (!equals)
        return "expected 'key = value', a [section] or a # comment";
    char *section = xstrdup(last ? last->section : "");
    char *name = xstrdup(last ? last->name : "");
    struct ini_entry *e = add_entry(ini, line);
    e->section = section;
    e->name = name;
    e->key = trimmed(begin, equals);
    e->value = trimmed(equals + 1, end);
    if (!*e->key)
        return "nothing before '='";
    for (size_t i = 0; i + 1 < ini->count; i++) {
        const struct ini_entry *o = &ini->entries[i];
        if (o->key && strcmp(o->key, e->key) == 0 &&
            strcmp(o->section, e->section) == 0 &&
            strcmp(o->name, e->name) == 0)
            return "this key was given before in the same section";
    }
    return NULL;
}

static const char *continue_value(struct ini *ini, const char *begin,
                                  const char *end)
{
    struct ini_entry *e = ini->count ? &ini->entries[ini->count - 1] : NULL;

    if (!e || !e->key)
        return "a line that begins with a space goes on with the value "
               "above it, and there is none";
    char *more = trimmed(begin, end);
    char *joined = xasprintf("%s%s%s", e->value, *e->value ? " " : "", more);
    free(more);
    free(e->value);
    e->value = joined;
    return NULL;
}

static const char *parse_line(struct ini *ini, int line, const char *begin,
                              const char *end)
{
    const char *word = begin;

    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    while (word < end && isspace((unsigned char)*word))
        word++;
    if (word == end || *word == '#')
        return NULL;
    if (word > begin)
        return continue_value(ini, word, end);
    if (*word == '[')
        return parse_head(ini, line, word, end);
    return parse_key(ini, line, word, end);
}

int ini_parse(struct ini *ini, const char *text, char *why, size_t size)
{
    int line = 0;

    memset(ini, 0, sizeof(*ini));
    while (*text) {
        const char *end = text + strcspn(text, "\n");
        const char *wrong = parse_line(ini, ++line, text, end);
        if (wrong) {
            snprintf(why, size, "%s", wrong);
            ini_free(ini);
            return line;
        }
        text = *end ? end + 1 : end;
    }
    return 0;
}

void ini_free(struct ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        free(ini->entries[i].section);
        free(ini->entries[i].name);
        free(ini->entries[i].key);
        free(ini->entries[i].value);
    }
    free(ini->entries);
    memset(ini, 0, sizeof(*ini));
}
