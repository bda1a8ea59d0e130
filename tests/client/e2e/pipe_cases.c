/* chat-client as a filter. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/client/e2e/e2e.h"

static struct proc *client(const char *const *args)
{
    return proc_start(e2e_client, args);
}

static void check_status(struct proc *p, int want)
{
    struct text errors = {0};
    int status = proc_end(p);

    int lines = proc_errors(p, &errors);
    if (status != want)
        FAIL("exit status %d, not %d; stdout:\n%s\nstderr:\n%s", status, want,
             p->got.data ? p->got.data : "", errors.data ? errors.data : "");
    if (lines != (want == 0 ? 0 : 1))
        FAIL("%d lines on stderr:\n%s", lines, errors.data);
    text_free(&errors);
}

static void says_hi(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "#a", "--linger", "0.2"));

    proc_type(p, "hi\n");
    proc_close_input(p);
    peer_wait_for(bob, ":al!~");
    CHECK(strstr(peer_wait_for(bob, "PRIVMSG"), " PRIVMSG #a :hi"));
    peer_wait_for(bob, " QUIT ");
    proc_expect(p, "-- you joined #a\n");
    check_status(p, 0);
    CHECK(!strchr(p->got.data, 0x1B));
}

/* Far more than the window, and nobody waits for a clock. */
static void leaves_when_all_is_taken(void)
{
    enum { LINES = 3000 };
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "a"));
    struct text lines = {0};
    char want[64];

    for (int i = 0; i < LINES; i++)
        text_addf(&lines, "line %d%s\n", i, i % 3 ? "" : "\r");
    proc_write(p, lines.data, lines.len);
    proc_close_input(p);
    peer_wait_for(bob, " JOIN ");
    for (int i = 0; i < LINES; i++) {
        snprintf(want, sizeof(want), "PRIVMSG #a :line %d", i);
        const char *line = peer_line(bob);
        CHECK(line && strcmp(strchr(line, ' ') + 1, want) == 0);
    }
    CHECK(strstr(peer_line(bob), " QUIT "));
    check_status(p, 0);
    text_free(&lines);
}

/* 20 kB without an end of line: arrives as pieces that are it again. */
static void long_line_arrives_whole(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "#a"));
    struct text line = {0};
    struct text got = {0};

    while (line.len < 20000)
        text_addf(&line, "%zu wörter € 🦀", line.len);
    proc_write(p, line.data, line.len);
    proc_close_input(p);
    peer_wait_for(bob, " JOIN ");
    while (got.len < line.len) {
        const char *said = strstr(peer_wait_for(bob, " PRIVMSG "), " :");
        for (size_t at = 0, n; said[2 + at]; at += n) {
            uint32_t cp;
            n = utf8_decode(said + 2 + at, strlen(said + 2 + at), &cp);
            CHECK(n > 0);
        }
        text_adds(&got, said + 2);
    }
    CHECK(strcmp(got.data, line.data) == 0);
    check_status(p, 0);
    text_free(&line);
    text_free(&got);
}

/* Not a byte of it is sent before the room has let us in. */
static void waits_for_the_room(void)
{
    int port;
    int listener = peer_listen(true, &port);
    char port_text[8];

    snprintf(port_text, sizeof(port_text), "%d", port);
    struct proc *p = client(ARGS("--port", port_text, "--nick", "al",
                                 "--password", "s p", "-r", "#a", "-r", "#b"));
    proc_type(p, "one\n/join #c\ntwo\n/part #c\nthree\n");
    proc_close_input(p);
    struct peer *server = peer_accept(listener);
    peer_expect(server, "PASS :s p");
    peer_expect(server, "NICK al");
    CHECK(strncmp(peer_line(server), "USER ", 5) == 0);
    peer_send(server, "PING :cookie");
    peer_expect(server, "PONG :cookie");
    peer_send(server, ":s 001 al :Welcome");
    peer_expect(server, "JOIN #a,#b");
    peer_send(server, ":al!~al@127.0.0.1 JOIN #a");
    peer_send(server, ":al!~al@127.0.0.1 JOIN #b");
    peer_answer_fence(server);
    peer_expect(server, "PRIVMSG #a :one");
    peer_answer_fence(server);
    peer_expect(server, "JOIN #c");
    peer_send(server, ":al!~al@127.0.0.1 JOIN #c");
    peer_answer_fence(server);
    peer_expect(server, "PRIVMSG #c :two");
    peer_answer_fence(server);
    peer_expect(server, "PART #c");
    peer_send(server, ":al!~al@127.0.0.1 PART #c");
    peer_answer_fence(server);
    peer_expect(server, "PRIVMSG #a :three");
    peer_answer_fence(server);
    peer_expect(server, "QUIT :");
    peer_close(server);
    check_status(p, 0);
    close(listener);
}

/* Input is over, and it still listens; then the user stops it. */
static void lingers_until_interrupted(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "#a", "--linger", "600"));

    proc_type(p, "hi");
    proc_close_input(p);
    peer_wait_for(bob, "PRIVMSG #a :hi");
    peer_send(bob, "PRIVMSG #a :are you \033[31mthere\a?");
    proc_expect(p, "<bob> are you \xEF\xBF\xBD[31mthere\xEF\xBF\xBD?\n");
    proc_signal(p, SIGINT);
    CHECK(strstr(peer_wait_for(bob, " QUIT "), "Interrupted"));
    check_status(p, 0);
}

/* The server dies with a line in its hands: that is said, and status 1. */
static void tells_what_may_be_lost(void)
{
    int port;
    int listener = peer_listen(true, &port);
    char port_text[8];

    snprintf(port_text, sizeof(port_text), "%d", port);
    struct proc *p =
        client(ARGS("--port", port_text, "--nick", "al", "--room", "#a"));
    proc_type(p, "taken\n");
    struct peer *server = peer_accept(listener);
    peer_welcome(server, "al", "#a");
    peer_expect(server, "PRIVMSG #a :taken");
    peer_answer_fence(server);
    proc_type(p, "in doubt\n");
    peer_expect(server, "PRIVMSG #a :in doubt");
    peer_close(server);
    proc_expect(p, "!! may not have reached the server: in doubt\n");
    check_status(p, 1);
    close(listener);
}

/* The server has stopped answering and the user has had enough: QUIT is given
 * 2 s, and the line in its hands is not forgotten. `again`: not even those. */
static void leaves_a_stuck_server(bool again)
{
    int port;
    int listener = peer_listen(true, &port);
    char port_text[8];

    snprintf(port_text, sizeof(port_text), "%d", port);
    struct proc *p =
        client(ARGS("--port", port_text, "--nick", "al", "--room", "#a"));
    proc_type(p, "in doubt\n");
    struct peer *server = peer_accept(listener);
    peer_welcome(server, "al", "#a");
    peer_expect(server, "PRIVMSG #a :in doubt");
    peer_wait_for(server, "PING");
    proc_signal(p, SIGINT);
    peer_expect(server, "QUIT :Interrupted");
    if (again)
        proc_signal(p, SIGINT);
    proc_expect(p, "!! may not have reached the server: in doubt\n");
    check_status(p, 1);
    peer_close(server);
    close(listener);
}

static void waits_for_a_stuck_server(void)
{
    leaves_a_stuck_server(false);
}

static void leaves_at_the_second_signal(void)
{
    leaves_a_stuck_server(true);
}

static void sees_a_closed_output(void)
{
    struct proc *server = server_start(0, NULL);
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "#a", "--linger", "600"));

    close(p->out);
    p->ended = true;
    proc_close_input(p);
    p->out = dup(0); /* something for proc_end to close */
    check_status(p, 1);
}

static void speaks_ipv6_by_name(void)
{
    struct proc *server = server_start(0, ARGS("--listen", "::1"));
    struct proc *p = client(ARGS("--port", server_port_text(server), "--host",
                                 "::1", "--room", "#a"));

    proc_type(p, "hi\n");
    proc_close_input(p);
    check_status(p, 0);
}

/* What `chat-client <file` and `<&-` do to descriptor 0. */
static void reads_files_and_nothing(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *bob = peer_join(server_port(server), "bob", "#a");
    char path[] = "/tmp/client-e2e-XXXXXX";
    char command[1024];
    int fd = mkstemp(path);

    CHECK(fd >= 0 && write(fd, "from a file\n", 12) == 12);
    close(fd);
    snprintf(command, sizeof(command),
             "'%s' --port %s --nick al --room '#a' <%s && "
             "'%s' --port %s --nick al --room '#a' <&- >&-",
             e2e_client, server_port_text(server), path, e2e_client,
             server_port_text(server));
    struct proc *p = proc_start("/bin/sh", ARGS("-c", command));
    peer_wait_for(bob, "PRIVMSG #a :from a file");
    peer_wait_for(bob, " QUIT ");
    peer_wait_for(bob, " QUIT ");
    check_status(p, 0);
    unlink(path);
}

const struct e2e_case e2e_pipe_cases[] = {
    {"pipe-says-hi", says_hi},
    {"pipe-leaves-when-all-is-taken", leaves_when_all_is_taken},
    {"pipe-long-line-arrives-whole", long_line_arrives_whole},
    {"pipe-waits-for-the-room", waits_for_the_room},
    {"pipe-lingers-until-interrupted", lingers_until_interrupted},
    {"pipe-tells-what-may-be-lost", tells_what_may_be_lost},
    {"pipe-waits-for-a-stuck-server", waits_for_a_stuck_server},
    {"pipe-leaves-at-the-second-signal", leaves_at_the_second_signal},
    {"pipe-sees-a-closed-output", sees_a_closed_output},
    {"pipe-speaks-ipv6", speaks_ipv6_by_name},
    {"pipe-reads-files-and-nothing", reads_files_and_nothing},
    {0},
};
