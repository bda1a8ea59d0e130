/*
 * svg - gnuplot's pictures inside the report.
 *
 * A picture becomes part of the page: its ids get a prefix (there are many
 * pictures on a page), its colours become CSS variables (so that a dark page
 * has dark pictures), and gnuplot's titles, which name files, are left out.
 */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include <stddef.h>
#include <stdio.h>

enum { SVG_COLOURS = 64 };

/* The colours that the pictures of a page use. */
struct svg_colours {
    unsigned rgb[SVG_COLOURS]; /* 0xrrggbb, each once */
    size_t count;              /* of them */
};

/*
 * Writes the picture in `path` as an <svg> element: `number` tells its ids from
 * those of others, `label` is read out in its place. 0, or -errno if it cannot
 * be read (nothing is written then); -EINVAL if it is not an SVG picture.
 */
int svg_inline(FILE *out, const char *path, int number, const char *label,
               struct svg_colours *colours);

/* One more colour that the page uses: its variable is --xRRGGBB. */
void svg_note(struct svg_colours *colours, unsigned rgb);

/* The variables of the colours as CSS declarations, for a page like this. */
void svg_light(FILE *out, const struct svg_colours *colours);
void svg_dark(FILE *out, const struct svg_colours *colours);

/* What 0xrrggbb becomes on a dark page. */
unsigned svg_dark_rgb(unsigned rgb);

#endif
