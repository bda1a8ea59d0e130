/*
 * The parent of the test processes. One thread; everything that happens to it
 * arrives as a signal taken by sigtimedwait(), so there is no handler and no
 * race between looking and waiting.
 */
#include "tests/contract/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/contract/files.h"

struct slot {
    const struct runner_job *job; /* NULL: free */
    pid_t pid;                    /* the case's process, its group's leader */
    double deadline;              /* hang guard, as case_now_s() */
    bool hung;                    /* killed at the guard */
    struct case_where *where;     /* shared with that process */
    char folder[512];             /* its working directory */
};

struct runner {
    const struct runner_job *jobs; /* all of them */
    size_t count;                  /* of jobs */
    size_t next;                   /* the next to start */
    struct slot *slots;            /* those that run */
    int slot_count;                /* at most so many together */
    const char *folder;            /* parent of the slots' folders */
    bool progress;                 /* stderr is a terminal */
    struct runner_result result;   /* so far */
};

_Noreturn static void run_case(const struct runner_job *job,
                               const struct slot *slot, pid_t parent)
{
    /* The runner may be killed in a way it cannot answer. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(CASE_FAILED);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    int out = -1;
    if (chdir(slot->folder) == 0)
        out = open("out", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(CASE_FAILED);
    case_begin(job->binary, job->name, slot->where);
    job->test->run();
    server_stop_all();
    fflush(stdout);
    _exit(CASE_PASSED);
}

static void slot_start(struct runner *r, struct slot *slot)
{
    const struct runner_job *job = &r->jobs[r->next];
    snprintf(slot->folder, sizeof(slot->folder), "%s/%04zu-%s", r->folder,
             r->next, job->test->name);
    r->next++;
    if (mkdir(slot->folder, 0755) != 0)
        die_errno(errno, "%s", slot->folder);
    *slot->where = (struct case_where){0};
    slot->hung = false;
    slot->deadline = case_now_s() + case_guard_s();
    fflush(NULL);
    pid_t parent = getpid();
    slot->pid = fork();
    if (slot->pid < 0)
        die_errno(errno, "fork");
    if (slot->pid == 0) {
        setpgid(0, 0);
        run_case(job, slot, parent);
    }
    setpgid(slot->pid, slot->pid);
    slot->job = job;
}

static void print_own_end(const struct slot *slot, const siginfo_t *info)
{
    if (slot->where->file)
        printf("%s:%d: ", slot->where->file, slot->where->line);
    const char *slash = strrchr(slot->job->binary, '/');
    printf("%s %s: ", slash ? slash + 1 : slot->job->binary, slot->job->name);
    if (slot->hung)
        printf("expected to end, it hung for %.0f s and was killed\n",
               case_guard_s());
    else
        printf("expected the test to end by itself, it died of signal %d\n",
               info->si_status);
}

/* Counts the ended case; prints what it said unless it passed. */
static void slot_finish(struct runner *r, struct slot *slot,
                        const siginfo_t *info)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/out", slot->folder);
    char *out = file_read(path, NULL);
    bool exited = info->si_code == CLD_EXITED;

    if (exited && info->si_status == CASE_PASSED) {
        r->result.passed++;
    } else if (exited && info->si_status == CASE_SKIPPED) {
        r->result.skipped++;
        fputs(out, stdout);
    } else {
        r->result.failed++;
        if (!exited)
            print_own_end(slot, info);
        fputs(out, stdout);
    }
    fflush(stdout);
    free(out);
    slot->job = NULL;
}

/* Takes in every case that has ended. */
static void reap(struct runner *r)
{
    for (int i = 0; i < r->slot_count; i++) {
        struct slot *slot = &r->slots[i];
        siginfo_t info = {0};
        if (!slot->job ||
            waitid(P_PID, (id_t)slot->pid, &info,
                   WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == 0)
            continue;
        /* While it is a zombie its group's number cannot be taken again. */
        kill(-slot->pid, SIGKILL);
        waitpid(slot->pid, NULL, 0);
        slot_finish(r, slot, &info);
    }
}

/* Kills what has passed its guard; the nearest deadline of the others. */
static double check_guards(struct runner *r, double now)
{
    double nearest = now + 3600;
    for (int i = 0; i < r->slot_count; i++) {
        struct slot *slot = &r->slots[i];
        if (!slot->job || slot->hung)
            continue;
        if (now >= slot->deadline) {
            slot->hung = true;
            kill(-slot->pid, SIGKILL);
        } else if (slot->deadline < nearest) {
            nearest = slot->deadline;
        }
    }
    return nearest;
}

static int running(const struct runner *r)
{
    int n = 0;
    for (int i = 0; i < r->slot_count; i++)
        n += r->slots[i].job != NULL;
    return n;
}

static void stop_now(struct runner *r)
{
    for (int i = 0; i < r->slot_count; i++) {
        struct slot *slot = &r->slots[i];
        if (!slot->job)
            continue;
        kill(-slot->pid, SIGKILL);
        waitpid(slot->pid, NULL, 0);
        slot->job = NULL;
    }
    r->result.interrupted = true;
}

static void show_progress(const struct runner *r)
{
    const struct runner_result *res = &r->result;
    if (r->progress)
        fprintf(stderr, "\r%d of %zu, %d failed \r",
                res->passed + res->failed + res->skipped, r->count,
                res->failed);
}

static void run_all(struct runner *r, const sigset_t *signals)
{
    for (;;) {
        for (int i = 0; i < r->slot_count && r->next < r->count; i++) {
            if (!r->slots[i].job)
                slot_start(r, &r->slots[i]);
        }
        if (running(r) == 0)
            return;
        double now = case_now_s();
        double wait = check_guards(r, now) - now;
        struct timespec ts = {(time_t)wait, 10000000};
        int sig = sigtimedwait(signals, NULL, &ts);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
            stop_now(r);
            return;
        }
        reap(r);
        show_progress(r);
    }
}

struct runner_result runner_run(const struct runner_job *jobs, size_t count,
                                int at_once, const char *folder)
{
    struct runner r = {.jobs = jobs,
                       .count = count,
                       .slot_count = at_once,
                       .folder = folder,
                       .progress = isatty(2)};
    size_t shared = (size_t)at_once * sizeof(struct case_where);
    struct case_where *where = mmap(NULL, shared, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (where == MAP_FAILED)
        die_errno(errno, "mmap");
    r.slots = xcalloc((size_t)at_once, sizeof(*r.slots));
    for (int i = 0; i < at_once; i++)
        r.slots[i].where = &where[i];

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    run_all(&r, &signals);

    free(r.slots);
    munmap(where, shared);
    return r.result;
}
