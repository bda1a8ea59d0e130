/*
 * chat-peer - starts a server of others so that it can be measured as ours are.
 *
 * See peer.h. It writes no file; once the ready line is out, the process is
 * the peer and nothing else of ours is left.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/peer.h"
#include "bench/run/files.h"
#include "common/args.h"
#include "common/die.h"

const char *argp_program_version = "chat-peer " CHAT_VERSION;

enum {
    KEY_LIST = 1,
    KEY_DESCRIBE,
    KEY_SETTINGS,
    KEY_PORT,
    KEY_THREADS,
    KEY_WARM
};

static const struct argp_option table[] = {
    {"list", KEY_LIST, NULL, 0, "List the peers and whether they can run", 1},
    {"describe", KEY_DESCRIBE, NULL, 0,
     "Print version, settings and caveats, or what is missing, as JSON", 1},
    {"settings", KEY_SETTINGS, NULL, 0,
     "Print the command line and the settings file it would be run with", 1},
    {"port", KEY_PORT, "N", 0, "Port on 127.0.0.1; 0 takes any (6667)", 2},
    {"threads", KEY_THREADS, "N", 0,
     "Worker loops, for a peer that has them (the CPUs it may run on)", 2},
    {"warmup", KEY_WARM, "S", 0,
     "Put it under load until it has used S seconds of CPU time (6 for "
     "netty-java, else 0)",
     2},
    {0},
};

static const char doc[] =
    "Starts PEER (inspircd, netty-java or ngircd) with limits raised and "
    "look-ups off, and prints \"ready PEER ADDR:PORT\" once it has registered "
    "a client. SIGTERM ends it."
    "\v"
    "Exit status: the peer's; 1 if it is not installed or cannot be started; "
    "2 for a bad option.";

struct cli {
    const char *name; /* PEER; NULL: none */
    int port;         /* --port */
    int threads;      /* --threads; 0: not given */
    double warmup_s;  /* --warmup; negative: not given */
    int print;        /* KEY_LIST, KEY_DESCRIBE, KEY_SETTINGS; 0: run it */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli *cli = state->input;

    switch (key) {
    case KEY_LIST:
    case KEY_DESCRIBE:
    case KEY_SETTINGS: cli->print = key; return 0;
    case KEY_PORT:
        cli->port = (int)args_int("--port", "a port", arg, 0, 65535);
        return 0;
    case KEY_THREADS:
        cli->threads =
            (int)args_int("--threads", "a number of threads", arg, 1, 1024);
        return 0;
    case KEY_WARM:
        cli->warmup_s = args_double("--warmup", "seconds", arg, 0, 600);
        return 0;
    case ARGP_KEY_ARG:
        if (cli->name)
            args_fail("takes one peer, got '%s' and '%s'", cli->name, arg);
        cli->name = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void list_peers(const char *data_dir)
{
    const struct peer *p;
    char why[256];

    for (size_t i = 0; (p = peer_at(i)); i++)
        if (peer_check(p, data_dir, why, sizeof(why)) == 0)
            printf("%-12s  %s: can run\n", p->name, p->title);
        else
            printf("%-12s  %s\n", p->name, why);
}

/* Takes `o` over. */
static void print_json(cJSON *o)
{
    char *text = cJSON_Print(o);

    printf("%s\n", text ? text : "{}");
    free(text);
    cJSON_Delete(o);
}

/* For who reads the description: why there is none. */
static void print_missing(const char *why)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "missing", why);
    print_json(o);
}

static void print_settings(const struct launch *l)
{
    char **argv = launch_argv(l, l->port, "FILE");
    char *text = launch_settings(l, l->port);

    for (size_t i = 0; argv[i]; i++)
        printf("%s%s", i ? " " : "", argv[i]);
    printf("\n");
    if (text)
        printf("\n%s", text);
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    free(argv);
    free(text);
}

/* A bad one ends the program with status 2, a missing one with 1. */
static void choose(struct launch *l, const struct cli *cli)
{
    char why[256];

    if (!cli->name)
        args_fail("PEER takes inspircd, netty-java or ngircd, got nothing");
    l->peer = peer_find(cli->name);
    if (!l->peer)
        args_bad("PEER", "inspircd, netty-java or ngircd", cli->name);
    if (cli->threads && !l->peer->threads)
        args_fail("--threads is not for %s, which has one", l->peer->name);
    if (peer_check(l->peer, l->data_dir, why, sizeof(why)) != 0) {
        if (cli->print == KEY_DESCRIBE)
            print_missing(why);
        die(1, "%s", why);
    }
    l->warmup_s = cli->warmup_s < 0 ? l->peer->warmup_s : cli->warmup_s;
}

int main(int argc, char **argv)
{
    const struct argp argp = {.options = table,
                              .parser = parse,
                              .doc = doc,
                              .args_doc = "PEER"};
    struct cli cli = {.port = 6667, .warmup_s = -1};

    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &cli);
    char *bin = file_own_dir();
    char *data = xasprintf("%s/../peers", bin);
    struct launch l = {.bin_dir = bin,
                       .data_dir = data,
                       .port = cli.port,
                       .threads = cli.threads};
    if (cli.print == KEY_LIST) {
        list_peers(data);
    } else {
        choose(&l, &cli);
        if (cli.print == KEY_DESCRIBE)
            print_json(peer_describe(l.peer, l.data_dir));
        else if (cli.print == KEY_SETTINGS)
            print_settings(&l);
        else
            launch_run(&l);
    }
    free(data);
    free(bin);
    if (fflush(stdout) != 0)
        die_errno(errno, "cannot write to standard output");
    return 0;
}
