/*
 * setup - what chat-null needs around its relay: options, socket, stats.
 *
 * Called from the one thread. Errors end the program with one line on stderr,
 * except null_stats_write(), which says what failed and returns it.
 */
#ifndef CHAT_NULL_SETUP_H
#define CHAT_NULL_SETUP_H

#include <stddef.h>
#include <stdint.h>

struct null_options {
    const char *listen; /* --listen: IPv4 or IPv6 address */
    int port;           /* --port; 0: any free one */
    const char *stats;  /* --stats: file, "-" for stderr, NULL for none */
};

/* The subset of the servers' stats that a floor has. */
struct null_stats {
    uint64_t start_ms;        /* null_now_ms() at the start */
    uint64_t accepted;        /* connections so far */
    uint64_t connections;     /* open now */
    uint64_t messages_in;     /* PRIVMSG lines relayed */
    uint64_t deliveries;      /* copies handed to receivers */
    uint64_t bytes_in;        /* received */
    uint64_t bytes_out;       /* taken by the kernel */
    uint64_t reads;           /* recv calls */
    uint64_t writes;          /* send calls */
    uint64_t eagain;          /* sends the kernel refused */
    uint64_t loop_iterations; /* turns of the loop */
};

void null_options_parse(struct null_options *opt, int argc, char **argv);

/* Raises the soft descriptor limit to the hard one; returns it. */
int null_raise_nofile(void);

/* A listening non-blocking socket; writes "addr:port" to `bound`. */
int null_listen(const struct null_options *opt, char *bound, size_t size);

/* The file whole or not at all (temp and rename). 0 or -errno, after a line on
 * stderr. NULL path: nothing to do. */
int null_stats_write(const struct null_stats *stats, const char *path);

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t null_now_ms(void);

#endif
