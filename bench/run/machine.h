/*
 * machine - what this machine is.
 *
 * Read once at the start, from /proc and /sys. Nothing here fails: what cannot
 * be read is an empty string, 0 or NULL, and shown so in the manifest.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <cjson/cJSON.h>

/* "Intel(R) Xeon(R) Processor, 2 cores, Linux 6.18.44, virtual machine" */
void machine_line(char *text, size_t size);

/* The machine's facts for the manifest. The caller owns the object. */
cJSON *machine_json(void);

/* Size of a thread's kernel stack in KiB, by the kernel's own accounts. */
double machine_kernel_stack_kib(void);

/* Jiffies since boot, over all cores. */
struct machine_time {
    double busy_s;  /* user, system, interrupts; not stolen */
    double steal_s; /* taken by the host */
    double all_s;   /* these and idle */
};
struct machine_time machine_time(void);

#endif
