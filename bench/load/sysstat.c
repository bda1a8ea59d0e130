#include "bench/load/sysstat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/die.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Time on the CPU, time waiting for it, ns. */
static double read_wait(void)
{
    FILE *f = fopen("/proc/thread-self/schedstat", "re");
    unsigned long long wait = 0;

    if (f && fscanf(f, "%*u %llu", &wait) != 1)
        wait = 0;
    if (f)
        fclose(f);
    return (double)wait / 1e9;
}

void sys_cpu_read(struct sys_cpu *cpu)
{
    struct rusage ru;

    getrusage(RUSAGE_THREAD, &ru);
    cpu->user_s = seconds(ru.ru_utime);
    cpu->sys_s = seconds(ru.ru_stime);
    cpu->wait_s = read_wait();
}

/* user nice system idle iowait irq softirq steal; guest is in user already. */
void sys_ticks_read(struct sys_ticks *ticks)
{
    FILE *f = fopen("/proc/stat", "re");
    unsigned long long v[8];

    *ticks = (struct sys_ticks){0};
    if (!f)
        return;
    if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1],
               &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
        for (int i = 0; i < 8; i++)
            ticks->all += v[i];
        ticks->steal = v[7];
    }
    fclose(f);
}

double sys_steal_percent(const struct sys_ticks *from,
                         const struct sys_ticks *to)
{
    uint64_t all = to->all - from->all;

    return all ? 100.0 * (double)(to->steal - from->steal) / (double)all : 0;
}

void sys_raise_nofile(uint64_t need)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
        die_errno(errno, "getrlimit");
    rlim_t hard = lim.rlim_max;
    lim.rlim_cur = hard;
    if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
        die_errno(errno, "cannot raise the descriptor limit to %ju",
                  (uintmax_t)hard);
    if (hard >= need)
        return;
    lim.rlim_cur = lim.rlim_max = need;
    if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
        die(1,
            "%ju descriptors are needed, but the hard limit is %ju "
            "(ulimit -Hn)",
            (uintmax_t)need, (uintmax_t)hard);
}

uint32_t sys_local_ports(void)
{
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    unsigned low = 0, high = 0;

    if (!f)
        return 0;
    int n = fscanf(f, "%u %u", &low, &high);
    fclose(f);
    return n == 2 && high >= low ? high - low + 1 : 0;
}
