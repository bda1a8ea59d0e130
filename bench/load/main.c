/*
 * chat-load - a crowd of chat users that counts everything.
 *
 * Each worker thread drives whole rooms with an epoll set of its own
 * (worker.h); the main thread leads them through the run (director.h), sums
 * what they have counted (total.h), judges and reports it (report.h).
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/crowd.h"
#include "bench/load/director.h"
#include "bench/load/guest.h"
#include "bench/load/report.h"
#include "bench/load/total.h"
#include "bench/load/worker.h"
#include "common/args.h"
#include "common/die.h"

enum { SPARE_DESCRIPTORS = 32 }; /* stdio, files; two more for each worker */

static struct run run;

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
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_family = opt->source.family};
    struct addrinfo *ai;
    char port[8];

    snprintf(port, sizeof(port), "%d", opt->port);
    int err = getaddrinfo(opt->host, port, &hints, &ai);
    if (err)
        die(1, "cannot resolve --host %s%s: %s", opt->host,
            opt->source.family ? " to an address of --source's kind" : "",
            gai_strerror(err));
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
    uint64_t places = (uint64_t)opt->conns + guest_places(opt);
    uint64_t addresses = opt->source.count ? opt->source.count : 1;
    uint32_t ports = sys_local_ports();

    if (ports && places > ports * addresses)
        args_fail("%ju connections%s are more than the %ju local ports of %ju "
                  "source address%s (net.ipv4.ip_local_port_range); --source "
                  "takes more addresses",
                  (uintmax_t)places, opt->churn > 0 ? ", guests included," : "",
                  (uintmax_t)(ports * addresses), (uintmax_t)addresses,
                  addresses > 1 ? "es" : "");
    sys_raise_nofile(places + opt->threads * 2 + SPARE_DESCRIPTORS);
}

/* Whole rooms for each, as many as fall to it. */
static struct worker **make_workers(const struct options *opt)
{
    struct worker **workers = xcalloc(opt->threads, sizeof(struct worker *));

    for (uint32_t i = 0; i < opt->threads; i++) {
        uint32_t first = crowd_dealt(opt->rooms, opt->threads, i);
        uint32_t next = crowd_dealt(opt->rooms, opt->threads, i + 1);
        workers[i] = worker_new(&run, i, first, next - first);
    }
    return workers;
}

int main(int argc, char **argv)
{
    struct options opt;
    struct director director;
    struct verdict verdict;

    die_set_program(argv[0]);
    options_parse(&opt, argc, argv);
    check_limits(&opt);
    report_check_paths(&opt);
    run.opt = &opt;
    resolve(&opt);
    name_run();
    signal(SIGPIPE, SIG_IGN);

    struct worker **workers = make_workers(&opt);
    director_run(&director, &run, workers, opt.threads);
    struct total *total = total_new(&director);
    for (uint32_t i = 0; i < opt.threads; i++)
        worker_free(workers[i]);
    free(workers);

    verdict_judge(&verdict, total);
    for (int i = 0; i < verdict.reason_count; i++)
        fprintf(stderr, "%s: %s\n", die_program(), verdict.reasons[i]);
    int err = report_write(total, &verdict);
    bool valid = verdict.reason_count == 0;
    verdict_clear(&verdict);
    total_free(total);
    return valid && !err ? 0 : 1;
}
