/*
 * The server killed, or Ctrl-C, in each phase of a run: what was done until
 * then is written and said, with the reason, and the exit status tells.
 *
 * A phase is held open by a server that does not answer what would end it, so
 * that nothing here depends on time.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/harness/harness.h"

#define CROWD "--conns 20 --room-size 5 --events 1 --setup 60 --drain 60 "
#define SHORT CROWD "--warmup 0 --time 0.5"
#define GONE  "unexpected closes: 20 "

enum { CONNS = 20 };

struct phase {
    const char *name;
    const char *server; /* for server_start() */
    const char *load;   /* chat-load's arguments */
    const char *event;  /* the line that says it has begun */
    const char *killed; /* what is said when the server goes; NULL: valid */
    double sent;        /* at least so many messages are accounted for */
};

/* "clos": a worker may not have heard yet that all have joined, and then the
 * run fails with the first close, else it ends with an account of all. */
static const struct phase phases[] = {
    {"register", "stopped", CROWD, "connected ", "was closed while registering",
     0},
    {"join", "mutant no-join", CROWD, "registered ", "was closed while joining",
     0},
    {"hold", "null", CROWD "--hold 600", "joined ", "clos", 0},
    {"warm-up", "null", CROWD "--warmup 600", "warmup ", "clos", 0},
    {"measure", "null", CROWD "--warmup 0.2 --time 600", "measure ", GONE, 1},
    {"drain", "mutant stall", SHORT, "stop ", GONE, 1},
    {"barrier", "mutant no-pong", SHORT, "stop ", GONE, 1},
    {"quit", "mutant no-close", SHORT, "drained ", NULL, 1},
};

static void check_result(const struct phase *p, struct load *l,
                         const char *said)
{
    struct outcome o;
    cJSON *result = load_end(l, &o);

    if (!result)
        FAIL("%s: no result; %s", p->name, o.err);
    const cJSON *valid = cJSON_GetObjectItem(result, "valid");
    const cJSON *reasons = cJSON_GetObjectItem(result, "reasons");
    if (!said && o.status == 1 && strstr(o.err, GONE))
        said = GONE; /* gone before the QUITs were: as true as valid */
    printf("  %-9s exit %d, %.0f sent, %.0f received: %s\n", p->name, o.status,
           result_number(result, "sent"), result_number(result, "received"),
           said ? cJSON_GetArrayItem(reasons, 0)->valuestring : "valid");
    if (o.status != (said ? 1 : 0) || !cJSON_IsBool(valid) ||
        cJSON_IsTrue(valid) != !said || (said && !strstr(o.err, said)))
        FAIL("%s: status %d, not '%s': %s", p->name, o.status,
             said ? said : "valid", o.err);
    CHECK(!strstr(o.out, "verdict      valid") == !!said);
    CHECK(result_number(result, "sent") >= p->sent);
    CHECK(result_number(result, "received") <=
          result_number(result, "expected"));
    cJSON_Delete(result);
}

/* Begins a run and holds it in the phase. */
static void hold(const struct phase *p, struct program *server, struct load *l)
{
    bool stopped = strcmp(p->server, "stopped") == 0;
    char line[256];
    int port = server_start(stopped ? "null" : p->server, server);

    if (stopped) /* the kernel goes on accepting */
        kill(server->pid, SIGSTOP);
    load_start(l, port, p->load);
    program_expect(&l->program, p->event, line);
}

static void check_killed(const void *arg)
{
    const struct phase *p = arg;
    struct program server;
    struct load l;

    hold(p, &server, &l);
    kill_program(&server);
    check_result(p, &l, p->killed);
}

static void check_interrupted(const void *arg)
{
    const struct phase *p = arg;
    struct program server;
    struct load l;

    hold(p, &server, &l);
    kill(l.program.pid, SIGINT);
    check_result(p, &l, p->killed ? "interrupted" : NULL);
    kill_program(&server);
}

/* Nobody accepts, and once the queue is full nobody is let in either. */
static int listen_only(int *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
          listen(fd, 0) == 0 &&
          getsockname(fd, (struct sockaddr *)&sa, &len) == 0);
    *port = ntohs(sa.sin_port);
    return fd;
}

static void check_connecting(int signal_number)
{
    static const struct phase connecting = {.name = "connect"};
    struct pollfd knock = {.events = POLLIN};
    struct load l;
    int port;

    knock.fd = listen_only(&port);
    load_start(&l, port, CROWD);
    CHECK(poll(&knock, 1, -1) == 1);
    if (signal_number)
        kill(l.program.pid, signal_number);
    else
        close(knock.fd);
    check_result(&connecting, &l,
                 signal_number ? "interrupted" : "Connection re");
}

static void check_all(const void *arg)
{
    bool interrupt = arg != NULL;

    check_connecting(interrupt ? SIGINT : 0);
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        (interrupt ? check_interrupted : check_killed)(&phases[i]);
}

const struct e2e_case phase_cases[] = {
    {"the server killed in each phase", check_all, NULL},
    {"Ctrl-C in each phase", check_all, "interrupt"},
    {0},
};
