/*
 * DESIGN.md's options: what each takes, and the one line a wrong value gets.
 */
#include "tests/contract/contract.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/files.h"
#include "tests/contract/glob.h"

/* Exactly one line on stderr, nothing on stdout, this status. */
static void check_refusal(const struct run *run, int status, const char *what)
{
    CHECK(run->status == status, "%s: expected exit %d, got %d, stderr \"%s\"",
          what, status, run->status, peer_show(run->err));
    char *lf = strchr(run->err, '\n');
    CHECK(lf && lf[1] == '\0', "%s: expected one line on stderr, got \"%s\"",
          what, peer_show(run->err));
    CHECK(*run->out == '\0', "%s: expected nothing on stdout, got \"%s\"", what,
          peer_show(run->out));
}

static void check_names(const struct run *run, const char *word,
                        const char *what)
{
    CHECK(strstr(run->err, word),
          "%s: expected stderr to name \"%s\", got "
          "\"%s\"",
          what, word, peer_show(run->err));
}

static void wrong_values(void)
{
    static const char *const bad[][2] = {
        {"--port", "65536"},
        {"--port", "-1"},
        {"--port", "irc"},
        {"--port", "6667x"},
        {"--port", ""},
        {"--listen", "not-an-address"},
        {"--listen", "1.2.3.4.5"},
        {"--listen", ""},
        {"--name", ""},
        {"--name", "two words"},
        {"--name", "a\nb"},
        {"--threads", "0"},
        {"--threads", "-4"},
        {"--threads", "1025"},
        {"--threads", "99999999999999999999"},
        {"--threads", "many"},
        {"--work", "spin"},
        {"--work", "spin:"},
        {"--work", "spin:-1"},
        {"--work", "spin:1x"},
        {"--work", "spin:10@0"},
        {"--work", "spin:10@101"},
        {"--work", "spin:10@"},
        {"--work", "think:10"},
        {"--work", ""},
        {"--sendq", "0"},
        {"--sendq", "-1"},
        {"--sendq", "big"},
        {"--sendq", "99999999999999999999"},
        {"--backlog", "0"},
        {"--backlog", "x"},
        {"--max-clients", "0"},
        {"--max-clients", "-1"},
        {"--max-clients", "x"},
        {"--ping-interval", "0"},
        {"--ping-interval", "-1"},
        {"--ping-interval", "soon"},
        {"--register-timeout", "0"},
        {"--register-timeout", "-1"},
        {"--register-timeout", "x"},
        {"--pin", "x"},
        {"--pin", "0-"},
        {"--pin", "-1"},
        {"--pin", ""},
        {"--pin", "99999"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char what[128], quoted[64];
        snprintf(what, sizeof(what), "%s '%s'", bad[i][0],
                 peer_show(bad[i][1]));
        struct run run = RUN(bad[i][0], bad[i][1]);
        if (strchr(bad[i][1], '\n')) {
            CHECK(run.status == 2, "%s: expected exit 2, got %d", what,
                  run.status);
        } else {
            check_refusal(&run, 2, what);
            check_names(&run, bad[i][0], what);
            snprintf(quoted, sizeof(quoted), "'%s'", bad[i][1]);
            check_names(&run, quoted, what);
        }
        run_free(&run);
    }
}

static void wrong_words(void)
{
    struct run run = RUN("--bogus");
    check_refusal(&run, 2, "--bogus");
    check_names(&run, "--bogus", "--bogus");
    run_free(&run);
    run = RUN("-Z");
    check_refusal(&run, 2, "-Z");
    run_free(&run);
    run = RUN("--port");
    check_refusal(&run, 2, "--port without a value");
    check_names(&run, "--port", "--port without a value");
    run_free(&run);
    run = RUN("surplus");
    check_refusal(&run, 2, "a word too many");
    check_names(&run, "surplus", "a word too many");
    run_free(&run);
}

/* An option of another model is refused, not ignored; one of this model is
 * held to its range. */
static void options_of_one_model(void)
{
    static const struct {
        const char *option, *model, *good, *bad[3];
    } own[] = {
        {"--workers", "chat-mainsub", "2", {"-1", "1025", "x"}},
        {"--accept", "chat-mainsub", "main", {"thread", "", "x"}},
        {"--business", "chat-netty", "2", {"-1", "1025", "x"}},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        const char *option = own[i].option;
        bool ours = !strcmp(case_server_name(), own[i].model);
        for (int k = 0; k < (ours ? 3 : 1); k++) {
            struct run run = RUN(option, ours ? own[i].bad[k] : own[i].good);
            check_refusal(&run, 2, option);
            check_names(&run, option, option);
            run_free(&run);
        }
    }
}

/* Room for some threads' stacks, not for a thousand: a limit that root is held
 * to as well. */
static void threads_that_cannot_be_started(void)
{
    struct server *s = START("--threads", "7");
    if (stats_get(STATS(s), "threads") != 7)
        return; /* --threads starts none in this model */
    if (server_address_space(s) > (rlim_t)1 << 40)
        SKIP("a sanitizer's shadow leaves no address space to limit");
    STOP(s);
    struct rlimit limit, small;
    getrlimit(RLIMIT_AS, &limit);
    small = limit;
    small.rlim_cur = 512 << 20;
    CHECK(setrlimit(RLIMIT_AS, &small) == 0, "expected setrlimit");
    struct run run = RUN("--port", "0", "--threads", "1000");
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "expected setrlimit");
    CHECK_INT("exit status", run.status, 1);
    CHECK(*run.out == '\0', "expected nothing on stdout, got \"%s\"",
          peer_show(run.out));
    check_names(&run, "cannot start", "1000 threads");
    check_names(&run, strerror(EAGAIN), "1000 threads");
    run_free(&run);
}

static void unreadable_motd(void)
{
    struct run run = RUN("--motd", "no/such/file");
    CHECK(run.status == 1 || run.status == 2,
          "--motd: expected exit 1 or 2, got %d", run.status);
    check_refusal(&run, run.status, "--motd no/such/file");
    check_names(&run, "no/such/file", "--motd");
    check_names(&run, strerror(ENOENT), "--motd");
    run_free(&run);
}

static void port_in_use(void)
{
    struct server *s = START(NULL);
    char port[8], place[32];
    snprintf(port, sizeof(port), "%d", s->port);
    snprintf(place, sizeof(place), "127.0.0.1:%d", s->port);
    struct run run = RUN("--port", port);
    check_refusal(&run, 1, "a port in use");
    check_names(&run, place, "a port in use");
    check_names(&run, strerror(EADDRINUSE), "a port in use");
    run_free(&run);
    QUIET(ENTER(s, "alice"));
}

static void address_not_ours(void)
{
    /* TEST-NET-3: on nobody's interface */
    struct run run = RUN("--listen", "203.0.113.1", "--port", "0");
    check_refusal(&run, 1, "--listen 203.0.113.1");
    check_names(&run, "203.0.113.1", "--listen 203.0.113.1");
    check_names(&run, strerror(EADDRNOTAVAIL), "--listen 203.0.113.1");
    run_free(&run);
}

static void help_usage_version(void)
{
    static const char *const options[] = {"--listen",
                                          "--port",
                                          "--name",
                                          "--threads",
                                          "--work",
                                          "--sendq",
                                          "--backlog",
                                          "--max-clients",
                                          "--password",
                                          "--ping-interval",
                                          "--register-timeout",
                                          "--motd",
                                          "--stats",
                                          "--pin",
                                          "-v",
                                          "--help",
                                          "--usage",
                                          "--version"};
    struct run run = RUN("--help");
    CHECK(run.status == 0 && *run.err == '\0',
          "--help: expected exit 0 and no stderr, got %d", run.status);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        CHECK(strstr(run.out, options[i]), "--help: expected it to name %s",
              options[i]);
    run_free(&run);
    run = RUN("--usage");
    CHECK(run.status == 0 && strstr(run.out, case_server_name()),
          "--usage: expected exit 0 and the name, got %d, \"%s\"", run.status,
          peer_show(run.out));
    run_free(&run);
    run = RUN("--version");
    char *lf = strchr(run.out, '\n');
    CHECK(run.status == 0 && lf && lf[1] == '\0' && strpbrk(run.out, "0123456"),
          "--version: expected exit 0 and one line, got %d, \"%s\"", run.status,
          peer_show(run.out));
    run_free(&run);
}

/* "ready MODEL ADDR:PORT", where the binary is chat-MODEL. */
static void ready_line(void)
{
    struct server *s = START(NULL);
    char want[96];
    const char *model = strchr(case_server_name(), '-');
    CHECK(model, "expected the server to be named chat-MODEL, got %s",
          case_server_name());
    snprintf(want, sizeof(want), "ready %s 127.0.0.1:%d", model + 1, s->port);
    CHECK(!strcmp(s->ready, want), "expected \"%s\", got \"%s\"", want,
          s->ready);
}

static void defaults(void)
{
    struct server *s = START_BARE("--port", "0");
    CHECK(!strcmp(s->host, "127.0.0.1"), "expected 127.0.0.1, got %s", s->host);
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER a 0 * :a");
    EXPECT(p, ":* 001 alice :*");
    SKIP_TO(p, ":* 422 alice :*");
    kill(s->pid, SIGTERM);
    SKIP_TO(p, "ERROR :*");
    CHECK_INT("exit status", server_wait(s), 0);
}

static bool has_ipv6_loopback(void)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void listen_on_ipv6(void)
{
    if (!has_ipv6_loopback())
        SKIP("this machine has no ::1");
    struct server *s = START("--listen", "::1");
    CHECK(!strcmp(s->host, "::1"), "expected ::1, got \"%s\"", s->ready);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    SEND(alice, "PRIVMSG bob :hi");
    /* A host may not begin with a colon: it would read as the text. */
    const char *line = EXPECT(bob, ":alice!~alice@*::1 PRIVMSG bob :hi");
    CHECK(!strstr(line, "@:"),
          "expected a host without a leading colon, got "
          "\"%s\"",
          line);
    SEND(alice, "WHO bob\r\nUSERHOST bob\r\nWHOIS bob");
    EXPECT(alice, ":irc.test 352 alice * ~bob *::1 irc.test bob H* :0 bob");
    EXPECT(alice, ":irc.test 315 *");
    EXPECT(alice, ":irc.test 302 alice :bob=+~bob@*::1*");
    EXPECT(alice, ":irc.test 311 alice bob ~bob *::1 \\* :bob");
}

static void listen_on_another_loopback(void)
{
    struct server *s = START("--listen", "127.0.0.5");
    CHECK(!strcmp(s->host, "127.0.0.5"), "expected 127.0.0.5, got %s", s->host);
    QUIET(ENTER(s, "alice"));
}

static void name_is_the_prefix(void)
{
    struct server *s = START_BARE("--port", "0", "--name", "chat.example.net");
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER a 0 * :a\r\nPING x");
    EXPECT(p, ":chat.example.net 001 alice :*");
    EXPECT(p, ":chat.example.net 002 alice :*chat.example.net*");
    EXPECT(p, ":chat.example.net 003 alice :*");
    EXPECT(p, ":chat.example.net 004 alice chat.example.net *");
    SKIP_TO(p, ":chat.example.net PONG chat.example.net :x");
    kill(s->pid, SIGTERM);
    CHECK_INT("exit status", server_wait(s), 0);
}

/* Whatever the handler costs, everything arrives, in order, and the rest of
 * the protocol works. */
static void work_is_done(void)
{
    static const char *const kinds[] = {"spin:2000", "sleep:2000",
                                        "spin:5000@10", "sleep:5000@1",
                                        "spin:0"};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct server *s = START("--work", kinds[k]);
        struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
        JOIN(alice, "#a");
        JOIN(bob, "#a");
        FENCE(alice);
        for (int i = 0; i < 50; i++)
            SEND(alice, "PRIVMSG #a :%d", i);
        for (int i = 0; i < 50; i++)
            EXPECT(bob, ":alice!* PRIVMSG #a :%d", i);
        ALL_QUIET(alice, bob);
        cJSON *stats = STOP(s);
        CHECK_INT("messages_in", stats_get(stats, "messages_in"), 50);
        if (!strcmp(kinds[k], "spin:2000")) {
            const cJSON *user = cJSON_GetObjectItem(stats, "cpu_user_s");
            const cJSON *sys = cJSON_GetObjectItem(stats, "cpu_sys_s");
            CHECK(cJSON_IsNumber(user) && cJSON_IsNumber(sys) &&
                      user->valuedouble + sys->valuedouble >= 0.099,
                  "spin:2000, 50 times: expected 0.1 s of CPU or more");
        }
        cJSON_Delete(stats);
    }
}

static void threads_and_pin_are_taken(void)
{
    struct server *s =
        START("--threads", "3", "--pin", "0", "--backlog", "10", "--password",
              "x", "--ping-interval", "600", "--register-timeout", "600");
    struct peer *p = CONNECT(s);
    SEND(p, "PASS x");
    REGISTER(p, "alice");
}

static const struct contract_case cases[] = {
    CASE(wrong_values),
    CASE(wrong_words),
    CASE(options_of_one_model),
    CASE(threads_that_cannot_be_started),
    CASE(unreadable_motd),
    CASE(port_in_use),
    CASE(address_not_ours),
    CASE(help_usage_version),
    CASE(ready_line),
    CASE(defaults),
    CASE(listen_on_ipv6),
    CASE(listen_on_another_loopback),
    CASE(name_is_the_prefix),
    CASE(work_is_done),
    CASE(threads_and_pin_are_taken),
};
CONTRACT_SUITE(options)
