#include "common/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static int pins[CPU_SETSIZE];   /* set once: the CPUs of --pin */
static int n_pins;              /* set once */
static _Atomic unsigned n_seen; /* threads that have asked for a CPU */

int thread_set_pins(const char *list)
{
    int n = 0;
    const char *p = list;

    while (*p) {
        char *end;
        if (*p < '0' || *p > '9')
            return -EINVAL;
        long first = strtol(p, &end, 10), last = first;
        if (*end == '-') {
            if (end[1] < '0' || end[1] > '9')
                return -EINVAL;
            last = strtol(end + 1, &end, 10);
        }
        if (last < first || last >= CPU_SETSIZE || (*end && *end != ','))
            return -EINVAL;
        for (long cpu = first; cpu <= last && n < CPU_SETSIZE; cpu++)
            pins[n++] = (int)cpu;
        if (*end == ',' && !end[1])
            return -EINVAL;
        p = *end ? end + 1 : end;
    }
    n_pins = n;
    return n ? 0 : -EINVAL;
}

static void pin_self(void)
{
    cpu_set_t set;

    if (n_pins == 0)
        return;
    unsigned turn = atomic_fetch_add_explicit(&n_seen, 1, memory_order_relaxed);
    int cpu = pins[turn % (unsigned)n_pins];
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    int err = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    if (err)
        log_info("cannot pin to CPU %d: %s", cpu, strerror(err));
}

void thread_enter(struct stats_set *stats, const char *fmt, ...)
{
    char name[16];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(name, sizeof(name), fmt, ap);
    va_end(ap);
    pthread_setname_np(pthread_self(), name);
    stats_attach(stats);
    pin_self();
}

void thread_leave(void)
{
    log_flush();
    stats_detach();
}
