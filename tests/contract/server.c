/*
 * Starting, stopping and judging the servers of a case. See server.h.
 */
#include "tests/contract/server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/case.h"
#include "tests/contract/files.h"
#include "tests/contract/peer.h"

struct server servers[SERVERS_MAX];
int server_count;

/* In the new process: nothing of the driver may leak into the server. */
_Noreturn static void exec_server(char **argv, int out, int err, int nofile)
{
    const char *all[2 * ARGS_MAX] = {argv[0]};
    size_t n = 1;
    for (const char *const *o = case_options(); *o && n < ARGS_MAX; o++)
        all[n++] = *o;
    while (*++argv)
        all[n++] = *argv;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(127);
    if (nofile > 0) {
        struct rlimit limit = {(rlim_t)nofile, (rlim_t)nofile};
        setrlimit(RLIMIT_NOFILE, &limit);
        /* Root may raise the hard limit again; not without this. */
        prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0);
    }
    execv(all[0], (char **)all);
    dprintf(2, "%s: %s\n", all[0], strerror(errno));
    _exit(127);
}

pid_t server_spawn(const char **argv, int out, int err, int nofile)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        case_broken(errno, "fork");
    if (pid == 0)
        exec_server((char **)argv, out, err, nofile);
    close(out);
    close(err);
    return pid;
}

/* One line of its stdout; fails the case when it ends or hangs instead. */
static void read_ready(struct server *s)
{
    double deadline = case_now_s() + case_wait_s();
    size_t len = 0;
    while (len < sizeof(s->ready) - 1) {
        struct pollfd pfd = {.fd = s->out_fd, .events = POLLIN};
        if (poll(&pfd, 1, 200) == 0) {
            if (case_now_s() > deadline)
                case_fail("expected a ready line, nothing came");
            continue;
        }
        ssize_t n = read(s->out_fd, s->ready + len, 1);
        if (n == 0)
            case_fail("expected a ready line, got its end");
        if (n == 1 && s->ready[len] == '\n')
            break;
        if (n == 1)
            len++;
    }
    s->ready[len] = '\0';
    char *port = strrchr(s->ready, ':');
    char *host = port ? port : s->ready;
    while (host > s->ready && host[-1] != ' ')
        host--;
    if (!port || strncmp(s->ready, "ready ", 6) != 0)
        case_fail("expected \"ready MODEL ADDR:PORT\", got \"%s\"", s->ready);
    if (*host == '[')
        snprintf(s->host, sizeof(s->host), "%.*s", (int)(port - host - 2),
                 host + 1);
    else
        snprintf(s->host, sizeof(s->host), "%.*s", (int)(port - host), host);
    s->port = atoi(port + 1);
}

static struct server *start(const char **argv, int argc, int nofile,
                            const char *const *args)
{
    if (server_count == SERVERS_MAX)
        case_fail("the test itself cannot go on: too many servers");
    int index = server_count++;
    struct server *s = &servers[index];
    snprintf(s->err_path, sizeof(s->err_path), "stderr-%d", index);
    snprintf(s->stats_path, sizeof(s->stats_path), "stats-%d.json", index);
    while (*args && argc < ARGS_MAX - 1)
        argv[argc++] = *args++;
    argv[argc] = NULL;

    int out[2];
    int err =
        open(s->err_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (err < 0 || pipe2(out, O_CLOEXEC) != 0)
        case_broken(errno, "a server's stdout and stderr");
    s->pid = server_spawn(argv, out[1], err, nofile);
    s->out_fd = out[0];
    s->running = true;
    s->pidfd = pidfd_open(s->pid, 0);
    if (s->pidfd < 0)
        case_broken(errno, "pidfd_open");
    fcntl(s->pidfd, F_SETFD, FD_CLOEXEC);
    read_ready(s);
    return s;
}

struct server *server_start(int nofile, const char *const *args)
{
    char stats[32];
    snprintf(stats, sizeof(stats), "stats-%d.json", server_count);
    const char *argv[ARGS_MAX] = {case_binary(), "--port",  "0",  "--name",
                                  SERVER_NAME,   "--stats", stats};
    return start(argv, 7, nofile, args);
}

struct server *server_start_bare(const char *const *args)
{
    const char *argv[ARGS_MAX] = {case_binary()};
    return start(argv, 1, 0, args);
}

int server_wait(struct server *s)
{
    double deadline = case_now_s() + case_wait_s();
    while (s->running) {
        if (peers_pump(NULL, s->pidfd, 200)) {
            waitpid(s->pid, &s->status, 0);
            s->running = false;
            close(s->pidfd);
            close(s->out_fd);
        } else if (case_now_s() > deadline) {
            case_fail("expected the server to end, it still runs after %.0f s",
                      case_wait_s());
        }
    }
    return s->status;
}

rlim_t server_address_space(const struct server *s)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)s->pid);
    char *text = file_read(path, NULL);
    rlim_t pages = (rlim_t)strtoull(text, NULL, 10);
    free(text);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}
