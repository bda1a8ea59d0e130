/* chat-load as its user meets it: options, signals, files. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/load/e2e.h"

/* A bad command line: one line that says what is wrong, and status 2. */
struct bad {
    const char *words;
    const char *says;
};

static const struct bad bad[] = {
    {"--slow 0.91", "--slow takes a share from 0 to 0.9, got '0.91'"},
    {"--slow 0.9", "--slow 0.9 leaves fewer than 2 healthy members"},
    {"--slow 0.001", "--slow 0.001 of 100 connections is less than one"},
    {"--slow 0.1 --room-size 2", "--slow 0.1 leaves fewer than 2 healthy"},
    {"--slow 0.1 --hold 1", "--slow has no meaning with --hold"},
    {"--churn -1", "--churn takes a number of connections/s from 0 to 100000"},
    {"--churn 5 --hold 1", "--churn has no meaning with --hold"},
    {"--threads 0", "--threads takes a number of threads from 1 to 1024"},
    {"--threads 11", "--threads takes at most 10, a room for each, got 11"},
    {"--threads 6 --idle 0.5", "at most 5, a room for each that is not idle"},
    {"--order-check 17",
     "--order-check takes a number of members from 0 to 16"},
    {"--source 127.0.0.1/33", "--source takes an address or ADDR/PREFIX, got"},
    {"--source nowhere", "--source takes an address or ADDR/PREFIX, got"},
    {"--conns 200000 --source 127.0.0.2", "more than the"},
    {"--idle 1", "--idle takes a share from 0 to 0.9999, got '1'"},
    {"--idle 0.01", "--idle 0.01 of 10 rooms is less than one room"},
    {"--no-verify --churn 5", "--no-verify has no meaning with --churn"},
    {"--no-verify --slow 0.1", "--no-verify has no meaning with --slow"},
    {"--schedule often", "--arrivals takes poisson or fixed, got 'often'"},
};

static void check_bad(const void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct outcome o;
        cJSON *result = load_run(1, bad[i].words, &o);
        const char *lf = strchr(o.err, '\n');
        if (result || o.status != 2 || !strstr(o.err, bad[i].says) || !lf ||
            lf[1] || o.out[0])
            FAIL("%s: status %d, '%s'", bad[i].words, o.status, o.err);
    }
}

/* Ctrl-C in each phase: what is done is kept, marked as interrupted. */
static void interrupt(const char *phase)
{
    struct outcome o;
    struct load l;
    char line[256];

    load_start(&l, server_start("mutant sound", NULL),
               "--conns 20 --room-size 5 --events 1 --warmup 0.2 --time 600");
    program_expect(&l.program, phase, line);
    kill(l.program.pid, SIGINT);
    cJSON *result = load_end(&l, &o);
    CHECK(result && o.status == 1);
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(result, "valid")));
    CHECK(strstr(o.err, "interrupted"));
    CHECK(result_number(result, "lost") == 0);
    cJSON_Delete(result);
}

static void check_interrupt(const void *arg)
{
    (void)arg;
    interrupt("connected");
    interrupt("warmup");
    interrupt("measure");
}

/* A server that counts for itself must agree, whatever the threads. */
static void check_counts(int threads)
{
    struct program server;
    struct outcome o;
    char stats[] = "/tmp/chat-load-e2e-XXXXXX", words[256];
    int fd = mkstemp(stats);

    CHECK(fd >= 0);
    close(fd);
    snprintf(words, sizeof(words), "null --stats %s", stats);
    int port = server_start(words, &server);
    /* Fixed gaps: how many are intended in the window is no matter of luck. */
    snprintf(words, sizeof(words),
             "--conns 60 --room-size 5 --warmup 0.2 --time 1 --rate 3000 "
             "--arrivals fixed --threads %d",
             threads);
    cJSON *result = load_run(port, words, &o);
    kill(server.pid, SIGTERM);
    program_wait(&server, &(struct outcome){0});
    cJSON *counted = json_take(stats);
    CHECK(result && counted && o.status == 0);
    CHECK(result_number(result, "sent") ==
          result_number(counted, "messages_in"));
    CHECK(result_number(result, "received") ==
          result_number(counted, "deliveries"));
    double timed = result_number(result, "latency_us.count");
    if (fabs(timed - 3000 * 4) > threads * 4)
        FAIL("%g deliveries were timed with %d threads", timed, threads);
    cJSON_Delete(counted);
    cJSON_Delete(result);
}

static void check_threads(const void *arg)
{
    (void)arg;
    check_counts(1);
    check_counts(2);
    check_counts(3);
}

/* How many local addresses have connections to 127.0.0.1:port, and how many
 * connections these are. */
static int source_addresses(int port, int *connections)
{
    static unsigned seen[64];
    unsigned from, to, to_port, state;
    int count = 0;
    char line[256];
    FILE *f = fopen("/proc/net/tcp", "re");

    CHECK(f);
    *connections = 0;
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, " %*d: %x:%*x %x:%x %x", &from, &to, &to_port,
                   &state) != 4 ||
            to_port != (unsigned)port || state != 1)
            continue;
        int i = 0;
        while (i < count && seen[i] != from)
            i++;
        if (i == count && count < 64)
            seen[count++] = from;
        ++*connections;
    }
    fclose(f);
    return count;
}

static void check_source(const void *arg)
{
    struct outcome o;
    struct load l;
    char line[256];
    int connections, port = server_start("null", NULL);

    (void)arg;
    load_start(&l, port,
               "--conns 40 --room-size 5 --source 127.9.8.3/29 --threads 2 "
               "--events 1 --hold 600");
    program_expect(&l.program, "joined", line);
    CHECK(source_addresses(port, &connections) == 5); /* .3 to .7 */
    CHECK(connections == 40);
    kill(l.program.pid, SIGINT);
    cJSON_Delete(load_end(&l, &o));

    /* An address of nobody (RFC 5737). */
    cJSON *result = load_run(port, "--source 192.0.2.1", &o);
    CHECK(o.status == 1 && strstr(o.err, "--source 192.0.2.1: "));
    cJSON_Delete(result);
}

/* A rate that nobody can send: the phases end when they should all the same,
 * what was sent is accounted for, and the generator says it was the limit. */
static void check_saturated(const void *arg)
{
    struct outcome o;

    (void)arg;
    cJSON *result = load_run(server_start("null", NULL),
                             "--conns 20 --room-size 2 --rate 1e8 "
                             "--warmup 0.1 --time 0.3",
                             &o);
    CHECK(result && o.status == 1);
    CHECK(strstr(o.err, "the generator was saturated: "));
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(result, "valid")));
    CHECK(result_number(result, "unsent") > 0.9 * 0.3 * 1e8);
    CHECK(result_number(result, "achieved") <
          result_number(result, "scheduled"));
    CHECK(result_number(result, "lost") == 0);
    CHECK(result_number(result, "messages_per_s") > 0);
    CHECK(result_number(result, "measure_s") >= 0.25);
    cJSON_Delete(result);
}

/* One that it can, in fixed gaps: each message due was sent, and each is timed
 * by each reader, by its first and by its last, and in its second. */
static void check_accounts(const void *arg)
{
    const cJSON *cell;
    struct outcome o;
    double timed = 0;

    (void)arg;
    cJSON *result = load_run(server_start("null", NULL),
                             "--conns 20 --room-size 5 --rate 2000 "
                             "--schedule fixed --warmup 0.1 --time 1.25",
                             &o);
    CHECK(result && o.status == 0);
    double scheduled = result_number(result, "scheduled");
    CHECK(fabs(scheduled - 2500) <= 1);
    CHECK(result_number(result, "unsent") == 0);
    CHECK(result_number(result, "send_lag_us.count") == scheduled);
    CHECK(result_number(result, "latency_us.count") == scheduled * 4);
    CHECK(result_number(result, "uncorrected_us.count") == scheduled * 4);
    CHECK(result_number(result, "first_us.count") == scheduled);
    CHECK(result_number(result, "last_us.count") == scheduled);
    CHECK(result_number(result, "spread_us.count") == scheduled);
    CHECK(result_number(result, "first_us.min") ==
          result_number(result, "latency_us.min"));
    CHECK(result_number(result, "last_us.max") ==
          result_number(result, "latency_us.max"));
    const cJSON *series = cJSON_GetObjectItem(result, "series");
    CHECK(cJSON_GetArraySize(series) == 2);
    cJSON_ArrayForEach (cell, series)
        timed += result_number(cell, "timed");
    CHECK(timed == scheduled * 4);
    cJSON_Delete(result);
}

/* The total at the foot of a spectrum; removes the file. */
static double spectrum_total(const char *dir, const char *name)
{
    char path[256], line[256];
    double total = -1;

    snprintf(path, sizeof(path), "%s/%s.hgrm", dir, name);
    FILE *f = fopen(path, "re");
    if (!f)
        FAIL("there is no %s", path);
    while (fgets(line, sizeof(line), f))
        (void)sscanf(line, "#[Max = %*f, Total count = %lf]", &total);
    fclose(f);
    unlink(path);
    return total;
}

static void check_spectra(const char *words, double deliveries, double lags)
{
    char dir[] = "/tmp/chat-load-e2e-XXXXXX", all[512];
    struct outcome o;

    CHECK(mkdtemp(dir));
    snprintf(all, sizeof(all),
             "--conns 10 --room-size 5 --warmup 0.1 --time 0.3 --hgrm-dir %s "
             "%s",
             dir, words);
    cJSON *result = load_run(server_start("null", NULL), all, &o);
    CHECK(result && o.status == 0);
    double timed = result_number(result, "latency_us.count");
    CHECK(timed > 0 && (deliveries <= 0 || fabs(timed - deliveries) <= 4));
    CHECK(spectrum_total(dir, "corrected") == timed);
    CHECK(spectrum_total(dir, "uncorrected") == timed);
    CHECK(spectrum_total(dir, "first-reader") == timed / 4);
    CHECK(spectrum_total(dir, "last-reader") == timed / 4);
    CHECK(spectrum_total(dir, "spread") == timed / 4);
    CHECK(fabs(spectrum_total(dir, "send-lag") - lags) <= 1);
    CHECK(rmdir(dir) == 0); /* and nothing else is in it */
    cJSON_Delete(result);
}

static void check_all_spectra(const void *arg)
{
    struct outcome o;

    (void)arg;
    check_spectra("--rate 1000 --schedule fixed", 1200, 300);
    check_spectra("--window 2", 0, 0);
    cJSON *result = load_run(1, "--hgrm-dir /nowhere", &o);
    CHECK(!result && o.status != 0);
    CHECK(strstr(o.err, "cannot write /nowhere/corrected.hgrm: "));
}

/* Only counted: a byte changed goes unnoticed, a delivery too many does not. */
static void check_unverified(const void *arg)
{
    static const char words[] =
        "--no-verify --conns 20 --room-size 5 --warmup 0.1 --time 0.3 "
        "--drain 1";
    struct outcome o;

    (void)arg;
    cJSON *result = load_run(server_start("mutant corrupt", NULL), words, &o);
    CHECK(result && o.status == 0);
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(result, "verified")));
    CHECK(strstr(o.out, "not verified"));
    cJSON_Delete(result);
    result = load_run(server_start("mutant duplicate", NULL), words, &o);
    CHECK(result && o.status == 1 && strstr(o.err, "1 more than were sent"));
    cJSON_Delete(result);
    result = load_run(server_start("mutant close", NULL), words, &o);
    CHECK(result && o.status == 1 && strstr(o.err, "a connection was closed"));
    cJSON_Delete(result);
}

const struct e2e_case load_cases[] = {
    {"bad options", check_bad, NULL},
    {"interrupted", check_interrupt, NULL},
    {"source addresses", check_source, NULL},
    {"the server counts the same", check_threads, NULL},
    {"a rate beyond the generator", check_saturated, NULL},
    {"what is due is accounted for", check_accounts, NULL},
    {"all spectra", check_all_spectra, NULL},
    {"unverified", check_unverified, NULL},
    {0},
};
