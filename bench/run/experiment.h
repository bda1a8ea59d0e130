/*
 * experiment - what one run measures, read from a file in bench/experiments/.
 *
 * An experiment names its points (how the servers are driven), says before the
 * measurement what it expects to see, and which plots, tables and claims come
 * of it. The format is ini.h's; bench/experiments/README.md lists the keys.
 * Pure: parsing touches no file but the one given to experiment_load() and
 * those that it includes, beside it. A
 * parsed experiment is complete and sound: every name in it refers to something
 * and every point can be run.
 */
#ifndef BENCH_EXPERIMENT_H
#define BENCH_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/run/metric.h"
#include "bench/run/params.h"
#include "bench/run/words.h"

enum rate_kind {
    RATE_NONE,      /* not an open loop */
    RATE_FIXED,     /* `value` messages/s */
    RATE_OF_CLOSED, /* the share `value` of what `server` does at `point` */
    RATE_OF_KNEE    /* the share `value` of the knee of `server`, same layout */
};

/* The offered rate of an open loop; the same for every server. */
struct rate {
    enum rate_kind kind;
    double value; /* messages/s, or a share: 0.25 */
    char *server; /* the yardstick, NULL for RATE_FIXED */
    char *point;  /* a closed point, only for RATE_OF_CLOSED */
};

/* `swept` of a point, beside an enum param. */
enum { SWEPT_NONE = -1, SWEPT_RATE = PARAM_COUNT };

/* A server with options of its own, under a name of its own. */
struct variant {
    char *name;    /* the section's: "mainsub+workers" */
    char *program; /* build/bin/chat-PROGRAM */
    char *args;    /* its options; "" for none */
    char *label;   /* on plots; may be NULL */
    int line;      /* where it stands in the file */
};

/* So many metrics at most decide at a point. */
enum { JUDGE_MAX = 3 };

/* One way to drive a server; a swept key makes one of these for each value. */
struct point {
    char *name;                /* the section's: "closed" */
    char *id;                  /* unique: "closed" or "fanout/room-size=10" */
    char *server_args;         /* more options for the server; may be NULL */
    struct words servers;      /* which ones; none: the experiment's */
    double param[PARAM_COUNT]; /* NAN where not given */
    struct rate rate;          /* RATE_NONE unless MODE_OPEN */
    double deliveries;         /* a second, in place of a rate; 0: not given */
    enum mode mode;            /* how chat-load drives */
    int blocks;                /* in how many blocks it takes part */
    bool warmup_auto;          /* until steady, at most PARAM_WARMUP */
    bool shared;               /* server and generator share all cores */
    int swept;                 /* enum param, SWEPT_RATE or SWEPT_NONE */
    size_t part;               /* 0: the experiment's own; else of parts */
    /* What decides here who is best, first the most telling; ends with NULL. */
    const struct metric *judge[JUDGE_MAX + 1];
    double swept_from; /* the least of the sweep's values */
    double swept_to;   /* the largest */
    int line;          /* where it stands in the file */
};

/*
 * "metric@point", or its ratio: to another server's ("metric@point:server"), to
 * the same server's at another point ("metric@point:@other"), or both
 * ("metric@point:server@other").
 */
struct figure {
    const struct metric *metric; /* never NULL */
    char *point;                 /* a point's id; of a PLOT_LINES, its name */
    char *against;               /* the server to compare with, or NULL */
    char *against_point;         /* where; NULL: at `point` */
};

enum plot_kind {
    PLOT_BARS,     /* a bar for each server, a panel for each figure */
    PLOT_SPECTRUM, /* latency over percentile, from the .hgrm files */
    PLOT_LINES     /* a line for each server over a sweep */
};

struct plot_spec {
    char *name;             /* of the files: "throughput" -> throughput.svg */
    char *title;            /* over the picture */
    char *note;             /* one more line under it; may be NULL */
    char *axis;             /* in place of the metric's text; may be NULL */
    struct figure *figures; /* what is drawn, a panel each */
    size_t figure_count;    /* at least 1 */
    struct figure *stack;   /* drawn on top of the first figure's bars */
    size_t stack_count;     /* may be 0 */
    double *guides;         /* PLOT_LINES: so many handlers at a time */
    size_t guide_count;     /* may be 0 */
    enum plot_kind kind;    /* how it is drawn */
    bool log_x, log_y;      /* PLOT_LINES: logarithmic axes */
    size_t part;            /* 0: the experiment's own; else of parts */
    int line;               /* where it stands in the file */
};

struct table_spec {
    char *title;            /* over the table; "" for none */
    struct figure *figures; /* its columns */
    size_t figure_count;    /* at least 1 */
    struct words servers;   /* its rows; none: all measured */
    size_t part;            /* 0: the experiment's own; else of parts */
    int line;               /* where it stands in the file */
};

/* A bound the results are held against and printed with; never a test. */
struct claim {
    char *name;           /* the section's */
    struct figure figure; /* of `server`; a ratio if `against` is set */
    char *server;         /* whose figure */
    double at_most;       /* NAN if not given */
    double at_least;      /* NAN if not given */
    size_t part;          /* 0: the experiment's own; else of parts */
    int line;             /* where it stands in the file */
};

/* The A/A arm's name is that of what it repeats and this. */
#define CONTROL_SUFFIX "-again"

/* An experiment that this one includes; number `part` is parts[part - 1]. */
struct part {
    char *name;   /* the file's, without suffix */
    char *text;   /* the whole file, kept beside the results */
    char *title;  /* as of an experiment, also the rest */
    char *why;    /* may be NULL */
    char *expect; /* never NULL */
    char *seen;   /* may be NULL */
    int cores;    /* it needs so many; 0: any number */
};

struct experiment {
    char *name;           /* the file's, without folder and suffix */
    char *path;           /* as given */
    char *text;           /* the whole file, kept beside the results */
    char *title;          /* one line */
    char *why;            /* what it asks; may be NULL */
    char *expect;         /* written before measuring; never NULL */
    char *seen;           /* added after it; may be NULL */
    struct words servers; /* none: all that are built, and the variants */
    char *control;        /* the server the A/A arm repeats; may be NULL */
    uint64_t seed;        /* of the order and of chat-load's schedules */
    int blocks;           /* each runs every server once at every point */
    int cores;            /* it needs so many; 0: any number */
    double knee_p99_ms;   /* past this p99 the knee is passed */
    struct point *points; /* swept ones expanded */
    size_t point_count;   /* at least 1 */
    struct variant *variants;
    size_t variant_count;
    struct plot_spec *plots;
    size_t plot_count;
    struct table_spec *tables;
    size_t table_count;
    struct claim *claims;
    size_t claim_count;
    struct part *parts; /* in the order they are included */
    size_t part_count;
};

/*
 * Parses `text`, the content of `path` (for messages). On an error returns NULL
 * and puts "path:line: what is wrong and what is allowed" into `why`. Free with
 * experiment_free().
 */
struct experiment *experiment_parse(const char *path, const char *text,
                                    char *why, size_t size);

/* The same from the file itself. */
struct experiment *experiment_load(const char *path, char *why, size_t size);

void experiment_free(struct experiment *e);

/* The variant of that name; NULL if it is no variant. */
const struct variant *experiment_variant(const struct experiment *e,
                                         const char *name);

/* The point with that name or id (the first of a sweep); NULL if none. */
const struct point *experiment_point(const struct experiment *e,
                                     const char *name);

/*
 * The point for people: "closed loop, 200 connections in rooms of 10, 4 in
 * flight a room". `rate` is what was offered (NAN: not known yet).
 */
void point_describe(const struct point *p, double rate, char *text,
                    size_t size);

/* The same of the whole sweep it is of: "50 to 10,000 connections". */
void point_describe_sweep(const struct point *p, char *text, size_t size);

/* Cores that a point's experiment, or the part it is of, needs; 0: any. */
int experiment_cores(const struct experiment *e, size_t part);

/* Seconds a trial takes apart from starting, joining and draining. */
double point_seconds(const struct point *p);

#endif
