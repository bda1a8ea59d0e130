/*
 * params - what a measured point is made of.
 *
 * One table maps a parameter's name in an experiment file to its range, to the
 * option of chat-load or of the server, and to the column of rows.csv. A new
 * chat-load option (--slow, --churn) is one more line in it.
 */
#ifndef BENCH_PARAMS_H
#define BENCH_PARAMS_H

#include <stdbool.h>

/* How chat-load drives the server. */
enum mode {
    MODE_CLOSED, /* --window messages in flight a room */
    MODE_OPEN,   /* --rate messages/s, whatever the server does */
    MODE_KNEE,   /* the highest --rate it carries, searched */
    MODE_HOLD,   /* join, stay silent, leave: memory and set-up time */
    MODE_COUNT
};

enum param {
    PARAM_CONNS,
    PARAM_ROOM_SIZE,
    PARAM_WINDOW,
    PARAM_SIZE,
    PARAM_SENDERS,
    PARAM_IDLE,
    PARAM_SLOW,
    PARAM_CHURN,
    PARAM_SPIN,
    PARAM_SLEEP,
    PARAM_WARMUP,
    PARAM_MEASURE,
    PARAM_HOLD,
    PARAM_COUNT
};

struct param_info {
    const char *key;    /* in an experiment file */
    const char *column; /* in rows.csv */
    const char *flag;   /* the option */
    const char *prefix; /* of its value, as in "spin:" */
    const char *axis;   /* what it is, under a plot */
    const char *takes;  /* for messages, as in "takes %s" */
    double min, max;    /* the range, both included */
    bool whole;         /* whole numbers only */
    bool server;        /* the server's option, not chat-load's */
    unsigned modes;     /* 1 << enum mode: where it has a meaning */
    unsigned required;  /* 1 << enum mode: where it must be given */
};

extern const struct param_info param_info[PARAM_COUNT];

/* "closed", "open", "hold" */
const char *mode_name(enum mode mode);

#endif
