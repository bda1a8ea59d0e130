/*
 * server_internal - what the server*.c files share.
 */
#ifndef CONTRACT_SERVER_INTERNAL_H
#define CONTRACT_SERVER_INTERNAL_H

#include "tests/contract/server.h"

#define SERVERS_MAX 8
#define ARGS_MAX    48

/* The case's servers, in the order they were started. */
extern struct server servers[SERVERS_MAX];
extern int server_count;

/* Forks and executes argv with these as stdout and stderr, which it closes
 * here; `nofile` descriptors at most, 0 for the limit as it is. */
pid_t server_spawn(const char **argv, int out, int err, int nofile);

#endif
