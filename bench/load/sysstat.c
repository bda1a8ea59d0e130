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

/* user nice system idle iowait irq softirq steal; guest is in user already. */
static void read_ticks(struct sys_usage *u)
{
    FILE *f = fopen("/proc/stat", "re");
    unsigned long long v[8];

    u->steal = u->ticks = 0;
    if (!f)
        return;
    if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1],
               &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
        for (int i = 0; i < 8; i++)
            u->ticks += v[i];
        u->steal = v[7];
    }
    fclose(f);
}

void sys_usage_read(struct sys_usage *u)
{
    struct rusage ru;

    getrusage(RUSAGE_SELF, &ru);
    u->user_s = seconds(ru.ru_utime);
    u->sys_s = seconds(ru.ru_stime);
    read_ticks(u);
}

double sys_steal_percent(const struct sys_usage *from,
                         const struct sys_usage *to)
{
    uint64_t ticks = to->ticks - from->ticks;

    return ticks ? 100.0 * (double)(to->steal - from->steal) / (double)ticks
                 : 0;
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
