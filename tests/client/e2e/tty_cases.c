/* chat-client on a terminal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/client/e2e/e2e.h"

/* A server, somebody in the room, and a client on a terminal that is in. */
struct scene {
    struct proc *server;
    struct peer *bob;
    struct proc *client;
    struct screen screen;
};

static void begin(struct scene *s, const char *option)
{
    setenv("TERM", "xterm-256color", 1);
    s->server = server_start(0, NULL);
    s->bob = peer_join(server_port(s->server), "bob", "#a");
    s->client = proc_start_tty(e2e_client,
                               ARGS("--port", server_port_text(s->server),
                                    "--nick", "al", "--room", "#a", option));
    screen_init(&s->screen, s->client);
    screen_expect(&s->screen, "??:?? -- you joined #a");
    screen_expect_last(&s->screen, "[#a] ", 5);
    peer_wait_for(s->bob, " JOIN ");
}

/* The program has ended with `status`, and the terminal is as it was. */
static void check_ended(struct scene *s, int status)
{
    char want[32];

    snprintf(want, sizeof(want), "*ENDED %d cooked", status);
    screen_expect(&s->screen, want);
    CHECK(proc_end(s->client) == 0);
}

static void talks(void)
{
    struct scene s;

    begin(&s, NULL);
    proc_type(s.client, "hellö\r");
    CHECK(strstr(peer_wait_for(s.bob, "PRIVMSG"), ":hellö"));
    screen_expect(&s.screen, "??:?? <al> hellö");
    peer_send(s.bob, "PRIVMSG #a :hi al");
    screen_expect(&s.screen, "??:?? <bob> hi al");
    peer_send(s.bob, "PRIVMSG #a :\001ACTION waves\001");
    screen_expect(&s.screen, "??:?? * bob waves");
    peer_send(s.bob, "PRIVMSG al :psst");
    screen_expect(&s.screen, "??:?? ?private? <bob> psst");
    peer_send(s.bob, "TOPIC #a :news");
    screen_expect(&s.screen, "??:?? -- bob set the topic of #a: news");
    peer_send(s.bob, "NICK robert");
    screen_expect(&s.screen, "??:?? -- bob is now robert");
    proc_type(s.client, "/msg robert psst\r/me nods\r/who\r/foo\r");
    screen_expect(&s.screen, "??:?? ?to robert? <al> psst");
    screen_expect(&s.screen, "??:?? ? al nods");
    screen_expect(&s.screen, "??:?? -- robert (*) in #a, here: bob");
    peer_send(s.bob, "PART #a :later");
    screen_expect(&s.screen, "??:?? -- robert left #a (later)");
    proc_type(s.client, "/quit so long\r");
    check_ended(&s, 0);
}

/* What comes in goes above; what is typed stays, cursor and all. */
static void typed_line_survives(void)
{
    struct scene s;

    begin(&s, NULL);
    proc_type(s.client, "half tÿped\033[D\033[D");
    screen_expect_last(&s.screen, "[#a] half tÿped", 13);
    peer_send(s.bob, "PRIVMSG #a :one");
    peer_send(s.bob, "PRIVMSG #a :two");
    screen_expect(&s.screen, "??:?? <bob> one");
    screen_expect(&s.screen, "??:?? <bob> two");
    screen_expect_last(&s.screen, "[#a] half tÿped", 13);
    proc_type(s.client, "\x7F!");
    screen_expect_last(&s.screen, "[#a] half tÿ!ed", 13);
    proc_type(s.client, "\027x \025");
    screen_expect_last(&s.screen, "[#a] ed", 5);
    proc_type(s.client, "\005 done\r");
    CHECK(strstr(peer_wait_for(s.bob, "PRIVMSG"), ":ed done"));
    screen_expect_last(&s.screen, "[#a] ", 5);
    proc_type(s.client, "\004");
    CHECK(peer_wait_for(s.bob, " QUIT "));
    check_ended(&s, 0);
}

static void interrupted(void)
{
    struct scene s;

    begin(&s, NULL);
    proc_type(s.client, "not sent\003");
    CHECK(strstr(peer_wait_for(s.bob, " QUIT "), "Interrupted"));
    check_ended(&s, 0);
}

/* A signal from elsewhere, to the terminal's foreground job. */
static void killed_by(int signal_number, int status)
{
    struct scene s;

    begin(&s, NULL);
    kill(-tcgetpgrp(s.client->out), signal_number);
    check_ended(&s, status);
}

static void terminated(void)
{
    killed_by(SIGTERM, 0);
}

static void aborted(void)
{
    killed_by(SIGQUIT, 128 + SIGQUIT);
}

static void stopped_and_continued(void)
{
    struct scene s;

    begin(&s, NULL);
    proc_type(s.client, "half");
    screen_expect_last(&s.screen, "[#a] half", 9);
    proc_type(s.client, "\032");
    screen_expect(&s.screen, "STOPPED cooked");
    screen_expect_last(&s.screen, "[#a] half", 9);
    proc_type(s.client, " a line\r");
    peer_wait_for(s.bob, "PRIVMSG #a :half a line");
    proc_type(s.client, "\004");
    check_ended(&s, 0);
}

/* The server is killed and comes back on its port. */
static void reconnects(void)
{
    struct scene s;

    begin(&s, NULL);
    int port = server_port(s.server);
    proc_type(s.client, "/join #b\r");
    screen_expect(&s.screen, "??:?? -- you joined #b");
    proc_type(s.client, "typed before");
    screen_expect_last(&s.screen, "[#b] typed before", 17);
    proc_signal(s.server, SIGKILL);
    proc_end(s.server);
    screen_expect(&s.screen, "??:?? !! lost the connection to 127.0.0.1:*; "
                             "connecting again in ?.? s");
    proc_type(s.client, "\r");
    screen_expect(&s.screen,
                  "??:?? !! not sent, there is no connection: typed before");
    s.server = server_start(port, NULL);
    s.bob = peer_join(port, "bob", "#b");
    screen_expect(&s.screen, "??:?? -- you joined #a");
    screen_expect(&s.screen, "??:?? -- you joined #b");
    screen_expect_last(&s.screen, "[#b] ", 5);
    proc_type(s.client, "back\r");
    peer_wait_for(s.bob, "PRIVMSG #b :back");
    proc_type(s.client, "\004");
    check_ended(&s, 0);
}

static void does_not_reconnect(void)
{
    struct scene s;

    begin(&s, "--no-reconnect");
    proc_signal(s.server, SIGKILL);
    screen_expect(&s.screen, "chat-client: lost the connection to *");
    check_ended(&s, 1);
}

static void history_and_long_lines(void)
{
    struct scene s;
    char line[300];

    begin(&s, NULL);
    proc_type(s.client, "first\rsecond\r");
    peer_wait_for(s.bob, ":second");
    proc_type(s.client, "\033[A\033[A!\r");
    peer_wait_for(s.bob, ":first!");
    memset(line, 'x', 250);
    strcpy(line + 250, "the end");
    proc_type(s.client, line);
    /* One row that scrolls: 100 columns, the last one left free. */
    char want[128] = "[#a] ";
    memset(want + 5, 'x', 87);
    strcpy(want + 92, "the end");
    screen_expect_last(&s.screen, want, 99);
    proc_type(s.client, "\r");
    const char *got = strstr(peer_wait_for(s.bob, ":xxx"), ":xxx");
    CHECK(strcmp(got + 1, line) == 0);
    proc_type(s.client, "\004");
    check_ended(&s, 0);
}

/* On a terminal that knows nothing, nothing is tried. */
static void dumb_terminal(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");

    setenv("TERM", "dumb", 1);
    struct proc *p =
        proc_start_tty(e2e_client, ARGS("--port", server_port_text(server),
                                        "--nick", "al", "--room", "#a"));
    proc_expect(p, "you joined #a");
    CHECK(!strchr(p->got.data, 0x1B));
    proc_type(p, "hello\n");
    peer_wait_for(bob, "PRIVMSG #a :hello");
    proc_type(p, "\004");
    proc_expect(p, "ENDED 0 cooked");
    CHECK(!strchr(p->got.data, 0x1B));
    proc_end(p);
}

/* Colours can be turned off; the line editor stays. */
static void without_colors(void)
{
    struct scene s;

    begin(&s, "--no-color");
    /* Every byte so far was drawn; from here they are looked at as they come:
     * a colour would stand between these words. */
    peer_send(s.bob, "PRIVMSG #a :plain");
    proc_expect(s.client, " <bob> plain\r\n");
    proc_type(s.client, "\004");
    proc_expect(s.client, "ENDED 0 cooked");
    proc_end(s.client);
}

const struct e2e_case e2e_tty_cases[] = {
    {"tty-talks", talks},
    {"tty-typed-line-survives", typed_line_survives},
    {"tty-interrupted", interrupted},
    {"tty-terminated", terminated},
    {"tty-aborted", aborted},
    {"tty-stopped-and-continued", stopped_and_continued},
    {"tty-reconnects", reconnects},
    {"tty-does-not-reconnect", does_not_reconnect},
    {"tty-history-and-long-lines", history_and_long_lines},
    {"tty-dumb", dumb_terminal},
    {"tty-without-colors", without_colors},
    {0},
};
