/* What goes wrong, and the exit status that says so. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/client/e2e/e2e.h"

static struct proc *client(const char *const *args)
{
    struct proc *p = proc_start(e2e_client, args);

    proc_type(p, "hi\n");
    return p;
}

/* Ends with `status` and exactly one line on stderr that contains `why`. */
static void check_refused(struct proc *p, int status, const char *why)
{
    struct text errors = {0};

    if (p->in >= 0)
        proc_close_input(p);
    int got = proc_end(p);
    int lines = proc_errors(p, &errors);
    const char *said = errors.data ? errors.data : "";
    if (got != status || lines != 1 || !strstr(said, why))
        FAIL("status %d, not %d; stderr:\n%s\nstdout:\n%s", got, status, said,
             p->got.data ? p->got.data : "");
    text_free(&errors);
}

static void bad_options(void)
{
    static const char *const bad[][3] = {
        {"--port", "70000"},  {"--port", "0"},      {"--port", "x"},
        {"--nick", "1st"},    {"--nick", ""},       {"--nick", "a b"},
        {"--room", "a b"},    {"--room", "#a,"},    {"--room", ""},
        {"--linger", "-1"},   {"--linger", "soon"}, {"--host", ""},
        {"--password", ""},   {"--nonsense", NULL}, {"--port", NULL},
        {"stray word", NULL},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct proc *p = proc_start(e2e_client, bad[i]);
        /* The line names the option, or the word that is none. */
        check_refused(p, 2, bad[i][0]);
    }
}

static void no_server(void)
{
    char port_text[8];
    int port;
    int holder = peer_listen(false, &port); /* bound: nobody else gets it */

    snprintf(port_text, sizeof(port_text), "%d", port);
    /* It may be gone before it has read anything: no input. */
    check_refused(proc_start(e2e_client, ARGS("--port", port_text)), 1,
                  "Connection refused");
    close(holder);
    check_refused(proc_start(e2e_client, ARGS("--host", "no.host.invalid")), 1,
                  "no.host.invalid");
}

static void wrong_password(void)
{
    struct proc *server = server_start(0, ARGS("--password", "sesame"));
    const char *port = server_port_text(server);

    check_refused(client(ARGS("--port", port, "--room", "#a", "--password",
                              "guess")),
                  3, "refused");
    check_refused(client(ARGS("--port", port, "--room", "#a")), 3, "refused");
    struct proc *p =
        client(ARGS("--port", port, "--room", "#a", "--password", "sesame"));
    proc_close_input(p);
    CHECK(proc_end(p) == 0);
}

/* A scripted server; runs to the point where the client has said USER. */
static struct peer *begin(struct proc **p, int *listener)
{
    char port_text[8];
    int port;

    *listener = peer_listen(true, &port);
    snprintf(port_text, sizeof(port_text), "%d", port);
    *p = client(ARGS("--port", port_text, "--nick", "al", "--room", "#a"));
    struct peer *server = peer_accept(*listener);
    peer_expect(server, "NICK al");
    CHECK(strncmp(peer_line(server), "USER ", 5) == 0);
    return server;
}

static void error_before_the_welcome(void)
{
    struct proc *p;
    int listener;
    struct peer *server = begin(&p, &listener);

    peer_send(server, "ERROR :Closing Link: full");
    peer_close(server);
    proc_expect(p, "!! the server refused us: Closing Link: full\n");
    check_refused(p, 3, "refused");
}

static void nick_not_allowed(void)
{
    struct proc *p;
    int listener;
    struct peer *server = begin(&p, &listener);

    peer_send(server, ":s 432 * al :Erroneous nickname");
    proc_expect(p, "!! the server refused us: Erroneous nickname\n");
    check_refused(p, 3, "refused");
}

static void silence_instead_of_a_server(void)
{
    struct proc *p;
    int listener;
    struct peer *server = begin(&p, &listener);

    peer_close(server);
    check_refused(p, 1, "the server closed it");
}

static void garbage_instead_of_a_server(void)
{
    struct proc *p;
    int listener;
    struct peer *server = begin(&p, &listener);
    char junk[2000];

    memset(junk, 'x', sizeof(junk));
    CHECK(write(server->fd, junk, sizeof(junk)) == sizeof(junk));
    CHECK(write(server->fd, "\n\r\n\0\n:\n: \n@t\n", 14) == 14);
    for (int i = 0; i < 256; i++)
        junk[i] = (char)i;
    CHECK(write(server->fd, junk, 256) == 256);
    CHECK(write(server->fd, "\r\n", 2) == 2);
    proc_expect(p, "!! dropped a line from the server: longer than 512");
    peer_close(server);
    check_refused(p, 1, "lost the connection");
    CHECK(!strchr(p->got.data, 0x1B));
}

static void nick_in_use(void)
{
    struct proc *server = server_start(0, NULL);
    struct peer *al = peer_join(server_port(server), "al", "#a");
    struct proc *p = client(ARGS("--port", server_port_text(server), "--nick",
                                 "al", "--room", "#a"));

    proc_close_input(p);
    proc_expect(p, "-- the nick al is taken, trying al_\n");
    CHECK(strncmp(peer_wait_for(al, "PRIVMSG #a :hi"), ":al_!", 5) == 0);
    CHECK(proc_end(p) == 0);
}

static void an_error_reply_in_a_pipe(void)
{
    struct proc *server = server_start(0, NULL);
    struct proc *p =
        client(ARGS("--port", server_port_text(server), "--room", "#a"));

    proc_type(p, "/msg nobody hello\n");
    proc_close_input(p);
    proc_expect(p, "!! nobody: ");
    check_refused(p, 3, "error");
}

static void lines_without_a_room(void)
{
    struct proc *server = server_start(0, NULL);
    struct proc *p = client(ARGS("--port", server_port_text(server)));

    proc_close_input(p);
    proc_expect(p, "!! not sent: you are in no room; /join #ROOM first\n");
    check_refused(p, 1, "not everything was sent");
}

const struct e2e_case e2e_refusal_cases[] = {
    {"bad-options", bad_options},
    {"no-server", no_server},
    {"wrong-password", wrong_password},
    {"error-before-the-welcome", error_before_the_welcome},
    {"nick-not-allowed", nick_not_allowed},
    {"closed-before-the-welcome", silence_instead_of_a_server},
    {"garbage-instead-of-a-server", garbage_instead_of_a_server},
    {"nick-in-use", nick_in_use},
    {"an-error-reply-in-a-pipe", an_error_reply_in_a_pipe},
    {"lines-without-a-room", lines_without_a_room},
    {0},
};
