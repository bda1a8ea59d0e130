/*
 * client-e2e CLIENT SERVER [CASE...]
 *
 * Runs chat-client for real: in pipes and on a pseudo-terminal, against a
 * server of this project or a scripted one. Exit 0 when every case passed.
 */
#include "tests/client/e2e/e2e.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char *e2e_client;
const char *e2e_server;
void (*e2e_on_fail)(void);

void e2e_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "    %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    if (e2e_on_fail)
        e2e_on_fail();
    exit(1);
}

void e2e_wait_readable(int fd, const char *what)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;

    do {
        n = poll(&p, 1, E2E_GUARD_S * 1000);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        FAIL("nothing came while waiting for %s", what);
}

static pid_t running; /* the case's process and group, or 0 */

/* Ctrl-C, or whoever runs us has had enough: the case is in another group. */
static void on_stop(int signal_number)
{
    if (running > 0)
        kill(-running, SIGKILL);
    _exit(128 + signal_number);
}

static bool run_case(const struct e2e_case *c)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        perror("fork");
        return false;
    }
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGPIPE, SIG_IGN);
        c->run();
        exit(0);
    }
    setpgid(pid, pid);
    running = pid;
    waitpid(pid, &status, 0);
    kill(-pid, SIGKILL); /* what the case has left, by its group */
    running = 0;
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("  %-6s %s\n", ok ? "ok" : "FAILED", c->name);
    return ok;
}

static bool is_chosen(const char *name, int argc, char **argv)
{
    if (argc <= 3)
        return true;
    for (int i = 3; i < argc; i++) {
        if (strcmp(name, argv[i]) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    static const struct e2e_case *const lists[] = {e2e_pipe_cases,
                                                   e2e_refusal_cases,
                                                   e2e_tty_cases};
    int run = 0;
    int failed = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: %s CLIENT SERVER [CASE...]\n", argv[0]);
        return 2;
    }
    e2e_client = argv[1];
    e2e_server = argv[2];
    unsetenv("NO_COLOR");
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (const struct e2e_case *c = lists[i]; c->name; c++) {
            if (!is_chosen(c->name, argc, argv))
                continue;
            run++;
            failed += !run_case(c);
        }
    }
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed > 0 || run == 0;
}
