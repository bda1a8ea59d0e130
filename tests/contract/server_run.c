/*
 * Running the binary to its end, for --help and for bad command lines.
 */
#include "tests/contract/server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/contract/case.h"

/* Appends what there is; false at its end. */
static bool slurp(int fd, char **text, size_t *len)
{
    char buf[4096];
    ssize_t n = read(fd, buf, sizeof(buf));
    if (n <= 0)
        return false;
    *text = xrealloc(*text, *len + (size_t)n + 1);
    memcpy(*text + *len, buf, (size_t)n);
    *len += (size_t)n;
    (*text)[*len] = '\0';
    return true;
}

struct run server_run(const char *const *args)
{
    const char *argv[ARGS_MAX] = {case_binary()};
    for (int i = 1; *args && i < ARGS_MAX - 1; i++)
        argv[i] = *args++;

    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        case_broken(errno, "pipe2");
    pid_t pid = server_spawn(argv, out[1], err[1], 0);
    struct run run = {0, xcalloc(1, 1), xcalloc(1, 1)};
    size_t out_len = 0, err_len = 0;
    struct pollfd fds[2] = {{.fd = out[0], .events = POLLIN},
                            {.fd = err[0], .events = POLLIN}};
    double deadline = case_now_s() + case_wait_s();
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        poll(fds, 2, 200);
        if (fds[0].revents && !slurp(out[0], &run.out, &out_len))
            fds[0].fd = -1;
        if (fds[1].revents && !slurp(err[0], &run.err, &err_len))
            fds[1].fd = -1;
        bool started = !strncmp(run.out, "ready ", 6);
        if (started || case_now_s() > deadline) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            case_fail("expected it to refuse to run, %s",
                      started ? "it started to serve" : "it hangs");
        }
    }
    close(out[0]);
    close(err[0]);
    int status;
    waitpid(pid, &status, 0);
    run.status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return run;
}

void run_free(struct run *run)
{
    free(run->out);
    free(run->err);
}
