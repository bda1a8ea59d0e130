/*
 * Becoming a peer. What it needs is arranged in this process, which then
 * executes it: nothing has to be passed on, cleaned up or waited for. Its
 * settings are a file in memory, which ends with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "bench/run/files.h"
#include "common/die.h"
#include "common/net.h"

enum {
    BACKLOG = 4096,        /* as our servers' */
    INHERITED_FD = 3,      /* where systemd's protocol puts the first socket */
    DESCRIPTORS = 1 << 20, /* what our servers ask for */
};

/*
 * A socket bound to the port, listening if the peer inherits it. If it does
 * not, the socket only keeps the port ours until the peer listens on it:
 * with SO_REUSEADDR on both that is allowed, and nobody else is given it.
 */
static int reserve_port(const struct launch *l, int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)l->port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
        (l->peer->socket == PEER_INHERITS && listen(fd, BACKLOG) != 0))
        die_errno(errno, "cannot listen on 127.0.0.1:%d", l->port);
    *port = ntohs(at.sin_port);
    return fd;
}

char *launch_settings(const struct launch *l, int port)
{
    static const char mark[] = "@PORT@";

    if (!l->peer->conf)
        return NULL;
    char *path = xasprintf("%s/%s", l->data_dir, l->peer->conf);
    char *text = file_read(path);
    char *at = text ? strstr(text, mark) : NULL;
    if (at) {
        *at = '\0';
        char *filled = xasprintf("%s%d%s", text, port, at + sizeof(mark) - 1);
        free(text);
        text = filled;
    }
    free(path);
    return text;
}

/* The settings as a file that the peer can open by the name it returns. */
static char *settings_file(const struct launch *l, int port)
{
    if (!l->peer->conf)
        return NULL;
    char *text = launch_settings(l, port);
    int fd = memfd_create("chat-peer", 0);
    size_t len = text ? strlen(text) : 0;

    if (!text || fd < 0 || write(fd, text, len) != (ssize_t)len)
        die_errno(errno, "cannot make the settings of %s", l->peer->name);
    free(text);
    return xasprintf("/proc/self/fd/%d", fd);
}

static int cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

struct args {
    char *v[64];  /* NULL-terminated */
    size_t count; /* without the NULL */
};

static void push(struct args *a, char *word)
{
    if (a->count + 1 == sizeof(a->v) / sizeof(a->v[0]))
        die(1, "too many arguments for a peer");
    a->v[a->count++] = word;
    a->v[a->count] = NULL;
}

/* The collector is the one Java itself takes for so many CPUs. */
static void push_java(struct args *a, const struct launch *l, int port)
{
    char *path = xasprintf("%s/%s", l->data_dir, l->peer->built);
    int cpus = cores();

    push(a, xstrdup(cpus > 1 ? "-XX:+UseG1GC" : "-XX:+UseSerialGC"));
    push(a, xasprintf("-XX:ActiveProcessorCount=%d", cpus));
    for (size_t i = 0; l->peer->needs[i]; i++) {
        char *longer = xasprintf("%s:%s", path, l->peer->needs[i]);
        free(path);
        path = longer;
    }
    push(a, xstrdup("-cp"));
    push(a, path);
    push(a, xstrdup("NettyChat"));
    push(a, xstrdup("--port"));
    push(a, xasprintf("%d", port));
    push(a, xstrdup("--threads"));
    push(a, xasprintf("%d", l->threads ? l->threads : cpus));
}

char **launch_argv(const struct launch *l, int port, const char *conf)
{
    const struct peer *p = l->peer;
    struct args a = {.count = 0};

    push(&a, xstrdup(p->program));
    for (size_t i = 0; p->flags[i]; i++)
        push(&a, xstrdup(p->flags[i]));
    if (p->built)
        push_java(&a, l, port);
    else if (p->socket == PEER_INHERITS) {
        push(&a, xstrdup("-f"));
        push(&a, xstrdup(conf));
    } else {
        push(&a, xasprintf("--config=%s", conf));
    }
    char **v = xcalloc(a.count + 1, sizeof(*v));
    memcpy(v, a.v, a.count * sizeof(*v));
    return v;
}

/*
 * IRC servers refuse to be root. Leaving it here and not in them keeps the
 * signal with which chat-bench's own death ends us: a change of user drops it.
 */
static void leave_root(const struct launch *l)
{
    const struct passwd *nobody = getpwnam("nobody");
    int death_signal = 0;

    if (geteuid() != 0 || !l->peer->conf)
        return;
    if (!nobody)
        die(1, "there is no user nobody to run %s as", l->peer->name);
    prctl(PR_GET_PDEATHSIG, &death_signal);
    if (setgroups(0, NULL) != 0 || setgid(nobody->pw_gid) != 0 ||
        setuid(nobody->pw_uid) != 0)
        die_errno(errno, "cannot become the user nobody");
    prctl(PR_SET_PDEATHSIG, death_signal);
}

/*
 * The process that waits for the peer, twice removed, so that the peer has no
 * child it knows nothing of.
 */
static void start_probe(const struct launch *l, int port)
{
    pid_t pid = getpid();
    int pidfd = pidfd_open(pid, 0);
    pid_t middle = pidfd < 0 ? -1 : fork();

    if (middle == 0) {
        pid_t last = fork();
        if (last == 0)
            probe_run(l, pid, pidfd, port, STDOUT_FILENO);
        _exit(last < 0);
    }
    int status = 1;
    if (middle > 0)
        waitpid(middle, &status, 0);
    if (middle < 0 || status != 0)
        die_errno(errno, "cannot start a process beside %s", l->peer->name);
    close(pidfd);
}

/* As systemd hands a socket over: by number, count, and for whom it is. */
static void hand_over(int fd)
{
    char pid[16];

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (fd == INHERITED_FD ? fcntl(fd, F_SETFD, 0) != 0
                           : dup2(fd, INHERITED_FD) < 0)
        die_errno(errno, "cannot pass the socket on");
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", pid, 1);
}

/* Its chatter goes where its errors go: our stdout is the ready line's. */
static void redirect_stdout(const struct launch *l)
{
    int fd = l->peer->built ? open("/dev/null", O_WRONLY | O_CLOEXEC)
                            : STDERR_FILENO;

    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        die_errno(errno, "cannot redirect the output of %s", l->peer->name);
}

_Noreturn void launch_run(const struct launch *l)
{
    int port;
    /* First of all, so that INHERITED_FD is not in use by another of ours. */
    int fd = reserve_port(l, &port);

    net_raise_descriptor_limit(DESCRIPTORS);
    start_probe(l, port);
    char *conf = settings_file(l, port);
    if (l->peer->socket == PEER_INHERITS)
        hand_over(fd);
    leave_root(l);
    redirect_stdout(l);
    char **argv = launch_argv(l, port, conf);
    execv(argv[0], argv);
    die_errno(errno, "cannot run %s", argv[0]);
}
