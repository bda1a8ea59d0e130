/*
 * plot - the pictures: data files for gnuplot, and gnuplot run over them.
 *
 * For each plot of the experiment DIR/plots/NAME.gp is written, which names the
 * data beside it and loads the script in bench/plots that draws its kind; the
 * pictures are DIR/NAME.svg and DIR/NAME.png. A script can be run again by
 * hand. Made from the rows and the .hgrm files alone.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stdio.h>

#include "bench/run/experiment.h"
#include "bench/run/palette.h"
#include "bench/run/rows.h"
#include "bench/run/tics.h"

/* What all plots of a run share. */
struct plot_job {
    const char *home;              /* bench/plots of the source tree */
    const char *dir;               /* the results folder */
    const char *machine;           /* in small print */
    const struct experiment *e;    /* what to draw */
    const struct rows *rows;       /* from what */
    const struct words *servers;   /* in order */
    const struct palette *palette; /* in which colours */
    int signal_fd;                 /* readable: stop */
};

/*
 * Draws all; prints the paths on `out`. 0; -ENOENT if gnuplot is missing (the
 * data files are there); -EINTR; else -errno, with a line on stderr.
 */
int plot_all(const struct plot_job *job, FILE *out);

/* The data of one bars plot and its part of the script: plot_bars.c. */
int plot_write_bars(const struct plot_job *job, const struct plot_spec *spec,
                    FILE *script);

/* The same for a spectrum: plot_spectrum.c. */
int plot_write_spectrum(const struct plot_job *job,
                        const struct plot_spec *spec, FILE *script);

/* The same for lines over a sweep: plot_lines.c. */
int plot_write_lines(const struct plot_job *job, const struct plot_spec *spec,
                     FILE *script);

/* How many figures of a plot count; 0: there is nothing to draw. */
size_t plot_figures(const struct plot_job *job, const struct plot_spec *spec);

/* name = 'text' for gnuplot, as it is: for the names of files. */
void plot_path(FILE *script, const char *name, const char *text);

/* name = "text" for what is shown; newlines stay, markup is escaped. */
void plot_text(FILE *script, const char *name, const char *text);

/* array[index] = "'10 k' 10000, ...", for `set ytics (...)`. */
void plot_tics(FILE *script, const char *array, size_t index,
               const struct tic *tics, size_t count);

/* A line for people, broken in two where it is longer than `width`. */
void plot_wrap(const char *text, size_t width, char *out, size_t size);

/* DIR/plots/NAME.SUFFIX opened for writing, or NULL with a line on stderr. */
FILE *plot_open(const struct plot_job *job, const char *name,
                const char *suffix);

/* Closes it; -errno, with a line on stderr, if anything was not written. */
int plot_close(FILE *f, const char *what);

#endif
