/*
 * The process beside a starting peer. It asks as a client would, because an
 * open port says nothing: InspIRCd accepts, and registers a second later.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "bench/run/child.h"
#include "common/die.h"

enum {
    GUARD_MS = 40000, /* only a hang comes to it */
    RETRY_MS = 20,    /* between connects, until it listens */
    REPLY_MAX = 8192  /* of a welcome; what is beyond is of no interest */
};

struct probe {
    const struct launch *launch; /* what was started */
    pid_t pid;                   /* it */
    int pidfd;                   /* likewise */
    int port;                    /* where it will be */
    int64_t until_ms;            /* give up then */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The peer has nobody else to end it if it was started by hand. */
static _Noreturn void give_up(const struct probe *p, const char *why)
{
    fprintf(stderr, "%s: %s %s\n", die_program(), p->launch->peer->name, why);
    pidfd_send_signal(p->pidfd, SIGTERM, NULL, 0);
    _exit(1);
}

/*
 * Waits for `events` on `fd` (-1: none), at most `ms`; true if they came. Ends
 * the process with the peer, which says itself why it ended, and at the guard.
 */
static bool await(const struct probe *p, int fd, short events, int64_t ms)
{
    struct pollfd fds[] = {{.fd = p->pidfd, .events = POLLIN},
                           {.fd = fd, .events = events}};
    int64_t left = p->until_ms - now_ms();

    if (left <= 0)
        give_up(p, "did not register a client in time");
    int n = poll(fds, 2, (int)(ms < left ? ms : left));
    if (fds[0].revents)
        _exit(1);
    return n > 0 && fds[1].revents;
}

static int connect_once(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Reads until `text` was seen (NULL: the end). False if the end comes first. */
static bool read_until(const struct probe *p, int fd, const char *text)
{
    char reply[REPLY_MAX];
    size_t len = 0;

    for (;;) {
        if (!await(p, fd, POLLIN, GUARD_MS))
            continue;
        ssize_t n = recv(fd, reply + len, sizeof(reply) - 1 - len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return !text;
        len += (size_t)n;
        reply[len] = '\0';
        if (text && strstr(reply, text))
            return true;
        if (!text || len == sizeof(reply) - 1)
            len = 0;
    }
}

/* One client comes, is welcomed and leaves. */
static void register_once(const struct probe *p)
{
    static const char hello[] = "NICK probe\r\nUSER probe 0 * :probe\r\n";
    static const char bye[] = "QUIT\r\n";
    int fd;

    while ((fd = connect_once(p->port)) < 0)
        await(p, -1, 0, RETRY_MS);
    if (send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) < 0 ||
        !read_until(p, fd, " 001 "))
        give_up(p, "closed a client that wanted to register");
    if (send(fd, bye, sizeof(bye) - 1, MSG_NOSIGNAL) > 0)
        read_until(p, fd, NULL);
    close(fd);
}

/* All cores but the peer's; all if it may use each. */
static void other_cores(cpu_set_t *set)
{
    cpu_set_t own;
    bool any = false;
    size_t count = (size_t)sysconf(_SC_NPROCESSORS_ONLN);

    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof(own), &own) != 0)
        CPU_ZERO(&own);
    for (size_t i = 0; i < count && i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &own))
            continue;
        CPU_SET(i, set);
        any = true;
    }
    if (!any)
        *set = own;
}

/* One chat-load against the peer; ends the process if that goes wrong. */
static void load_once(const struct probe *p, const cpu_set_t *cpus)
{
    char *program = xasprintf("%s/chat-load", p->launch->bin_dir);
    char *port = xasprintf("%d", p->port);
    char *argv[] = {program,       "--port", port,       "--conns", "200",
                    "--room-size", "10",     "--window", "4",       "--warmup",
                    "0",           "--time", "2",        NULL};
    struct child_spec spec = {
        .argv = argv, .cpus = cpus, .out_fd = -1, .err_fd = -1, .pass_fd = -1};
    struct child c;

    if (child_start(&c, &spec) != 0)
        give_up(p, "cannot be warmed up: chat-load does not run");
    while (!child_reap(&c))
        await(p, c.pidfd, POLLIN, GUARD_MS);
    if (!child_succeeded(&c))
        give_up(p, "failed while it was warmed up");
    child_stop(&c, 0);
    free(port);
    free(program);
}

/*
 * The load that a just-in-time compiler wants to see first, until the peer has
 * spent that much CPU time: on a busy machine a while by the clock would be
 * less of it.
 */
static void warm_up(struct probe *p)
{
    struct timespec used = {0};
    clockid_t clock;
    cpu_set_t cpus;

    /* A tenth of a core is little enough; then one load more, at most. */
    p->until_ms = now_ms() + (int64_t)(p->launch->warmup_s * 10000) + GUARD_MS;
    other_cores(&cpus);
    if (clock_getcpuclockid(p->pid, &clock) != 0)
        give_up(p, "has no CPU clock");
    do {
        load_once(p, &cpus);
        if (clock_gettime(clock, &used) != 0)
            _exit(1);
        if (now_ms() > p->until_ms - GUARD_MS)
            give_up(p, "got too little CPU time to be warmed up: the machine "
                       "is busy");
    } while ((double)used.tv_sec < p->launch->warmup_s);
}

_Noreturn void probe_run(const struct launch *l, pid_t pid, int pidfd, int port,
                         int out)
{
    struct probe p = {.launch = l,
                      .pid = pid,
                      .pidfd = pidfd,
                      .port = port,
                      .until_ms = now_ms() + GUARD_MS};

    register_once(&p);
    if (l->warmup_s > 0)
        warm_up(&p);
    if (dprintf(out, "ready %s 127.0.0.1:%d\n", l->peer->name, port) < 0)
        give_up(&p, "is ready, but nobody reads it");
    _exit(0);
}
