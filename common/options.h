/*
 * options - the command line that all servers share.
 *
 * A wrong value ends the program with exit 2 and one line (see args.h). Called
 * from main before any thread starts.
 */
#ifndef CHAT_OPTIONS_H
#define CHAT_OPTIONS_H

#include <argp.h>
#include <stddef.h>

#include "common/work.h"

enum { OPTIONS_THREADS_MAX = 1024 };

struct server_options {
    const char *listen;   /* address to bind; IPv4 or IPv6 */
    int port;             /* 0 = any */
    const char *name;     /* the server's name in its lines */
    int threads;          /* sub-reactors, workers or pool */
    struct work work;     /* simulated cost of each PRIVMSG */
    size_t sendq;         /* bytes owed above which a peer counts as slow */
    int backlog;          /* of the listening socket */
    long max_clients;     /* refuse more; LONG_MAX = no limit of ours */
    long max_descriptors; /* the limit on open descriptors now in force */
    const char *password; /* NULL = none */
    int ping_interval;    /* seconds of silence before a PING, and after it */
    int register_timeout; /* seconds to send NICK and USER */
    char *motd;           /* the file's text, NULL = none; never freed */
    const char *stats;    /* file for the statistics, NULL = none */
};

/* What one model adds to the shared options, and how it introduces itself. */
struct options_model {
    const char *doc;                   /* the --help text's first lines */
    const char *threads_doc;           /* what --threads means here */
    const struct argp_option *options; /* more options, or NULL */
    argp_parser_t parser;              /* theirs; state->input is `input` */
    void *input;                       /* where the parser keeps them */
};

/*
 * Reads the command line into *o, with defaults for the rest; sets the
 * program's name, verbosity and pins; raises the descriptor limit; reads the
 * MOTD. Strings point into argv.
 */
void options_parse(struct server_options *o, const struct options_model *model,
                   int argc, char **argv);

#endif
