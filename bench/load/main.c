/*
 * chat-load - a crowd of chat users that counts everything.
 *
 * One thread and one epoll set drive all connections (worker.h); there is
 * nothing to share yet, and the room-by-room ownership that more threads will
 * need is already kept. The main thread is that one thread.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/guest.h"
#include "bench/load/report.h"
#include "bench/load/worker.h"
#include "common/args.h"
#include "common/die.h"

enum { SPARE_DESCRIPTORS = 32 }; /* stdio, epoll, files beside the sockets */

static struct run run;

static void on_signal(int signum)
{
    (void)signum;
    atomic_fetch_add_explicit(&run.interrupts, 1, memory_order_relaxed);
}

static void catch_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal};

    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

static bool answers(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0;

    if (fd >= 0)
        close(fd);
    return yes;
}

/* "localhost" is ::1 and 127.0.0.1, and few servers listen on both: only a name
 * with several addresses is tried out, as that costs the server a connection.
 */
static const struct addrinfo *choose(const struct addrinfo *all)
{
    const struct addrinfo *ai = all;

    while (ai && all->ai_next && !answers(ai))
        ai = ai->ai_next;
    return ai ? ai : all;
}

static void resolve(const struct options *opt)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *ai;
    char port[8];

    snprintf(port, sizeof(port), "%d", opt->port);
    int err = getaddrinfo(opt->host, port, &hints, &ai);
    if (err)
        die(1, "cannot resolve --host %s: %s", opt->host, gai_strerror(err));
    const struct addrinfo *chosen = choose(ai);
    memcpy(&run.addr, chosen->ai_addr, chosen->ai_addrlen);
    run.addr_len = chosen->ai_addrlen;
    snprintf(run.target, sizeof(run.target),
             strchr(opt->host, ':') ? "[%s]:%d" : "%.100s:%d", opt->host,
             opt->port);
    freeaddrinfo(ai);
}

/* Different for each run, so that two can share a server. */
static void name_run(void)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct rng r;

    run.epoch = now_ns();
    rng_seed(&r, run.epoch ^ (uint64_t)getpid() << 32);
    run.id = (uint32_t)rng_next(&r);
    for (int i = 0; i < 3; i++)
        run.tag[i] = digits[rng_below(&r, 36)];
}

static void check_limits(const struct options *opt)
{
    uint32_t ports = sys_local_ports();

    if (ports && opt->conns > ports)
        args_fail("--conns takes at most %u, the local ports of one source "
                  "address (net.ipv4.ip_local_port_range), got %u",
                  ports, opt->conns);
    sys_raise_nofile((uint64_t)opt->conns + guest_places(opt) +
                     SPARE_DESCRIPTORS);
}

int main(int argc, char **argv)
{
    struct options opt;
    struct verdict verdict;

    die_set_program(argv[0]);
    options_parse(&opt, argc, argv);
    check_limits(&opt);
    report_check_path(opt.json);
    report_check_path(opt.hgrm);
    run.opt = &opt;
    resolve(&opt);
    name_run();
    catch_signals();

    struct worker *w = worker_new(&run, 0, opt.conns);
    worker_run(w);

    verdict_judge(&verdict, w);
    for (int i = 0; i < verdict.reason_count; i++)
        fprintf(stderr, "%s: %s\n", die_program(), verdict.reasons[i]);
    int err = report_write(w, &verdict);
    bool valid = verdict.reason_count == 0;
    verdict_clear(&verdict);
    worker_free(w);
    return valid && !err ? 0 : 1;
}
