#include "bench/run/palette.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/files.h"

#define STRANGER_RGB 0x444444

int palette_load(struct palette *p, const char *path, char *why, size_t size)
{
    char *text = file_read(path), *line, *rest = text;
    int number = 0, err = 0;

    memset(p, 0, sizeof(*p));
    if (!text) {
        snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
        return -1;
    }
    while (!err && (line = strsep(&rest, "\n"))) {
        struct swatch *s = &p->swatches[p->count];
        number++;
        if (!*line || *line == '#')
            continue;
        if (p->count == PALETTE_MAX ||
            sscanf(line, "%47s #%6x %47[^\n]", s->name, &s->rgb, s->label) !=
                3) {
            snprintf(why, size, "%s:%d: expected 'name #rrggbb label'", path,
                     number);
            err = -1;
        }
        p->count += !err;
    }
    free(text);
    return err;
}

static size_t rank(const struct palette *p, const char *server)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->swatches[i].name, server) == 0)
            return i;
    return p->count;
}

unsigned palette_rgb(const struct palette *p, const char *server)
{
    size_t i = rank(p, server);

    return i < p->count ? p->swatches[i].rgb : STRANGER_RGB;
}

const char *palette_label(const struct palette *p, const char *server)
{
    size_t i = rank(p, server);

    return i < p->count ? p->swatches[i].label : server;
}

int palette_variant(const struct palette *p, const char *server)
{
    size_t i = rank(p, server);

    return i < p->count ? p->swatches[i].variant : 0;
}

void palette_add_variant(struct palette *p, const char *name,
                         const char *server, const char *args,
                         const char *label)
{
    size_t base = rank(p, server), at = rank(p, name);
    struct swatch s = {.rgb = palette_rgb(p, server)};

    if (p->count == PALETTE_MAX)
        return; /* a stranger: shown last, in grey */
    snprintf(s.name, sizeof(s.name), "%s", name);
    if (label)
        snprintf(s.label, sizeof(s.label), "%s", label);
    else
        snprintf(s.label, sizeof(s.label), "%s %s", palette_label(p, server),
                 args);
    if (at < p->count) { /* it stands in for the model itself */
        memcpy(p->swatches[at].label, s.label, sizeof(s.label));
        return;
    }
    for (at = base; at < p->count && p->swatches[at].rgb == s.rgb; at++)
        s.variant++;
    memmove(&p->swatches[at + 1], &p->swatches[at],
            (p->count - at) * sizeof(p->swatches[0]));
    p->swatches[at] = s;
    p->count++;
}

void palette_sort(const struct palette *p, struct words *servers)
{
    /* By insertion: there are nine or so. */
    for (size_t i = 1; i < servers->count; i++) {
        char *name = servers->word[i];
        size_t j = i;
        while (j > 0) {
            char *before = servers->word[j - 1];
            size_t a = rank(p, before), b = rank(p, name);
            if (a < b || (a == b && strcmp(before, name) <= 0))
                break;
            servers->word[j--] = before;
        }
        servers->word[j] = name;
    }
}
