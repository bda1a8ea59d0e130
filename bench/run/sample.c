#include "bench/run/sample.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/run/files.h"

int64_t sample_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int sample_cpu(pid_t pid, struct cpu_sample *s)
{
    struct timespec t;
    clockid_t clock;
    char path[64];

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return -ESRCH;
    s->at_ns = sample_now();
    s->cpu_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    char *text = file_read(path);
    /* The name may hold blanks and brackets: count fields behind the last. */
    const char *p = text ? strrchr(text, ')') : NULL;
    int n =
        p ? sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf",
                   &s->user_ticks, &s->sys_ticks)
          : 0;
    free(text);
    return n == 2 ? 0 : -ESRCH;
}

/* The number behind "name" in a /proc text; NAN if it is not there. */
static double number_of(const char *text, const char *name)
{
    const char *p = text ? strstr(text, name) : NULL;

    return p ? strtod(p + strlen(name), NULL) : NAN;
}

int sample_memory(pid_t pid, struct memory_sample *s)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    char *rollup = file_read(path);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    char *status = file_read(path);
    s->rss_kib = number_of(rollup, "\nRss:");
    s->anon_kib = number_of(rollup, "\nAnonymous:");
    s->page_table_kib = number_of(status, "\nVmPTE:");
    s->threads = number_of(status, "\nThreads:");
    free(rollup);
    free(status);
    return isnan(s->rss_kib) || isnan(s->threads) ? -ESRCH : 0;
}

double sample_switches(pid_t pid)
{
    char path[288];
    double sum = 0;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return NAN;
    for (struct dirent *d; (d = readdir(dir));) {
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid,
                 d->d_name);
        char *text = file_read(path); /* gone if the thread just ended */
        if (text)
            sum += number_of(text, "\nvoluntary_ctxt_switches:") +
                   number_of(text, "\nnonvoluntary_ctxt_switches:");
        free(text);
    }
    closedir(dir);
    return sum;
}
