#include "bench/load/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "bench/load/order.h"
#include "bench/load/payload.h"
#include "bench/load/steady.h"
#include "common/args.h"
#include "common/die.h"

const char *argp_program_version = "chat-load " CHAT_VERSION;

enum {
    KEY_HOST = 1,
    KEY_PORT,
    KEY_PASSWORD,
    KEY_SOURCE,
    KEY_CONNS,
    KEY_ROOMS,
    KEY_ROOM_SIZE,
    KEY_SENDERS,
    KEY_IDLE,
    KEY_SLOW,
    KEY_CHURN,
    KEY_WINDOW,
    KEY_RATE,
    KEY_ARRIVALS,
    KEY_SIZE,
    KEY_WARMUP,
    KEY_TIME,
    KEY_HOLD,
    KEY_DRAIN,
    KEY_SETUP,
    KEY_SEED,
    KEY_THREADS,
    KEY_ORDER_CHECK,
    KEY_NO_VERIFY,
    KEY_CONNECT_WINDOW,
    KEY_JSON,
    KEY_HGRM,
    KEY_HGRM_DIR,
    KEY_EVENTS
};

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "The server:", 1},
    {"host", KEY_HOST, "ADDR", 0, "Server's address or name (127.0.0.1)", 1},
    {"port", KEY_PORT, "N", 0, "Server's port (6667)", 1},
    {"password", KEY_PASSWORD, "TEXT", 0, "Send PASS TEXT first", 1},
    {"source", KEY_SOURCE, "ADDR[/PREFIX]", 0,
     "Connect from ADDR and those after it in the prefix, in turn; each has "
     "some 28,000 ports (what the kernel chooses)",
     1},
    {NULL, 0, NULL, 0, "The crowd:", 2},
    {"conns", KEY_CONNS, "N", 0, "Connections, a multiple of --room-size (100)",
     2},
    {"rooms", KEY_ROOMS, "R", 0, "Rooms, in place of --conns", 2},
    {"room-size", KEY_ROOM_SIZE, "K", 0, "Members of each room (10)", 2},
    {"senders", KEY_SENDERS, "S", 0,
     "Members of each room that speak, in turn (all)", 2},
    {"idle", KEY_IDLE, "SHARE", 0,
     "This share of the rooms, and so of the connections, exchanges nothing "
     "(0)",
     2},
    {"slow", KEY_SLOW, "SHARE", 0,
     "This share of the members of the other rooms never speaks and stops "
     "reading for the measured window (0)",
     2},
    {"churn", KEY_CHURN, "RATE", 0,
     "Besides, RATE connections/s come, join one of these rooms, talk a little "
     "and leave in turn by QUIT, close, RST, half-close, or stop reading and "
     "vanish (0)",
     2},
    {"connect-window", KEY_CONNECT_WINDOW, "N", 0,
     "At most N connections (and then JOINs) awaiting the server's answer "
     "(256)",
     2},
    {"setup", KEY_SETUP, "S", 0,
     "Give up after S seconds without progress in setting up (60)", 2},
    {NULL, 0, NULL, 0, "The load:", 3},
    {"window", KEY_WINDOW, "W", 0,
     "Closed loop: W messages in flight in each room (4)", 3},
    {"rate", KEY_RATE, "R", 0, "Open loop: R messages/s in all", 3},
    {"arrivals", KEY_ARRIVALS, "KIND", 0,
     "Open loop: poisson or fixed gaps (poisson)", 3},
    {"schedule", 0, NULL, OPTION_ALIAS, NULL, 3},
    {"size", KEY_SIZE, "BYTES", 0, "Payload of a message, 64 to 384 (64)", 3},
    {"warmup", KEY_WARMUP, "S", 0,
     "Seconds of load before measuring (1); auto: until the rate is steady, at "
     "most 10 s; auto:S: at most S",
     3},
    {"time", KEY_TIME, "S", 0, "Seconds measured (5)", 3},
    {"drain", KEY_DRAIN, "S", 0,
     "Give up on what is missing after S seconds in which nothing came (10)",
     3},
    {"order-check", KEY_ORDER_CHECK, "N", 0,
     "Members of each room, drawn by the seed, whose views of the room's order "
     "are compared, 0 to 16 (2)",
     3},
    {"no-verify", KEY_NO_VERIFY, NULL, 0,
     "Only count what comes, to learn what verifying costs", 3},
    {"seed", KEY_SEED, "N", 0, "Seed of the random schedule (1)", 3},
    {"threads", KEY_THREADS, "N", 0,
     "Generator threads; each has whole rooms of its own (1)", 3},
    {"hold", KEY_HOLD, "S", 0,
     "After joining send nothing for S seconds and quit", 3},
    {NULL, 0, NULL, 0, "The result:", 4},
    {"json", KEY_JSON, "FILE", 0, "Write the result as JSON; - is stdout", 4},
    {"hgrm", KEY_HGRM, "FILE", 0,
     "Write the latency spectrum in HdrHistogram's text format", 4},
    {"hgrm-dir", KEY_HGRM_DIR, "DIR", 0,
     "Write all six spectra, in microseconds, into this folder: "
     "corrected.hgrm (from the instant intended), uncorrected.hgrm (from the "
     "send), send-lag.hgrm, first-reader.hgrm, last-reader.hgrm, spread.hgrm",
     4},
    {"events", KEY_EVENTS, "FD", 0,
     "Write one line for each phase entered on this descriptor", 4},
    {0},
};

static const char doc[] =
    "Loads an IRC server with room messages, checks every delivery, and "
    "reports its latency."
    "\v"
    "Closed loop (--window): each room keeps W messages in flight; a message "
    "is complete when its last reader has it. Open loop (--rate): messages "
    "leave at drawn instants whatever the server does, none is skipped, and "
    "latency counts from the instant intended.\n\n"
    "Every receiver checks every message: exactly once, in its sender's "
    "order, unchanged. At the end all that was sent must have arrived. All "
    "members of a room must see one order of its messages; a sample of them "
    "(--order-check) is compared.\n\n"
    "Who stops reading by design (--slow) is neither timed nor waited for. "
    "The server may cut it off (slow_cut); what it holds then must be all up "
    "to there. If it was not, it reads on after the window, and must get the "
    "rest.\n\n"
    "Exit status: 0 for a valid run without loss, 1 otherwise with the "
    "reasons on stderr, 2 for a bad option. Ctrl-C stops sending, drains "
    "shortly and writes the result as invalid; twice ends at once.";

static error_t parse_crowd(int key, char *arg, struct options *opt)
{
    switch (key) {
    case KEY_CONNS:
        opt->conns = (uint32_t)args_int("--conns", "a number of connections",
                                        arg, 2, 10000000);
        return 0;
    case KEY_ROOMS:
        opt->rooms =
            (uint32_t)args_int("--rooms", "a number of rooms", arg, 1, 5000000);
        return 0;
    case KEY_ROOM_SIZE:
        opt->room_size =
            (uint32_t)args_int("--room-size", "a number of members", arg, 2,
                               100000);
        return 0;
    case KEY_SENDERS:
        opt->senders = (uint32_t)args_int("--senders", "a number of senders",
                                          arg, 1, 100000);
        return 0;
    case KEY_IDLE:
        opt->idle = args_double("--idle", "a share", arg, 0, 0.9999);
        return 0;
    case KEY_SLOW:
        opt->slow = args_double("--slow", "a share", arg, 0, 0.9);
        return 0;
    case KEY_CHURN:
        opt->churn =
            args_double("--churn", "a number of connections/s", arg, 0, 100000);
        return 0;
    case KEY_CONNECT_WINDOW:
        opt->connect_window =
            (uint32_t)args_int("--connect-window", "a number of connections",
                               arg, 1, 100000);
        return 0;
    case KEY_SETUP:
        opt->setup_s =
            args_double("--setup", "a number of seconds", arg, 0.1, 86400);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void parse_warmup(const char *arg, struct options *opt)
{
    const char *takes = "a number of seconds, auto, or auto:SECONDS";

    opt->warmup_auto = strncmp(arg, "auto", 4) == 0;
    if (!opt->warmup_auto)
        opt->warmup_s = args_double("--warmup", takes, arg, 0, 86400);
    else if (!arg[4])
        opt->warmup_s = STEADY_MAX_S;
    else if (arg[4] == ':')
        opt->warmup_s = args_double("--warmup", takes, arg + 5, 1, 86400);
    else
        args_bad("--warmup", takes, arg);
}

static error_t parse_load(int key, char *arg, struct options *opt)
{
    switch (key) {
    case KEY_WINDOW:
        opt->window =
            (uint32_t)args_int("--window", "a number of messages in flight",
                               arg, 1, 65536);
        return 0;
    case KEY_RATE:
        opt->rate =
            args_double("--rate", "a number of messages/s", arg, 0.001, 1e8);
        return 0;
    case KEY_ARRIVALS:
        if (strcmp(arg, "poisson") != 0 && strcmp(arg, "fixed") != 0)
            args_bad("--arrivals", "poisson or fixed", arg);
        opt->poisson = arg[0] == 'p';
        return 0;
    case KEY_SIZE:
        opt->size = (uint32_t)args_int("--size", "a number of payload bytes",
                                       arg, PAYLOAD_MIN, PAYLOAD_MAX);
        return 0;
    case KEY_WARMUP: parse_warmup(arg, opt); return 0;
    case KEY_TIME:
        opt->measure_s =
            args_double("--time", "a number of seconds", arg, 0.01, 86400);
        return 0;
    case KEY_DRAIN:
        opt->drain_s =
            args_double("--drain", "a number of seconds", arg, 0.1, 86400);
        return 0;
    case KEY_HOLD:
        opt->hold_s =
            args_double("--hold", "a number of seconds", arg, 0, 86400);
        return 0;
    case KEY_NO_VERIFY: opt->no_verify = true; return 0;
    case KEY_ORDER_CHECK:
        opt->order_check =
            (uint32_t)args_int("--order-check", "a number of members", arg, 0,
                               ORDER_SAMPLE_MAX);
        return 0;
    case KEY_THREADS:
        opt->threads = (uint32_t)args_int("--threads", "a number of threads",
                                          arg, 1, 1024);
        return 0;
    case KEY_SEED:
        opt->seed = (uint64_t)args_int("--seed", "a number", arg, 0, INT64_MAX);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *opt = state->input;

    switch (key) {
    case KEY_HOST: opt->host = arg; return 0;
    case KEY_PORT:
        opt->port = (int)args_int("--port", "a port", arg, 1, 65535);
        return 0;
    case KEY_PASSWORD:
        if (strpbrk(arg, "\r\n") || strlen(arg) > 400 || !*arg)
            args_bad("--password", "a line of 1 to 400 bytes", arg);
        opt->password = arg;
        return 0;
    case KEY_SOURCE:
        if (source_parse(&opt->source, arg) != 0)
            args_bad("--source", "an address or ADDR/PREFIX", arg);
        return 0;
    case KEY_JSON: opt->json = arg; return 0;
    case KEY_HGRM: opt->hgrm = arg; return 0;
    case KEY_HGRM_DIR: opt->hgrm_dir = arg; return 0;
    case KEY_EVENTS:
        opt->events_fd =
            (int)args_int("--events", "an open descriptor", arg, 0, 1 << 20);
        if (fcntl(opt->events_fd, F_GETFD) < 0)
            args_bad("--events", "an open descriptor", arg);
        return 0;
    default: break;
    }
    error_t err = parse_crowd(key, arg, opt);
    return err == ARGP_ERR_UNKNOWN ? parse_load(key, arg, opt) : err;
}

static void check_crowd(struct options *opt)
{
    uint32_t k = opt->room_size;

    if (!opt->conns && !opt->rooms)
        opt->rooms = k <= 100 ? 100 / k : 1;
    if (!opt->rooms) {
        opt->rooms = opt->conns / k;
        if (opt->conns % k != 0)
            args_fail("--conns takes a multiple of --room-size %u, got %u", k,
                      opt->conns);
    }
    uint64_t conns = (uint64_t)opt->rooms * k;
    if (conns > 10000000)
        args_fail("--rooms %u of --room-size %u make %ju connections; at most "
                  "10000000 are taken",
                  opt->rooms, k, (uintmax_t)conns);
    if (opt->conns && opt->conns != conns)
        args_fail("--conns %u clashes with --rooms %u x --room-size %u",
                  opt->conns, opt->rooms, k);
    opt->conns = (uint32_t)conns;
    if (!opt->senders)
        opt->senders = k;
    if (opt->senders > k)
        args_fail("--senders takes at most --room-size %u, got %u", k,
                  opt->senders);
}

/* Whole rooms are idle, at most the share; of the rest the slow are dealt out
 * evenly, and two healthy members are left in each room to talk. */
static void check_shares(struct options *opt)
{
    uint32_t k = opt->room_size;

    if (opt->hold_s >= 0 && (opt->idle > 0 || opt->slow > 0 || opt->churn > 0))
        args_fail("--%s has no meaning with --hold, which sends nothing",
                  opt->idle > 0 ? "idle" : (opt->slow > 0 ? "slow" : "churn"));
    if (opt->no_verify && (opt->slow > 0 || opt->churn > 0))
        args_fail("--no-verify has no meaning with --%s: whoever leaves must "
                  "be verified",
                  opt->slow > 0 ? "slow" : "churn");
    if (opt->no_verify)
        opt->order_check = 0;
    opt->idle_rooms = (uint32_t)(opt->idle * opt->rooms + 1e-6);
    if (opt->idle > 0 && opt->idle_rooms == 0)
        args_fail("--idle %g of %u rooms is less than one room", opt->idle,
                  opt->rooms);
    uint32_t busy = opt->rooms - opt->idle_rooms;
    if (opt->threads > busy)
        args_fail("--threads takes at most %u, a room for each%s, got %u", busy,
                  opt->idle_rooms ? " that is not idle" : "", opt->threads);
    opt->slow_conns = (uint32_t)(opt->slow * busy * k + 0.5);
    if (opt->slow > 0 && opt->slow_conns == 0)
        args_fail("--slow %g of %u connections is less than one", opt->slow,
                  busy * k);
    if (opt->slow_conns > (uint64_t)busy * (k - 2))
        args_fail("--slow %g leaves fewer than 2 healthy members in rooms of "
                  "%u: it takes at most %.4g there",
                  opt->slow, k, (double)(k - 2) / k);
}

void options_parse(struct options *opt, int argc, char **argv)
{
    const struct argp argp = {.options = table, .parser = parse, .doc = doc};

    *opt = (struct options){.host = "127.0.0.1",
                            .port = 6667,
                            .room_size = 10,
                            .poisson = true,
                            .size = PAYLOAD_MIN,
                            .warmup_s = 1,
                            .measure_s = 5,
                            .hold_s = -1,
                            .drain_s = 10,
                            .setup_s = 60,
                            .seed = 1,
                            .threads = 1,
                            .order_check = 2,
                            .connect_window = 256,
                            .events_fd = -1};
    args_parse(&argp, argc, argv, opt);
    if (opt->window && opt->rate > 0)
        args_fail("--window (closed loop) and --rate (open loop) exclude each "
                  "other");
    if (!opt->window && opt->rate <= 0)
        opt->window = 4;
    check_crowd(opt);
    check_shares(opt);
}
