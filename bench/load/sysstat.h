/*
 * sysstat - what the machine says of us: CPU time, steal, limits.
 *
 * Any thread. Figures the kernel does not give are zero.
 */
#ifndef CHAT_LOAD_SYSSTAT_H
#define CHAT_LOAD_SYSSTAT_H

#include <stdint.h>

/* CPU time of a thread. */
struct sys_cpu {
    double user_s;
    double sys_s;
    double wait_s; /* it could have run, and had no processor */
};

/* What the whole machine has spent. */
struct sys_ticks {
    uint64_t steal; /* ticks the hypervisor gave to others */
    uint64_t all;   /* all ticks of all processors */
};

void sys_cpu_read(struct sys_cpu *cpu); /* of the calling thread */
void sys_ticks_read(struct sys_ticks *ticks);

/* Share of the machine stolen between two readings, in percent. */
double sys_steal_percent(const struct sys_ticks *from,
                         const struct sys_ticks *to);

/* Raises the descriptor limit to the hard one, and that as root, until `need`
 * fit. Otherwise ends the program and names the limit. */
void sys_raise_nofile(uint64_t need);

/* Local ports a client may be given (ip_local_port_range); 0: unknown. */
uint32_t sys_local_ports(void);

#endif
