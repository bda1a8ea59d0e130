/* Programs under test, in pipes or on a pseudo-terminal. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/client/e2e/e2e.h"

static _Noreturn void exec_program(const char *program, const char *const *args)
{
    const char *argv[32] = {program};
    int n = 1;

    while (args && *args && n < 31)
        argv[n++] = *args++;
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a killed case */
    execv(program, (char *const *)argv);
    fprintf(stderr, "cannot run %s: %s\n", program, strerror(errno));
    _exit(127);
}

struct proc *proc_start(const char *program, const char *const *args)
{
    struct proc *p = xcalloc(1, sizeof(*p));
    int in[2];
    int out[2];

    p->err = memfd_create("stderr", MFD_CLOEXEC);
    CHECK(p->err >= 0);
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    p->pid = fork();
    CHECK(p->pid >= 0);
    if (p->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(p->err, 2);
        exec_program(program, args);
    }
    close(in[0]);
    close(out[1]);
    p->in = in[1];
    p->out = out[0];
    return p;
}

static const char *terminal_state(void)
{
    struct termios t;

    if (tcgetattr(0, &t) < 0)
        return "unknown";
    return (t.c_lflag & ICANON) && (t.c_lflag & ECHO) ? "cooked" : "raw";
}

/* The session's leader: what a shell does for its foreground job. */
static _Noreturn void mini_shell(const char *program, const char *const *args)
{
    int status = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        exec_program(program, args);
    }
    setpgid(job, job);
    tcsetpgrp(0, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        tcsetpgrp(0, getpgrp());
        printf("STOPPED %s\n", terminal_state());
        fflush(stdout);
        tcsetpgrp(0, job);
        kill(-job, SIGCONT);
    }
    printf("ENDED %d %s\n",
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           terminal_state());
    fflush(stdout);
    /* Bytes not yet read by the master would vanish with the last slave. */
    char byte;
    while (read(0, &byte, 1) > 0 && byte != '.')
        ;
    _exit(0);
}

struct proc *proc_start_tty(const char *program, const char *const *args)
{
    struct winsize size = {.ws_row = 24, .ws_col = 100};
    struct proc *p = xcalloc(1, sizeof(*p));
    int master;

    p->pid = forkpty(&master, NULL, NULL, &size);
    CHECK(p->pid >= 0);
    if (p->pid == 0)
        mini_shell(program, args);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    p->in = p->out = master;
    p->err = -1;
    return p;
}

void proc_write(struct proc *p, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(p->in, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            FAIL("cannot write to the program: %s", strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
}

void proc_type(struct proc *p, const char *text)
{
    proc_write(p, text, strlen(text));
}

void proc_close_input(struct proc *p)
{
    close(p->in);
    p->in = -1;
}

void proc_signal(struct proc *p, int signal_number)
{
    kill(p->pid, signal_number);
}

bool proc_read(struct proc *p)
{
    char bytes[4096];

    if (p->ended)
        return false;
    e2e_wait_readable(p->out, "output");
    ssize_t n = read(p->out, bytes, sizeof(bytes));
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0) /* a terminal nobody has open any more says EIO */
        p->ended = true;
    else
        text_add(&p->got, bytes, (size_t)n);
    return n > 0;
}

void proc_expect(struct proc *p, const char *text)
{
    for (;;) {
        char *found = p->got.len > 0 ? strstr(p->got.data, text) : NULL;
        if (found) {
            text_remove(&p->got, 0,
                        (size_t)(found - p->got.data) + strlen(text));
            return;
        }
        if (!proc_read(p)) {
            struct text errors = {0};
            if (p->err >= 0)
                proc_errors(p, &errors);
            FAIL("it ended without '%s'; the rest was:\n%s\nstderr:\n%s", text,
                 p->got.data ? p->got.data : "",
                 errors.data ? errors.data : "");
        }
    }
}

int proc_end(struct proc *p)
{
    int status = 0;

    if (p->err < 0)
        proc_type(p, ".\n"); /* the mini shell waits for it */
    while (proc_read(p))
        ;
    CHECK(waitpid(p->pid, &status, 0) == p->pid);
    close(p->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int proc_errors(struct proc *p, struct text *text)
{
    char bytes[4096];
    off_t at = 0;
    ssize_t n;
    int lines = 0;

    while ((n = pread(p->err, bytes, sizeof(bytes), at)) > 0) {
        text_add(text, bytes, (size_t)n);
        at += n;
    }
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return lines;
}
