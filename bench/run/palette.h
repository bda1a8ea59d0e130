/*
 * palette - the one place where a model gets its colour, label and rank.
 *
 * Read from bench/plots/palette: "name #rrggbb label" a line, in the order in
 * which tables and plots show them. A server that is not in it is shown last,
 * in dark grey, under its own name.
 */
#ifndef BENCH_PALETTE_H
#define BENCH_PALETTE_H

#include <stddef.h>

#include "bench/run/words.h"

enum { PALETTE_MAX = 32 };

struct palette {
    struct swatch {
        char name[48];  /* the arm's */
        char label[48]; /* on plots */
        unsigned rgb;   /* 0xrrggbb */
        int variant;    /* which one of its model: 0 is the model itself */
    } swatches[PALETTE_MAX];
    size_t count;
};

/* 0, or -1 with "path:line: what is wrong" in `why`. */
int palette_load(struct palette *p, const char *path, char *why, size_t size);

unsigned palette_rgb(const struct palette *p, const char *server);
const char *palette_label(const struct palette *p, const char *server);

/*
 * Adds a variant of a server: its colour, another dash, next in order. `label`
 * may be NULL: the server's label and `args`.
 */
void palette_add_variant(struct palette *p, const char *name,
                         const char *server, const char *args,
                         const char *label);

/* 0 for a model itself, 1 for its first variant, and so on. */
int palette_variant(const struct palette *p, const char *server);

/* Sorts names into the palette's order, strangers behind, by name. */
void palette_sort(const struct palette *p, struct words *servers);

#endif
