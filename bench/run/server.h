/*
 * server - a chat server as the runner sees it: a program with a ready line.
 *
 * Servers are the chat-* programs beside chat-bench, bar the tools, and the
 * peers (see peer.h), which chat-peer starts with the same ready line.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/run/child.h"
#include "bench/run/experiment.h"
#include "bench/run/plan.h"

/* Names of all servers in `bin_dir`, without "chat-", sorted; no peers. */
struct words server_list(const char *bin_dir);

/* Is there such a server in `bin_dir`, or such a peer on the machine? */
bool server_exists(const char *bin_dir, const char *name);

/* What people call it: "chat-reactor", "ngircd". The caller frees. */
char *server_title(const char *name);

/* Where it said it listens. */
struct endpoint {
    char host[64]; /* without brackets */
    char port[8];  /* decimal */
};

/* Reads "ready MODEL ADDR:PORT"; false if the line is not that. */
bool server_parse_ready(const char *line, struct endpoint *where);

/*
 * The command line: its program, a free port, the stats file, then the arm's
 * and the point's own options. NULL-terminated; free with server_free_argv().
 */
char **server_argv(const char *bin_dir, const struct arm *arm,
                   const struct point *point, const char *stats_path);

/* chat-load's, for this point. `rate` is NAN but for an open loop. */
char **server_load_argv(const char *bin_dir, const struct point *point,
                        const struct endpoint *where, double rate,
                        unsigned long long seed, const char *json_path,
                        const char *hgrm_path);

void server_free_argv(char **argv);

#endif
