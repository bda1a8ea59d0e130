/*
 * The mutant table: relays that are sound but for one fault, and what chat-load
 * says of each. tests/load has every fault it knows; here are the ones by which
 * a benchmark is fooled most easily, down to one delivery lost in a million.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

#define FEW "--conns 20 --room-size 5 --warmup 0.1 --time 0.5 --drain 2"
/* 10,500 messages to 99 readers each: 1,039,500 deliveries. In ten rooms, so
 * that a generator which is late does not owe one reader more than the mutant's
 * bound for a slow one. */
#define MILLION                                                                \
    "--conns 1000 --room-size 100 --rate 3000 --schedule fixed --warmup 0.1 "  \
    "--time 3.4 --drain 20"
/* 11,000 deliveries, the 4,000th of them after 0.8 s: in the window. */
#define PACED                                                                  \
    "--conns 20 --room-size 5 --rate 1250 --schedule fixed --warmup 0.2 "      \
    "--time 2"

struct mutant {
    const char *name;    /* what the row is called */
    const char *server;  /* for server_start() */
    const char *load;    /* chat-load's arguments */
    const char *word;    /* how the reason starts; NULL: a valid run */
    const char *counter; /* path in the result that tells, NULL: none */
    double min, max;     /* what it may be */
    double deliveries;   /* at least so many were expected */
};

static const struct mutant mutants[] = {
    {"none", "mutant sound", FEW, NULL, "lost", 0, 0, 500},
    {"lose 1 of 1,000", "mutant lose 1000", FEW, "lost: 1 of ", "lost", 1, 1,
     1000},
    {"lose 1 of 1,000,000", "mutant lose 1000000", MILLION, "lost: 1 of ",
     "lost", 1, 1, 1e6},
    {"duplicate 1 of 1,000", "mutant duplicate 1000", FEW, "duplicates: 1",
     "duplicates", 1, 1, 1000},
    {"swap two of a sender's", "mutant swap", FEW, "reordered: 1", "reordered",
     1, 1, 500},
    {"swap two senders'", "mutant disorder", FEW " --order-check 5",
     "order: ", "order_violations", 1, 4, 500},
    {"stall", "mutant stall", FEW, "stalled: ", "lost", 1, INFINITY, 500},
    {"pause 500 ms", "mutant pause 4000", PACED, NULL, "latency_us.max", 498e3,
     INFINITY, 10000},
    {"close a receiver", "mutant close", FEW, "unexpected closes: 1",
     "unexpected_closes", 1, 1, 500},
    {"reset a receiver", "mutant reset", FEW, "unexpected closes: 1",
     "unexpected_closes", 1, 1, 500},
};

/* The reason that starts with `word`, or the first; NULL: none. */
static const char *find_reason(const cJSON *result, const char *word)
{
    const cJSON *reason, *all = cJSON_GetObjectItem(result, "reasons");

    cJSON_ArrayForEach (reason, all)
        if (strncmp(reason->valuestring, word, strlen(word)) == 0)
            return reason->valuestring;
    all = cJSON_GetArrayItem(all, 0);
    return all ? all->valuestring : NULL;
}

static bool run_mutant(const struct mutant *m)
{
    struct outcome o;
    struct program server;

    cJSON *result = load_run(server_start(m->server, &server), m->load, &o);
    kill_program(&server);
    if (!result)
        FAIL("no result; %s", o.err);
    const char *word = m->word ? m->word : "";
    const char *reason = find_reason(result, word);
    bool valid = cJSON_IsTrue(cJSON_GetObjectItem(result, "valid"));
    double n = result_number(result, m->counter);
    double expected = result_number(result, "expected");
    bool ok =
        valid == !m->word && o.status == (m->word ? 1 : 0) &&
        (!m->word || (reason && strncmp(reason, word, strlen(word)) == 0));
    ok = ok && n >= m->min && n <= m->max && expected >= m->deliveries;
    printf("  %-6s %-25s %10.0f  %4d  %s = %.0f  %s\n", ok ? "ok" : "FAILED",
           m->name, expected, o.status, m->counter, n,
           reason ? reason : "valid");
    cJSON_Delete(result);
    return ok;
}

static void check_mutants(const void *arg)
{
    int failed = 0;

    (void)arg;
    printf("         %-25s %10s  exit  what chat-load says\n", "fault",
           "deliveries");
    for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++)
        failed += !run_mutant(&mutants[i]);
    fflush(stdout);
    if (failed)
        FAIL("%d mutants were not told as they should", failed);
}

const struct e2e_case mutant_table[] = {
    {"mutant table", check_mutants, NULL},
    {0},
};
