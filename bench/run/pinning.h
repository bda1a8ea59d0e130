/*
 * pinning - which cores the server and the generator are kept on.
 */
#ifndef BENCH_PINNING_H
#define BENCH_PINNING_H

#include <sched.h>
#include <stdbool.h>

struct pinning {
    cpu_set_t server;     /* the server's cores */
    cpu_set_t generator;  /* chat-load's */
    char server_list[64]; /* "0" or "0-5" */
    char load_list[64];   /* likewise */
    const char *name;     /* "split", or "shared" when both have all */
};

/*
 * `split` gives the generator a quarter of the cores we may use (at least one,
 * the highest) and the server the rest; on one core, or when `split` is false,
 * both share all.
 */
void pinning_choose(struct pinning *p, bool split);

#endif
