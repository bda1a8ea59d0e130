/* Processes stopped, let go again, and looked at. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/harness/harness.h"

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void wait_until(uint64_t ns)
{
    const struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u),
                                .tv_nsec = (long)(ns % 1000000000u)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
        ;
}

void kill_program(struct program *p)
{
    kill(p->pid, SIGKILL);
    program_wait(p, &(struct outcome){0});
}

double busy_seconds(pid_t pid)
{
    char path[320];
    double sum = 0;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    CHECK(d);
    for (struct dirent *e; (e = readdir(d));) {
        unsigned long long ran, waited;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid,
                 e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
        if (f && fscanf(f, "%llu %llu", &ran, &waited) == 2)
            sum += (double)(ran + waited) / 1e9;
        if (f)
            fclose(f);
    }
    closedir(d);
    return sum;
}

/* All threads of it, by their state. */
static bool is_stopped(pid_t pid)
{
    char path[320], state;
    bool stopped = true;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    CHECK(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid,
                 e->d_name);
        FILE *f = fopen(path, "re");
        CHECK(f && fscanf(f, "%*d (%*[^)]) %c", &state) == 1);
        fclose(f);
        stopped = stopped && state == 'T';
    }
    closedir(d);
    return stopped;
}

struct stop stop_for(pid_t pid, int ms)
{
    uint64_t before = now_ns();

    CHECK(kill(pid, SIGSTOP) == 0);
    while (!is_stopped(pid))
        wait_until(now_ns() + 100000);
    uint64_t begin = now_ns();
    wait_until(begin + (uint64_t)ms * 1000000);
    uint64_t end = now_ns();
    CHECK(kill(pid, SIGCONT) == 0);
    uint64_t after = now_ns();
    return (struct stop){.at_least = (double)(end - begin) / 1e9,
                         .at_most = (double)(after - before) / 1e9};
}
