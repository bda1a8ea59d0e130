#include "bench/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tells the parent why the program could not be run. */
static _Noreturn void child_give_up(int report_fd)
{
    int err = errno;

    /* If even this fails the parent sees an end without a report. */
    if (write(report_fd, &err, sizeof(err)) < 0)
        _exit(126);
    _exit(127);
}

/* Moves `fd` out of the way of the numbers it is to be copied to. */
static int out_of_the_way(int fd)
{
    return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, CHILD_PASS_FD + 1);
}

static int place(int fd, int number)
{
    return fd < 0 ? 0 : dup2(fd, number);
}

/*
 * Timers as in a shell. Since Linux 6.12 a real-time thread has no slack, and
 * what it forks keeps that even when it is not real-time itself: a server that
 * sleeps 10 us would do so in a fifth of the time it takes anywhere else.
 */
enum { TIMER_SLACK_NS = 50000 /* the kernel's default */ };

static _Noreturn void child_main(const struct child_spec *spec, pid_t parent,
                                 int report_fd)
{
    sigset_t none;
    int in = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out, err, pass;

    report_fd = out_of_the_way(report_fd);
    in = out_of_the_way(in);
    out = spec->out_fd < 0 ? in : out_of_the_way(spec->out_fd);
    err = out_of_the_way(spec->err_fd);
    pass = out_of_the_way(spec->pass_fd);
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        child_give_up(report_fd);
    if (getppid() != parent) /* it died before the prctl */
        _exit(127);
    if (place(in, STDIN_FILENO) < 0 || place(out, STDOUT_FILENO) < 0 ||
        place(err, STDERR_FILENO) < 0 || place(pass, CHILD_PASS_FD) < 0)
        child_give_up(report_fd);
    if (spec->cpus &&
        sched_setaffinity(0, sizeof(*spec->cpus), spec->cpus) != 0)
        child_give_up(report_fd);
    prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK_NS, 0ul, 0ul, 0ul);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    execv(spec->argv[0], spec->argv);
    child_give_up(report_fd);
}

int child_start(struct child *c, const struct child_spec *spec)
{
    int report[2], err = 0;
    pid_t parent = getpid();

    memset(c, 0, sizeof(*c));
    c->pidfd = -1;
    if (pipe2(report, O_CLOEXEC) != 0)
        return -errno;
    c->pid = fork();
    if (c->pid == 0)
        child_main(spec, parent, report[1]);
    if (c->pid < 0)
        err = -errno;
    close(report[1]);
    if (!err) {
        int why = 0;
        ssize_t n;
        do {
            n = read(report[0], &why, sizeof(why));
        } while (n < 0 && errno == EINTR);
        if (n == (ssize_t)sizeof(why))
            err = -why;
    }
    close(report[0]);
    if (c->pid < 0) {
        c->pid = 0;
        return err;
    }
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd < 0 && !err)
        err = -errno;
    if (err) {
        kill(c->pid, SIGKILL); /* ours and not reaped: the id is safe */
        waitpid(c->pid, &c->status, 0);
        if (c->pidfd >= 0)
            close(c->pidfd);
        memset(c, 0, sizeof(*c));
        c->pidfd = -1;
    }
    return err;
}

bool child_reap(struct child *c)
{
    siginfo_t info = {0};
    int err;

    if (c->pid == 0 || c->ended)
        return true;
    do {
        err = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (err && errno == EINTR);
    if (err || info.si_pid != c->pid)
        return false;
    /* What it may have started itself. Not reaped yet, it still holds the
     * group's number, so that no stranger can be hit. */
    kill(-c->pid, SIGKILL);
    while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
        ;
    c->ended = true;
    return true;
}

void child_signal(const struct child *c, int sig)
{
    if (c->pid && !c->ended)
        pidfd_send_signal(c->pidfd, sig, NULL, 0);
}

/* Waits up to `ms` (-1: for ever) for its end. */
static bool await_end(struct child *c, int ms)
{
    struct pollfd pfd = {.fd = c->pidfd, .events = POLLIN};

    while (!child_reap(c)) {
        int n = poll(&pfd, 1, ms);
        if (n == 0)
            return child_reap(c);
        /* EINTR restarts the wait; no signal we take ends one here. */
    }
    return true;
}

bool child_stop(struct child *c, int grace_ms)
{
    bool orderly = true;

    if (c->pid && !child_reap(c)) {
        child_signal(c, SIGTERM);
        orderly = await_end(c, grace_ms);
        if (!orderly) {
            child_signal(c, SIGKILL);
            await_end(c, -1);
        }
    }
    if (c->pidfd >= 0)
        close(c->pidfd);
    c->pidfd = -1;
    return orderly;
}

void child_describe(const struct child *c, char *text, size_t size)
{
    if (WIFSIGNALED(c->status))
        snprintf(text, size, "was killed by SIG%s",
                 sigabbrev_np(WTERMSIG(c->status)));
    else
        snprintf(text, size, "exited with status %d", WEXITSTATUS(c->status));
}

bool child_succeeded(const struct child *c)
{
    return c->ended && WIFEXITED(c->status) && WEXITSTATUS(c->status) == 0;
}
