#include "bench/null/setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/args.h"
#include "common/die.h"

const char *argp_program_version = "chat-null " CHAT_VERSION;

enum { KEY_LISTEN = 1, KEY_PORT, KEY_STATS };

static const struct argp_option options[] = {
    {"listen", KEY_LISTEN, "ADDR", 0, "Address to listen on (127.0.0.1)", 0},
    {"port", KEY_PORT, "N", 0, "Port, 0 for any free one (6667)", 0},
    {"stats", KEY_STATS, "FILE", 0,
     "Write statistics as JSON at exit and on SIGUSR1; - is stderr", 0},
    {0},
};

static const char doc[] =
    "The least that still relays: the floor to measure chat servers against."
    "\v"
    "One thread and one level-triggered epoll set; a turn reads each readable "
    "connection once and ends with one send for each that is owed something. "
    "It takes NICK, USER, JOIN (one room a connection), PRIVMSG to that room, "
    "PING and QUIT.\n\n"
    "It leaves out every check, and so is no chat server: nicks may clash, "
    "lines are not measured, nothing is refused, JOIN and QUIT are announced "
    "to nobody else, what a slow reader is owed grows without bound, silent "
    "connections stay for ever, and running out of descriptors ends it.\n\n"
    "Prints 'ready null ADDR:PORT' once it accepts. SIGTERM and SIGINT flush "
    "for at most 2 s, write the statistics and exit 0.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct null_options *opt = state->input;

    switch (key) {
    case KEY_LISTEN: opt->listen = arg; return 0;
    case KEY_PORT:
        opt->port = (int)args_int("--port", "a port", arg, 0, 65535);
        return 0;
    case KEY_STATS: opt->stats = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void null_options_parse(struct null_options *opt, int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .doc = doc};

    die_set_program(argv[0]);
    *opt = (struct null_options){.listen = "127.0.0.1", .port = 6667};
    args_parse(&argp, argc, argv, opt);
}

int null_raise_nofile(void)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
        die_errno(errno, "getrlimit");
    if (lim.rlim_max > (1u << 20))
        lim.rlim_max = 1u << 20; /* the table is indexed by descriptor */
    lim.rlim_cur = lim.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
        die_errno(errno, "cannot raise the descriptor limit to %ju",
                  (uintmax_t)lim.rlim_max);
    return (int)lim.rlim_cur;
}

static void print_bound(int fd, char *bound, size_t size)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        die_errno(errno, "getsockname");
    getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port,
                sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(bound, size, sa.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
}

int null_listen(const struct null_options *opt, char *bound, size_t size)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *ai;
    char port[8];
    int one = 1;

    snprintf(port, sizeof(port), "%d", opt->port);
    if (getaddrinfo(opt->listen, port, &hints, &ai) != 0)
        args_bad("--listen", "an IPv4 or IPv6 address", opt->listen);
    int fd =
        socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die_errno(errno, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, 4096) != 0)
        die_errno(errno, "cannot listen on %s port %d", opt->listen, opt->port);
    freeaddrinfo(ai);
    print_bound(fd, bound, size);
    return fd;
}

uint64_t null_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static long rss_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long size = 0, resident = 0;

    if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int print(FILE *f, const struct null_stats *s)
{
    struct rusage ru;

    getrusage(RUSAGE_SELF, &ru);
    return fprintf(
        f,
        "{\"model\": \"null\", \"version\": \"%s\", \"threads\": 1, "
        "\"uptime_s\": %.3f, \"accepted\": %ju, \"connections\": %ju, "
        "\"messages_in\": %ju, \"deliveries\": %ju, \"bytes_in\": %ju, "
        "\"bytes_out\": %ju, \"reads\": %ju, \"writes\": %ju, "
        "\"eagain\": %ju, \"loop_iterations\": %ju, \"cpu_user_s\": %.6f, "
        "\"cpu_sys_s\": %.6f, \"rss_kib\": %ld, \"max_rss_kib\": %ld, "
        "\"voluntary_switches\": %ld, \"involuntary_switches\": %ld}\n",
        CHAT_VERSION, (double)(null_now_ms() - s->start_ms) / 1e3,
        (uintmax_t)s->accepted, (uintmax_t)s->connections,
        (uintmax_t)s->messages_in, (uintmax_t)s->deliveries,
        (uintmax_t)s->bytes_in, (uintmax_t)s->bytes_out, (uintmax_t)s->reads,
        (uintmax_t)s->writes, (uintmax_t)s->eagain,
        (uintmax_t)s->loop_iterations, seconds(ru.ru_utime),
        seconds(ru.ru_stime), rss_kib(), ru.ru_maxrss, ru.ru_nvcsw,
        ru.ru_nivcsw);
}

int null_stats_write(const struct null_stats *stats, const char *path)
{
    char temp[PATH_MAX];

    if (!path)
        return 0;
    if (strcmp(path, "-") == 0)
        return print(stderr, stats) < 0 ? -EIO : 0;
    snprintf(temp, sizeof(temp), "%s.tmp", path);
    FILE *f = fopen(temp, "we");
    bool bad = !f || print(f, stats) < 0;
    int err = bad ? errno : 0;
    if (f && fclose(f) != 0 && !err)
        err = errno;
    if (!err && rename(temp, path) != 0)
        err = errno;
    if (err)
        fprintf(stderr, "%s: cannot write %s: %s\n", die_program(), path,
                strerror(err));
    return -err;
}
