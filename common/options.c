#include "common/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/args.h"
#include "common/die.h"
#include "common/irc.h"
#include "common/log.h"
#include "common/net.h"
#include "common/thread.h"

const char *argp_program_version = "chat " CHAT_VERSION;

enum {
    /* Descriptors kept free of clients: the standard three, the listener, the
     * signals, a loop or two for each thread, a stats file being written. */
    SPARE_DESCRIPTORS = 16,
    MOTD_MAX = 256 * 1024,
};

enum {
    KEY_LISTEN = 0x100,
    KEY_NAME,
    KEY_THREADS,
    KEY_WORK,
    KEY_SENDQ,
    KEY_BACKLOG,
    KEY_MAX_CLIENTS,
    KEY_PASSWORD,
    KEY_PING,
    KEY_REGISTER,
    KEY_MOTD,
    KEY_STATS,
    KEY_PIN,
};

static const struct argp_option shared_options[] = {
    {"listen", KEY_LISTEN, "ADDR", 0,
     "IPv4 or IPv6 address to listen on (127.0.0.1)", 0},
    {"port", 'p', "N", 0, "Port to listen on; 0 takes any free one (6667)", 0},
    {"name", KEY_NAME, "SERVER", 0, "Name of the server in its lines", 0},
    {"threads", KEY_THREADS, "N", 0, "", 0}, /* doc: the model's */
    {"work", KEY_WORK, "KIND:USEC[@PERCENT]", 0,
     "Simulated cost of each PRIVMSG, outside every lock: spin:USEC burns that "
     "much of the thread's CPU time, sleep:USEC blocks; @1 hits every "
     "hundredth",
     0},
    {"sendq", KEY_SENDQ, "BYTES", 0,
     "What a client may owe before it is cut off as too slow; k, M, G (1M)", 0},
    {"backlog", KEY_BACKLOG, "N", 0, "Listen backlog (4096)", 0},
    {"max-clients", KEY_MAX_CLIENTS, "N", 0,
     "Refuse clients beyond N (what the descriptor limit allows)", 0},
    {"password", KEY_PASSWORD, "S", 0, "Require PASS S of each client", 0},
    {"ping-interval", KEY_PING, "S", 0,
     "PING a client silent for S seconds, close it after as many more (60)", 0},
    {"register-timeout", KEY_REGISTER, "S", 0,
     "Close a client that has not registered after S seconds (30)", 0},
    {"motd", KEY_MOTD, "FILE", 0, "Text to greet clients with", 0},
    {"stats", KEY_STATS, "FILE", 0,
     "Write statistics as JSON at exit and on SIGUSR1; - is stderr", 0},
    {"pin", KEY_PIN, "LIST", 0,
     "Pin the threads to these CPUs in turn, as in 0,2-3", 0},
    {"verbose", 'v', NULL, 0,
     "Log each step, with the name of the thread that runs it", 0},
    {0},
};

enum { N_SHARED = sizeof(shared_options) / sizeof(shared_options[0]) - 1 };

/* What the parser fills in. */
struct parse_state {
    struct server_options *o;
    const struct options_model *model;
};

static const char *checked_address(const char *text)
{
    struct in6_addr a;

    if (inet_pton(AF_INET, text, &a) != 1 && inet_pton(AF_INET6, text, &a) != 1)
        args_bad("--listen", "an IPv4 or IPv6 address", text);
    return text;
}

static const char *checked_name(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > 63 || text[0] == ':' || text[0] == '-' ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789.-_") != len)
        args_bad("--name",
                 "a server name of 1 to 63 letters, digits, '.', '-' and '_'",
                 text);
    return text;
}

static const char *checked_password(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > 256 || strpbrk(text, "\r\n"))
        args_bad("--password", "1 to 256 bytes without line ends", text);
    return text;
}

static char *read_motd(const char *path)
{
    FILE *f = fopen(path, "re");

    if (!f)
        die_errno(errno, "--motd: cannot open '%s'", path);
    char *text = xcalloc(1, MOTD_MAX + 1);
    size_t len = fread(text, 1, MOTD_MAX, f);
    if (ferror(f))
        die_errno(errno, "--motd: cannot read '%s'", path);
    if (len == MOTD_MAX)
        die(1, "--motd takes a file below %d bytes, '%s' is larger", MOTD_MAX,
            path);
    fclose(f);
    return xrealloc(text, len + 1);
}

static error_t parse_shared(int key, char *arg, struct server_options *o)
{
    switch (key) {
    case KEY_LISTEN: o->listen = checked_address(arg); break;
    case 'p': o->port = (int)args_int("--port", "a port", arg, 0, 65535); break;
    case KEY_NAME: o->name = checked_name(arg); break;
    case KEY_THREADS:
        o->threads = (int)args_int("--threads", "a number of threads", arg, 1,
                                   OPTIONS_THREADS_MAX);
        break;
    case KEY_WORK:
        if (work_parse(&o->work, arg) < 0)
            args_bad("--work",
                     "spin:USEC or sleep:USEC, USEC from 0 to 3600000000, and "
                     "@PERCENT above 0 to 100 if not each message",
                     arg);
        break;
    case KEY_SENDQ:
        o->sendq = (size_t)args_bytes("--sendq", "a number of bytes", arg,
                                      4 * IRC_LINE_MAX, 1 << 30);
        break;
    case KEY_BACKLOG:
        o->backlog =
            (int)args_int("--backlog", "a queue length", arg, 1, 65535);
        break;
    case KEY_MAX_CLIENTS:
        o->max_clients = (long)args_int("--max-clients", "a number of clients",
                                        arg, 1, 10000000);
        break;
    case KEY_PASSWORD: o->password = checked_password(arg); break;
    case KEY_PING:
        o->ping_interval = (int)args_int("--ping-interval",
                                         "a number of seconds", arg, 1, 86400);
        break;
    case KEY_REGISTER:
        o->register_timeout =
            (int)args_int("--register-timeout", "a number of seconds", arg, 1,
                          86400);
        break;
    case KEY_MOTD: o->motd = read_motd(arg); break;
    case KEY_STATS: o->stats = arg; break;
    case KEY_PIN:
        if (thread_set_pins(arg) < 0)
            args_bad("--pin", "a list of CPUs such as 0,2-3", arg);
        break;
    case 'v': log_verbose = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct parse_state *p = state->input;
    error_t err = parse_shared(key, arg, p->o);

    if (err != ARGP_ERR_UNKNOWN || !p->model->parser)
        return err;
    state->input = p->model->input;
    err = p->model->parser(key, arg, state);
    state->input = p;
    return err;
}

/* The shared options and the model's in one table. */
static struct argp_option *all_options(const struct options_model *model)
{
    size_t n = 0;

    while (model->options && model->options[n].name)
        n++;
    struct argp_option *all = xcalloc(N_SHARED + n + 1, sizeof(*all));
    memcpy(all, shared_options, N_SHARED * sizeof(*all));
    for (size_t i = 0; i < N_SHARED; i++) {
        if (all[i].key == KEY_THREADS)
            all[i].doc = model->threads_doc;
    }
    if (n > 0)
        memcpy(all + N_SHARED, model->options, n * sizeof(*all));
    return all;
}

/* The cores this process may run on: fewer than there are, under taskset. */
static int usable_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return CPU_COUNT(&set);
}

void options_parse(struct server_options *o, const struct options_model *model,
                   int argc, char **argv)
{
    struct parse_state state = {o, model};
    struct argp argp = {.parser = parse, .doc = model->doc};
    struct argp_option *options = all_options(model);

    die_set_program(argv[0]);
    *o = (struct server_options){
        .listen = "127.0.0.1",
        .port = 6667,
        .name = "chat.local",
        .threads = usable_cores(),
        .sendq = 1024 * 1024,
        .backlog = 4096,
        .max_clients = LONG_MAX,
        .ping_interval = 60,
        .register_timeout = 30,
    };
    argp.options = options;
    args_parse(&argp, argc, argv, &state);
    free(options);

    bool limited = o->max_clients != LONG_MAX;
    long wanted = limited ? o->max_clients + SPARE_DESCRIPTORS : 0;
    o->max_descriptors = net_raise_descriptor_limit(wanted);
    if (limited && o->max_descriptors < wanted)
        log_info("--max-clients %ld: the limit of %ld descriptors allows fewer",
                 o->max_clients, o->max_descriptors);
}
