/*
 * load-e2e BIN MUTANT [CASE...]
 *
 * Runs the suite's cases (e2e_lists) on chat-load and the servers from the
 * folder BIN and the broken relay MUTANT. Closes with "N passed, N failed";
 * exit 0 when every case passed.
 */
#include "tests/load/e2e.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_ONCE = 4 }; /* cases that run side by side */

const char *e2e_bin;
const char *e2e_mutant;

/* The cases under way: process, which is its group too, and name. */
static struct {
    pid_t pid;
    const char *name;
} running[AT_ONCE];
static int failed;
static int passed;

void e2e_fail(const char *file, int line, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "    %s:%d: %s\n", file, line, text);
    exit(1);
}

/* Ctrl-C, or whoever runs us has had enough: cases are in other groups. */
static void on_stop(int signal_number)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (running[i].pid > 0)
            kill(-running[i].pid, SIGKILL);
    _exit(128 + signal_number);
}

static void start_case(int place, const struct e2e_case *c)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(1);
    }
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        alarm(GUARD_S);
        c->run(c->arg);
        exit(0);
    }
    setpgid(pid, pid);
    running[place].pid = pid;
    running[place].name = c->name;
}

static void end_case(void)
{
    int status, i = 0;
    pid_t pid = wait(&status);

    while (i < AT_ONCE && running[i].pid != pid)
        i++;
    if (i == AT_ONCE)
        return;
    kill(-pid, SIGKILL); /* what the case has left, by its group */
    running[i].pid = 0;
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("  %-6s %s\n", ok ? "ok" : "FAILED", running[i].name);
    *(ok ? &passed : &failed) += 1;
}

static int free_place(void)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (running[i].pid == 0)
            return i;
    return -1;
}

static bool is_chosen(const char *name, int argc, char **argv)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(name, argv[i]) == 0)
            return true;
    return argc <= 3;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s BIN MUTANT [CASE...]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* cases print side by side */
    e2e_bin = argv[1];
    e2e_mutant = argv[2];
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    for (size_t i = 0; e2e_lists[i]; i++)
        for (const struct e2e_case *c = e2e_lists[i]; c->name; c++) {
            if (!is_chosen(c->name, argc, argv))
                continue;
            while (free_place() < 0)
                end_case();
            start_case(free_place(), c);
        }
    for (int i = 0; i < AT_ONCE; i++)
        while (running[i].pid)
            end_case();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
