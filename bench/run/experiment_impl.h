/*
 * experiment_impl - shared by the files that parse an experiment, private.
 */
#ifndef BENCH_EXPERIMENT_IMPL_H
#define BENCH_EXPERIMENT_IMPL_H

#include "bench/run/experiment.h"

enum { SWEEP_MAX = 64 };

/* A point before its sweep is expanded. */
struct draft {
    struct point point;      /* the values that are not swept */
    double sweep[SWEEP_MAX]; /* the swept key's values */
    int sweep_count;         /* how many */
    bool mode_given;         /* mode has no preset */
};

/* One run of the parser. */
struct parse {
    struct experiment *e;   /* what is being filled */
    struct draft *drafts;   /* the points so far */
    size_t draft_count;     /* how many */
    double preset_warmup;   /* for points that give none */
    bool preset_auto;       /* it is a maximum, until steady */
    double preset_measure;  /* likewise */
    bool blocks_given;      /* `blocks` has no preset */
    int control_line;       /* where `control` stands */
    struct words includes;  /* `include`: names of experiments */
    int include_line;       /* where that stands */
    int include_blocks;     /* for all their points; 0: as they say */
    double include_measure; /* likewise, seconds; NAN: as they say */
    bool part;              /* it is included itself */
    char *why;              /* where the error's text goes */
    size_t why_size;        /* and its room */
    int line;               /* the line being looked at */
    bool failed;            /* an error was reported */
};

/* Reports the first error, with file and line. Always returns -1. */
int parse_fail(struct parse *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A number within [min, max]; on failure "KEY takes TAKES, got 'TEXT'". */
int parse_number(struct parse *p, const char *key, const char *takes,
                 const char *text, double min, double max, bool whole,
                 double *value);

/* Of `warmup`: seconds, "auto" or "auto:SECONDS". */
int parse_warmup(struct parse *p, const char *text, double *seconds,
                 bool *is_auto);

/* Is it one that can be part of a file's name? */
bool parse_plain_name(const char *name);

/* The keys of a [server]: experiment_variant.c. */
int parse_variant_key(struct parse *p, struct variant *variant, const char *key,
                      const char *value);

/* The value of one key of a point: experiment_point.c. */
int parse_point_key(struct parse *p, struct draft *d, const char *key,
                    const char *value);

/* Figures: experiment_figure.c. */
int parse_figure(struct parse *p, struct figure *f, const char *key,
                 const char *word);
int parse_figures(struct parse *p, struct figure **list, size_t *count,
                  const char *key, const char *value);
int check_figures(struct parse *p, const struct figure *list, size_t count);
void figure_clear(struct figure *f);

/* The keys of plots, tables and claims: experiment_output.c. */
int parse_plot_key(struct parse *p, struct plot_spec *plot, const char *key,
                   const char *value);
int parse_table_key(struct parse *p, struct table_spec *table, const char *key,
                    const char *value);
int parse_claim_key(struct parse *p, struct claim *claim, const char *key,
                    const char *value);

/* The experiments it includes: experiment_include.c. */
int parse_include_key(struct parse *p, const char *key, const char *value);
int parse_includes(struct parse *p);

/* experiment_parse() for what is included, which includes nothing. */
struct experiment *experiment_parse_part(const char *path, const char *text,
                                         char *why, size_t size);

/* Free what these own, not the struct itself. */
void variant_clear(struct variant *v);
void point_clear(struct point *p);
void plot_clear(struct plot_spec *p);
void table_clear(struct table_spec *t);
void claim_clear(struct claim *c);
void part_clear(struct part *part);

/* After the last line: expands the sweeps and checks that all fits. */
int parse_finish_variants(struct parse *p);
int parse_finish_points(struct parse *p);
int parse_finish_output(struct parse *p);

#endif
