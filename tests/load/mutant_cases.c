/*
 * The verifier against broken relays: each fault must be called by its name,
 * counted exactly where the mutant makes it exact, and nothing else be blamed.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tests/load/e2e.h"

#define SMALL "--conns 20 --room-size 5 --warmup 0.1 --time 0.5 --drain 2 "
/* Long lines: who stops reading is over any bound after a few hundred. */
#define SLOW SMALL "--time 1 --size 384 --slow 0.2 "

#define CHURN SMALL "--time 1 --churn 200 "

enum { BOUNDS = 4 };

/* What a counter may be. */
struct bound {
    const char *counter; /* path in the result; NULL ends the list */
    double min, max;
};

struct mutant {
    const char *server; /* for server_start() */
    const char *load;   /* chat-load's arguments */
    const char *word;   /* how a reason must start; NULL: a valid run */
    struct bound bounds[BOUNDS];
};

/* Zero unless a case says otherwise. */
static const char *const faults[] = {
    "lost",      "gaps",    "duplicates",        "reordered",        "corrupt",
    "misrouted", "refused", "unexpected_closes", "order_violations",
};

static bool is_bounded(const struct mutant *m, const char *counter)
{
    for (int i = 0; i < BOUNDS && m->bounds[i].counter; i++)
        if (strcmp(m->bounds[i].counter, counter) == 0)
            return true;
    return false;
}

static void check_counters(const struct mutant *m, const cJSON *result,
                           const struct outcome *o)
{
    for (int i = 0; i < BOUNDS && m->bounds[i].counter; i++) {
        const struct bound *b = &m->bounds[i];
        double n = result_number(result, b->counter);
        if (n < b->min || n > b->max)
            FAIL("%s is %g, not from %g to %g; %s", b->counter, n, b->min,
                 b->max, o->err);
    }
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (!is_bounded(m, faults[i]) && result_number(result, faults[i]) != 0)
            FAIL("%s is %g, not 0; %s", faults[i],
                 result_number(result, faults[i]), o->err);
}

static void check_verdict(const char *word, const cJSON *result,
                          const struct outcome *o)
{
    const cJSON *reason, *reasons = cJSON_GetObjectItem(result, "reasons");
    bool valid = cJSON_IsTrue(cJSON_GetObjectItem(result, "valid"));
    bool found = !word;

    cJSON_ArrayForEach (reason, reasons)
        found = found || strncmp(reason->valuestring, word ? word : "",
                                 word ? strlen(word) : 0) == 0;
    if (valid != !word || o->status != (word ? 1 : 0) || !found)
        FAIL("valid %d, status %d, reasons not '%s': %s", valid, o->status,
             word ? word : "", o->err);
}

static void run_mutant(const void *arg)
{
    const struct mutant *m = arg;
    struct outcome o;

    cJSON *result = load_run(server_start(m->server, NULL), m->load, &o);
    if (!result)
        FAIL("no result; %s", o.err);
    CHECK(result_number(result, "sent") > 0);
    check_verdict(m->word, result, &o);
    check_counters(m, result, &o);
    cJSON_Delete(result);
}

/*
 * 1,000 messages/s, evenly spaced for 2 s, and half a second in which the relay
 * does nothing: of 2,000 messages 500 waited, evenly between 0 and 500 ms; so
 * 10 % waited 300 ms or more, 1 % 480. A busy machine can only add to that.
 */
#define PAUSED                                                                 \
    "--conns 20 --room-size 5 --warmup 0.1 --time 2 --rate 1000 "              \
    "--arrivals fixed"

#define MUTANT(NAME, ...)                                                      \
    {                                                                          \
        NAME, run_mutant, &(const struct mutant)                               \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

/* A sender that is gone takes along what nobody had read: at most a window. */
#define LOST_WITH_SENDER                                                       \
    {                                                                          \
        "lost", 0, 16                                                          \
    }
#define ANY INFINITY

static const struct e2e_case cases[] = {
    MUTANT("sound", "mutant sound", SMALL, NULL, {{0}}),
    MUTANT("sound, open loop", "mutant sound", SMALL "--rate 2000", NULL,
           {{0}}),
    MUTANT("lose", "mutant lose", SMALL, "lost:", {{"lost", 1, 1}}),
    MUTANT("lose, open loop", "mutant lose", SMALL "--rate 4000",
           "lost:", {{"lost", 1, 1}}),
    MUTANT("duplicate", "mutant duplicate", SMALL,
           "duplicates:", {{"duplicates", 1, 1}}),
    MUTANT("swap", "mutant swap", SMALL,
           "reordered:", {{"reordered", 1, 1}, {"order_violations", 0, 1}}),
    MUTANT("disorder", "mutant disorder", SMALL "--order-check 5",
           "order:", {{"order_violations", 1, 4}}),
    MUTANT("disorder, unchecked", "mutant disorder", SMALL "--order-check 0",
           NULL, {{"order_compared", 0, 0}}),
    MUTANT("the own half first", "mutant halves", SMALL, "order:",
           {{"order_violations", 1, ANY}, {"order_compared", 100, ANY}}),
    MUTANT("one order", "mutant sound", SMALL "--order-check 5", NULL,
           {{"order_compared", 1000, ANY}}),
    MUTANT("one order, two threads, churn, slow", "null",
           SLOW "--order-check 4 --threads 2 --churn 100", NULL,
           {{"order_compared", 1000, ANY}}),
    MUTANT("corrupt", "mutant corrupt", SMALL,
           "corrupt:", {{"corrupt", 1, 1}, {"lost", 1, 1}}),
    MUTANT("echo", "mutant echo", SMALL, "misrouted:", {{"misrouted", 1, 1}}),
    MUTANT("stray", "mutant stray", SMALL, "misrouted:", {{"misrouted", 1, 1}}),
    MUTANT("close", "mutant close", SMALL, "unexpected closes:",
           {{"unexpected_closes", 1, 1}, LOST_WITH_SENDER}),
    MUTANT("reset", "mutant reset", SMALL, "unexpected closes:",
           {{"unexpected_closes", 1, 1}, LOST_WITH_SENDER}),
    MUTANT("hole", "mutant hole", SMALL, "gaps:",
           {{"gaps", 1, 1}, {"unexpected_closes", 1, 1}, LOST_WITH_SENDER}),
    MUTANT("stall", "mutant stall", SMALL, "stalled:", {{"lost", 1, ANY}}),
    MUTANT("pause", "mutant pause", PAUSED, NULL,
           {{"latency_us.p90", 300e3, ANY}, {"latency_us.p99", 480e3, ANY}}),
    MUTANT("deaf", "mutant deaf", SMALL, "lost:", {{"lost", 1, ANY}}),
    MUTANT("refuse", "mutant refuse", SMALL,
           "refused:", {{"refused", 1, 1}, {"lost", 1, 1}}),
    MUTANT("slow, cut off", "mutant sound", SLOW, NULL, {{"slow_cut", 4, 4}}),
    MUTANT("slow, reset", "mutant slow-reset", SLOW, NULL,
           {{"slow_cut", 4, 4}}),
    MUTANT("slow, kept", "null", SLOW, NULL, {{"slow_cut", 0, 0}}),
    MUTANT("slow, with a hole", "mutant slow-hole", SLOW,
           "gaps:", {{"slow_cut", 4, 4}, {"gaps", 1, 1}}),
    MUTANT("lose, two threads", "mutant lose", SMALL "--threads 2",
           "lost:", {{"lost", 1, 1}, {"threads", 2, 2}}),
    MUTANT("close, two threads", "mutant close", SMALL "--threads 2",
           "unexpected closes:",
           {{"unexpected_closes", 1, 1}, LOST_WITH_SENDER}),
    MUTANT("idle", "mutant sound", SMALL "--idle 0.5", NULL,
           {{"idle_conns", 10, 10}}),
    MUTANT("churn", "mutant sound", CHURN, NULL,
           {{"churn.joined", 50, ANY},
            {"churn.vanish", 5, ANY},
            {"churn.half_close", 5, ANY}}),
    MUTANT("churn, open loop", "null", CHURN "--rate 2000 --room-size 10", NULL,
           {{"churn.quit", 5, ANY},
            {"churn.close", 5, ANY},
            {"churn.reset", 5, ANY}}),
    MUTANT("churn, three threads", "mutant sound", CHURN "--threads 3", NULL,
           {{"churn.joined", 50, ANY}}),
    MUTANT("churn, a word lost", "mutant guest-lose 50", CHURN,
           "lost:", {{"lost", 1, 1}}),
    MUTANT("churn, a word twice", "mutant guest-twice 50", CHURN,
           "duplicates:", {{"duplicates", 1, 1}}),
    MUTANT("churn, words swapped", "mutant guest-swap 50", CHURN,
           "reordered:", {{"reordered", 1, 1}, {"order_violations", 0, ANY}}),
    MUTANT("churn, guests miss one", "mutant guest-hole", CHURN,
           "gaps:", {{"gaps", 1, ANY}}),
    MUTANT("churn, deaf at first", "mutant guest-late", CHURN,
           "gaps:", {{"gaps", 1, ANY}}),
    {0},
};

const struct e2e_case *const e2e_lists[] = {cases, load_cases, NULL};
