/*
 * sysstat - what the machine says of us: CPU time, steal, limits.
 *
 * Any thread. Figures the kernel does not give are zero.
 */
#ifndef CHAT_LOAD_SYSSTAT_H
#define CHAT_LOAD_SYSSTAT_H

#include <stdint.h>

struct sys_usage {
    double user_s;  /* this process, all threads */
    double sys_s;   /* this process, all threads */
    uint64_t steal; /* machine: ticks the hypervisor gave to others */
    uint64_t ticks; /* machine: all ticks of all processors */
};

void sys_usage_read(struct sys_usage *u);

/* Share of the machine stolen between two readings, in percent. */
double sys_steal_percent(const struct sys_usage *from,
                         const struct sys_usage *to);

/* Raises the descriptor limit to the hard one, and that as root, until `need`
 * fit. Otherwise ends the program and names the limit. */
void sys_raise_nofile(uint64_t need);

/* Local ports a client may be given (ip_local_port_range); 0: unknown. */
uint32_t sys_local_ports(void);

#endif
