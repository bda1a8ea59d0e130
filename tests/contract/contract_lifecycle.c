/*
 * A server's life: signals, shutdown while busy, stats, log, thread names.
 */
#include "tests/contract/contract.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/files.h"
#include "tests/contract/room.h"

static void signal_says_goodbye(int sig)
{
    struct server *s = START(NULL);
    struct peer *p[3], *unregistered = CONNECT(s);
    ROOM_FILL(p, 3, s, "u", "#a");
    FENCE(unregistered);
    kill(s->pid, sig);
    for (int i = 0; i < 3; i++) {
        EXPECT(p[i], "ERROR :Server shutting down");
        EXPECT_CLOSE(p[i]);
    }
    EXPECT(unregistered, "ERROR :Server shutting down");
    EXPECT_CLOSE(unregistered);
    CASE_AT;
    cJSON *stats = server_ended(s);
    CHECK_INT("closed.shutdown", stats_get(stats, "closed.shutdown"), 4);
    CHECK_INT("connections", stats_get(stats, "connections"), 0);
}

static void sigterm_says_goodbye(void)
{
    signal_says_goodbye(SIGTERM);
}

static void sigint_says_goodbye(void)
{
    signal_says_goodbye(SIGINT);
}

static void second_signal_does_no_harm(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    for (int i = 0; i < 10; i++) {
        kill(s->pid, SIGTERM);
        kill(s->pid, SIGINT);
    }
    EXPECT(p, "ERROR :Server shutting down");
    EXPECT_CLOSE(p);
    CASE_AT;
    server_ended(s);
}

/* What was relayed before arrives before the ERROR, without a gap, and nothing
 * behind it; one member never reads, which may cost the flush's 2 s but no
 * more. */
static void sigterm_while_busy(void)
{
    enum { MEMBERS = 20, TALKERS = 4 };
    struct server *s = START(NULL);
    struct peer *p[MEMBERS];
    ROOM_FILL(p, MEMBERS, s, "u", "#a");
    struct peer *stuck = peer_connect(s, 4096);
    REGISTER(stuck, "stuck");
    JOIN(stuck, "#a");
    peer_pause(stuck);
    for (int i = 0; i < TALKERS; i++)
        SEND_NUMBERED(p[i], "#a", 0, 1000, 100);
    SKIP_TO(p[MEMBERS - 1], ":u*!* PRIVMSG #a :*");
    kill(s->pid, SIGTERM);
    for (int i = 0; i < MEMBERS - 1; i++) {
        long next[TALKERS] = {0};
        const char *line;
        while ((line = LINE(p[i])) && strncmp(line, "ERROR ", 6) != 0) {
            char who[32];
            long n = room_number(line, who);
            if (n < 0)
                continue; /* stuck's JOIN, or another's QUIT */
            CHECK_INT("number of the next message", n, next[atoi(who + 1)]);
            next[atoi(who + 1)]++;
        }
        CHECK(line && !strcmp(line, "ERROR :Server shutting down"),
              "u%d: expected \"ERROR :Server shutting down\", got \"%s\"", i,
              peer_show(line));
        line = LINE(p[i]);
        CHECK(!line, "u%d: expected nothing after the goodbye, got \"%s\"", i,
              peer_show(line));
    }
    CASE_AT;
    server_ended(s);
}

/* The handler may sleep for ten minutes; the server does not. The hang guard
 * is what would notice. */
static void sigterm_ends_the_handlers_sleep(void)
{
    struct server *s = START("--work", "sleep:600000000");
    struct peer *p[3];
    for (int i = 0; i < 3; i++) {
        char nick[8];
        snprintf(nick, sizeof(nick), "u%d", i);
        p[i] = ENTER(s, nick);
    }
    for (int i = 0; i < 3; i++)
        SEND(p[i], "PRIVMSG u0 :never mind");
    STOP(s);
}

static void sigterm_while_clients_connect(void)
{
    struct server *s = START(NULL);
    struct peer *p[60];
    for (int i = 0; i < 60; i++) {
        p[i] = peer_connect_start(s);
        SEND(p[i], "NICK n%d\r\nUSER u 0 * :u\r\nJOIN #a", i);
        if (i == 30)
            kill(s->pid, SIGTERM);
        if (i > 30)
            peer_close(p[i]);
    }
    CASE_AT;
    server_ended(s);
}

static const char *const stable_keys[] = {"threads",
                                          "uptime_s",
                                          "accepted",
                                          "connections",
                                          "closed.quit",
                                          "closed.eof",
                                          "closed.error",
                                          "closed.ping_timeout",
                                          "closed.register_timeout",
                                          "closed.sendq",
                                          "closed.refused",
                                          "closed.shutdown",
                                          "messages_in",
                                          "deliveries",
                                          "bytes_in",
                                          "bytes_out",
                                          "reads",
                                          "writes",
                                          "eagain",
                                          "loop_iterations",
                                          "wakeups",
                                          "lock_acquired",
                                          "lock_wait_ns",
                                          "sendq_max_bytes",
                                          "sendq_kills",
                                          "accept_pauses",
                                          "cpu_user_s",
                                          "cpu_sys_s",
                                          "rss_kib",
                                          "max_rss_kib",
                                          "heap_bytes",
                                          "voluntary_switches",
                                          "involuntary_switches"};

static void check_keys(const cJSON *stats)
{
    for (size_t i = 0; i < sizeof(stable_keys) / sizeof(stable_keys[0]); i++)
        CHECK(stats_get(stats, stable_keys[i]) >= 0,
              "stats: expected %s to be 0 or more", stable_keys[i]);
    const char *model = strchr(case_server_name(), '-');
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(stats, "model");
    CHECK(model && cJSON_IsString(name) &&
              !strcmp(name->valuestring, model + 1),
          "stats: expected model \"%s\"", model ? model + 1 : "");
    CHECK(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(stats, "version")),
          "stats: expected a version");
    CHECK(stats_get(stats, "threads") >= 1, "stats: expected a thread");
    /* Not "rss_kib <= max_rss_kib": the kernel counts them apart, and the
     * peak lags by some pages. */
    CHECK(stats_get(stats, "rss_kib") > 0 &&
              stats_get(stats, "max_rss_kib") > 0,
          "stats: expected rss_kib and max_rss_kib above 0");
}

static void stats_on_sigusr1_and_at_exit(void)
{
    struct server *s = START(NULL);
    CASE_AT;
    cJSON *first = STATS(s);
    check_keys(first);
    CHECK_INT("accepted", stats_get(first, "accepted"), 0);
    struct peer *p[3];
    ROOM_FILL(p, 3, s, "u", "#a");
    cJSON *second = STATS(s);
    check_keys(second);
    CHECK_INT("accepted", stats_get(second, "accepted"), 3);
    CHECK_INT("connections", stats_get(second, "connections"), 3);
    QUIET(p[0]);
    cJSON *last = STOP(s);
    check_keys(last);
    CHECK_INT("connections", stats_get(last, "connections"), 0);
    CHECK_INT("closed.shutdown", stats_get(last, "closed.shutdown"), 3);
}

/* Many SIGUSR1 while busy: each file found is whole. */
static void sigusr1_while_busy(void)
{
    struct server *s = START(NULL);
    struct peer *p[10];
    ROOM_FILL(p, 10, s, "u", "#a");
    long long before = -1;
    for (unsigned i = 0; i < 30; i++) {
        SEND_NUMBERED(p[0], "#a", i * 100, 100, 50);
        cJSON *stats = STATS(s);
        long long now = stats_get(stats, "deliveries");
        CHECK(now >= before, "deliveries: expected %lld or more, got %lld",
              before, now);
        before = now;
        cJSON_Delete(stats);
    }
    for (int i = 1; i < 10; i++)
        EXPECT_NUMBERED(p[i], "u0", 0, 3000);
    CHECK_INT("deliveries", stats_get(STOP(s), "deliveries"), 9 * 3000);
}

static void stats_to_stderr(void)
{
    struct server *s = START("--stats", "-");
    QUIET(ENTER(s, "alice"));
    kill(s->pid, SIGTERM);
    CHECK_INT("exit status", server_wait(s), 0);
    char *err = server_stderr(s);
    char *json = strchr(err, '{');
    CHECK(json && cJSON_IsObject(cJSON_Parse(json)),
          "--stats -: expected a JSON object on stderr, got \"%s\"",
          peer_show(err));
    free(err);
}

/* A scripted exchange, and the numbers it must give. */
static void counters_are_exact(void)
{
    struct server *s = START(NULL);
    struct peer *p[5];
    ROOM_FILL(p, 5, s, "u", "#a");
    SEND(p[0], "PRIVMSG #a :4 get it\r\nNOTICE #a :4 more\r\nPRIVMSG u1 :1");
    SEND(p[1], "PRIVMSG #nosuch :0\r\nPRIVMSG nobody :0\r\nPRIVMSG #a\r\n"
               "NOTICE nobody :0\r\nPRIVMSG #a :4");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5; i++)
            FENCE(p[i]);
    }
    SEND(p[0], "QUIT");
    SKIP_TO_CLOSE(p[0]);
    peer_half_close(p[1]);
    SKIP_TO_CLOSE(p[1]);
    peer_reset(p[2]);
    SKIP_TO(p[3], ":u2!* QUIT :*");
    kill(s->pid, SIGTERM);
    uint64_t sent = 0, received = 0;
    for (int i = 0; i < 5; i++) {
        if (p[i]->fd >= 0)
            WAIT_GONE(p[i]);
        sent += p[i]->sent;
        received += p[i]->received;
    }
    CASE_AT;
    cJSON *stats = server_ended(s);
    CHECK_INT("accepted", stats_get(stats, "accepted"), 5);
    CHECK_INT("messages_in", stats_get(stats, "messages_in"), 4);
    CHECK_INT("deliveries", stats_get(stats, "deliveries"), 4 + 4 + 1 + 4);
    CHECK_INT("closed.quit", stats_get(stats, "closed.quit"), 1);
    CHECK_INT("closed.eof + closed.error",
              stats_get(stats, "closed.eof") + stats_get(stats, "closed.error"),
              2);
    CHECK_INT("closed.shutdown", stats_get(stats, "closed.shutdown"), 2);
    CHECK_INT("closed.sendq", stats_get(stats, "closed.sendq"), 0);
    CHECK_INT("closed.refused", stats_get(stats, "closed.refused"), 0);
    CHECK_INT("bytes_in", stats_get(stats, "bytes_in"), sent);
    /* The one that was reset may have been owed its last lines. */
    CHECK(stats_get(stats, "bytes_out") >= (long long)received &&
              stats_get(stats, "bytes_out") < (long long)received + 512,
          "bytes_out: expected %llu, got %lld", (unsigned long long)received,
          stats_get(stats, "bytes_out"));
    CHECK(stats_get(stats, "reads") >= 5 && stats_get(stats, "writes") >= 5,
          "reads, writes: expected 5 or more of each");
}

/* Each connection is counted closed exactly once, by its own cause. */
static void closed_by_cause_adds_up(void)
{
    static const char *const causes[] = {"closed.quit",
                                         "closed.eof",
                                         "closed.error",
                                         "closed.sendq",
                                         "closed.refused",
                                         "closed.ping_timeout",
                                         "closed.register_timeout",
                                         "closed.shutdown"};
    struct server *s = START("--max-clients", "12");
    struct peer *p[16];
    for (int i = 0; i < 16; i++) {
        p[i] = CONNECT(s);
        if (i < 12)
            SKIP_TO(p[i], "*PONG *:%s", peer_ping(p[i]));
        else
            WAIT_GONE(p[i]);
    }
    for (int i = 0; i < 3; i++)
        SEND(p[i], "QUIT");
    for (int i = 3; i < 6; i++)
        peer_half_close(p[i]);
    for (int i = 0; i < 6; i++)
        SKIP_TO_CLOSE(p[i]);
    for (int i = 6; i < 9; i++)
        peer_reset(p[i]);
    FENCE(p[9]);
    cJSON *stats = STOP(s);
    long long sum = 0;
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        sum += stats_get(stats, causes[i]);
    CHECK_INT("sum of closed", sum, stats_get(stats, "accepted"));
    CHECK_INT("accepted", stats_get(stats, "accepted"), 16);
    CHECK_INT("closed.quit", stats_get(stats, "closed.quit"), 3);
    CHECK_INT("closed.refused", stats_get(stats, "closed.refused"), 4);
}

/* The names of its threads, each followed by a newline. */
static void thread_names(const struct server *s, char *out, size_t size)
{
    char path[64];
    *out = '\0';
    snprintf(path, sizeof(path), "/proc/%d/task", (int)s->pid);
    DIR *dir = opendir(path);
    CHECK(dir, "expected %s", path);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char file[512];
        if (*e->d_name == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s/comm", path, e->d_name);
        char *name = file_read(file, NULL);
        snprintf(out + strlen(out), size - strlen(out), "%s", name);
        free(name);
    }
    closedir(dir);
}

/* "[reader-12] alice joined #lobby", and reader-12 is a thread of it. */
static void log_names_the_thread(void)
{
    struct server *s = START("-v");
    struct peer *p = ENTER(s, "alice");
    JOIN(p, "#lobby");
    QUIET(p);
    char names[1024], want[64];
    thread_names(s, names, sizeof(names));
    CHECK(!strncmp(names, "main\n", 5),
          "expected the first thread to be main, "
          "got \"%s\"",
          peer_show(names));
    /* The log may be flushed a little after the line it is about. */
    char *err, *at;
    for (;;) {
        err = server_stderr(s);
        at = strstr(err, "] alice joined #lobby\n");
        if (at)
            break;
        free(err);
        FENCE(p);
    }
    char *begin = at;
    while (begin > err && begin[-1] != '\n')
        begin--;
    CHECK(*begin == '[',
          "expected \"[thread] alice joined #lobby\", got "
          "\"%.*s\"",
          (int)(at - begin + 22), begin);
    snprintf(want, sizeof(want), "%.*s\n", (int)(at - begin - 1), begin + 1);
    CHECK(strstr(names, want),
          "expected %s to be a thread's name, they are "
          "\"%s\"",
          want, peer_show(names));
    free(err);
}

/* Without -v nothing is said of what clients do. */
static void log_is_silent_without_v(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    JOIN(p, "#lobby");
    SEND(p, "PRIVMSG #lobby :secret\r\nFROB\r\nQUIT");
    SKIP_TO_CLOSE(p);
    STOP(s);
    char *err = server_stderr(s);
    CHECK(*err == '\0', "expected an empty log, got \"%s\"", peer_show(err));
    free(err);
}

static const struct contract_case cases[] = {
    CASE(sigterm_says_goodbye),
    CASE(sigint_says_goodbye),
    CASE(second_signal_does_no_harm),
    CASE(sigterm_while_busy),
    CASE(sigterm_ends_the_handlers_sleep),
    CASE(sigterm_while_clients_connect),
    CASE(stats_on_sigusr1_and_at_exit),
    CASE(sigusr1_while_busy),
    CASE(stats_to_stderr),
    CASE(counters_are_exact),
    CASE(closed_by_cause_adds_up),
    CASE(log_names_the_thread),
    CASE(log_is_silent_without_v),
};
CONTRACT_SUITE(lifecycle)
