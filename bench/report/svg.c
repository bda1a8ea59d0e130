#include "bench/report/svg.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/run/files.h"

/* A colour of the page itself and what stands for it in the dark. */
static const struct {
    unsigned light, dark;
} known[] = {
    {0xffffff, 0x16191d}, /* the paper */
    {0x222222, 0xe8e6e3}, /* ink */
    {0x666666, 0xa9a9a9}, /* faint */
    {0xdddddd, 0x33383f}, /* grid */
    {0x555555, 0x8a8f98}, /* axes */
    {0x888888, 0x8a8f98}, /* guides */
    {0x000000, 0xf2f2f2}, /* a model drawn black */
};

/* Bright enough to be seen on the dark paper, by ITU-R BT.601. */
static unsigned luma(unsigned rgb)
{
    return (299 * (rgb >> 16) + 587 * (rgb >> 8 & 0xff) + 114 * (rgb & 0xff)) /
           1000;
}

unsigned svg_dark_rgb(unsigned rgb)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].light == rgb)
            return known[i].dark;
    /* A fifth of the way to white at a time: the hue stays. */
    while (luma(rgb) < 118) {
        unsigned lighter = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            unsigned c = rgb >> shift & 0xff;
            lighter |= (c + (255 - c) / 5) << shift;
        }
        rgb = lighter;
    }
    return rgb;
}

void svg_note(struct svg_colours *colours, unsigned rgb)
{
    for (size_t i = 0; i < colours->count; i++)
        if (colours->rgb[i] == rgb)
            return;
    if (colours->count < SVG_COLOURS)
        colours->rgb[colours->count++] = rgb;
}

/* A colour at `s`: its length, 0 if there is none. */
static int read_colour(const char *s, unsigned *rgb)
{
    unsigned r, g, b;
    int len = 0;

    if (sscanf(s, "rgb( %u , %u , %u )%n", &r, &g, &b, &len) == 3 && len &&
        r < 256 && g < 256 && b < 256) {
        *rgb = r << 16 | g << 8 | b;
        return len;
    }
    if (*s == '#' && strspn(s + 1, "0123456789abcdefABCDEF") == 6 &&
        (s[7] == '"' || s[7] == '\'')) {
        *rgb = (unsigned)strtoul(s + 1, NULL, 16);
        return 7;
    }
    return 0;
}

static const char *skip_element(const char *s, const char *name)
{
    size_t len = strlen(name);

    if (s[0] != '<' || strncmp(s + 1, name, len) != 0 || s[1 + len] != '>')
        return s;
    const char *end = strstr(s, "</");
    end = end ? strchr(end, '>') : NULL;
    return end ? end + 1 : s;
}

/* The length of what stands before an id's name at `s`; 0: no id. */
static size_t before_id(const char *s)
{
    static const char *const starts[] = {"id=\"", "id='", "href=\"#", "href='#",
                                         "url(#"};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(s, starts[i], strlen(starts[i])) == 0)
            return strlen(starts[i]);
    return 0;
}

static void copy_body(FILE *out, const char *s, int number,
                      struct svg_colours *colours)
{
    bool in_tag = false;

    while (*s) {
        const char *behind = skip_element(s, "title");
        unsigned rgb;
        behind = behind == s ? skip_element(s, "desc") : behind;
        if (behind != s) {
            s = behind;
            continue;
        }
        in_tag = *s == '<' || (in_tag && *s != '>');
        int len = in_tag ? read_colour(s, &rgb) : 0;
        size_t id = in_tag ? before_id(s) : 0;
        if (len) {
            svg_note(colours, rgb);
            fprintf(out, "var(--x%06x)", rgb);
            s += len;
        } else if (id) {
            fprintf(out, "%.*sp%d-", (int)id, s, number);
            s += id;
        } else {
            fputc(*s++, out);
        }
    }
}

int svg_inline(FILE *out, const char *path, int number, const char *label,
               struct svg_colours *colours)
{
    char *text = file_read(path);
    char *svg = text ? strstr(text, "<svg") : NULL;
    char *box = svg ? strstr(svg, "viewBox=\"") : NULL;
    char *body = svg ? strchr(svg, '>') : NULL;
    int err = text ? -EINVAL : -errno;

    if (box && body && box < body) {
        box += strlen("viewBox=\"");
        fprintf(out, "<svg viewBox=\"%.*s\" role=\"img\" aria-label=\"",
                (int)strcspn(box, "\""), box);
        html_text(out, label);
        fputs("\">", out); /* in HTML it needs no name spaces */
        copy_body(out, body + 1, number, colours);
        err = 0;
    }
    free(text);
    return err;
}

void svg_light(FILE *out, const struct svg_colours *colours)
{
    for (size_t i = 0; i < colours->count; i++)
        fprintf(out, "--x%06x:#%06x;", colours->rgb[i], colours->rgb[i]);
}

void svg_dark(FILE *out, const struct svg_colours *colours)
{
    for (size_t i = 0; i < colours->count; i++)
        fprintf(out, "--x%06x:#%06x;", colours->rgb[i],
                svg_dark_rgb(colours->rgb[i]));
}
