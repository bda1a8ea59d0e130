/*
 * sample - what a process has used so far, seen from outside.
 *
 * The CPU time comes from the process's own CPU clock: exact in nanoseconds,
 * ended threads included. The kernel splits it into user and system only by
 * ticks, so the split is taken as a share of the exact sum. Any server can be
 * sampled so, ours or a peer.
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdint.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC, ns. */
int64_t sample_now(void);

struct cpu_sample {
    int64_t at_ns;     /* CLOCK_MONOTONIC, when it was taken */
    int64_t cpu_ns;    /* user and system, all threads there ever were */
    double user_ticks; /* as the kernel splits it: only the share is used */
    double sys_ticks;  /* likewise */
};

/* 0, or -errno if the process is gone. Takes some 20 us. */
int sample_cpu(pid_t pid, struct cpu_sample *s);

struct memory_sample {
    double rss_kib;        /* resident, by walking the page tables: exact */
    double anon_kib;       /* of it anonymous: heap and stacks */
    double page_table_kib; /* for mapping it */
    double threads;        /* each has a kernel stack besides */
};

/* 0 or -errno. Slow for a large process; not for a measured window. */
int sample_memory(pid_t pid, struct memory_sample *s);

/* Context switches of the living threads, voluntary and not; NAN if unknown. */
double sample_switches(pid_t pid);

#endif
