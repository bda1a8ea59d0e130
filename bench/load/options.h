/*
 * options - the command line of chat-load.
 *
 * Parsed once, before anything is opened; read-only from then on.
 */
#ifndef CHAT_LOAD_OPTIONS_H
#define CHAT_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/source.h"

struct options {
    const char *host;        /* --host: name or address of the server */
    int port;                /* --port */
    struct source source;    /* --source: where connections come from */
    const char *password;    /* --password: sent as PASS; NULL: none */
    uint32_t conns;          /* --conns; rooms * room_size */
    uint32_t rooms;          /* --rooms */
    uint32_t room_size;      /* --room-size: members of each room */
    uint32_t senders;        /* --senders: members of a room that speak */
    double idle;             /* --idle: share of the rooms, all silent */
    uint32_t idle_rooms;     /* that many */
    double slow;             /* --slow: share of the others that stop reading */
    uint32_t slow_conns;     /* that many */
    bool no_verify;          /* --no-verify: count deliveries, no more */
    uint32_t order_check;    /* --order-check: members compared in a room */
    double churn;            /* --churn: guests that come, a second */
    uint32_t window;         /* --window: in flight a room; 0: open loop */
    double rate;             /* --rate: messages/s in all; 0: closed loop */
    bool poisson;            /* --arrivals poisson */
    uint32_t size;           /* --size: payload bytes */
    double warmup_s;         /* --warmup; at most, if it is automatic */
    bool warmup_auto;        /* --warmup auto: until the rate is steady */
    double measure_s;        /* --time */
    double hold_s;           /* --hold; < 0: not given */
    double drain_s;          /* --drain: the longest pause while draining */
    double setup_s;          /* --setup: the longest pause while setting up */
    uint64_t seed;           /* --seed */
    uint32_t threads;        /* --threads: workers */
    uint32_t connect_window; /* --connect-window: not yet welcomed at once */
    const char *json;        /* --json: file, "-": stdout, NULL: none */
    const char *hgrm;        /* --hgrm: file, NULL: none */
    const char *hgrm_dir;    /* --hgrm-dir: folder, NULL: none */
    int events_fd;           /* --events: descriptor, -1: none */
};

/* Fills `opt`; a bad command line ends the program with status 2. */
void options_parse(struct options *opt, int argc, char **argv);

#endif
