/*
 * conn_test - a connection on a real loop, over a socketpair.
 *
 * What the contract suite cannot hit at will: the kernel refusing in exactly
 * the turn in which something else happens. The loop is turned by hand
 * (EVRUN_NOWAIT), so nothing waits and nothing depends on time.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/conn.h"

enum { SENDQ = 16 * 1024, TURNS = 20 };

/* One loop with one connection, and what its model was told. */
struct rig {
    struct conn_loop io;
    struct server_options opts;
    struct conn *conn; /* NULL once freed */
    int peer;          /* the other end, -1 once closed */
    int lines;         /* on_line with a line */
    int too_long;      /* on_line without one */
    int drained;       /* on_drained */
    int left;          /* on_leave */
    enum chat_cause cause;
    bool lingers; /* on_leave does not call conn_gone: the test will */
    /* what on_line does besides counting, or NULL */
    void (*act)(struct conn *c, const char *line);
};

static struct rig rig;

static void on_line(struct conn *c, char *line, size_t len)
{
    if (!line) {
        rig.too_long++;
        return;
    }
    line[len] = '\0';
    rig.lines++;
    if (rig.act)
        rig.act(c, line);
}

static void on_drained(struct conn *c)
{
    rig.drained++;
    conn_resume(c);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    rig.left++;
    rig.cause = cause;
    if (!rig.lingers)
        conn_gone(c);
}

static void on_freed(struct conn_loop *loop)
{
    (void)loop;
    rig.conn = NULL;
}

static void set_up(void)
{
    static const struct conn_ops ops = {.on_line = on_line,
                                        .on_drained = on_drained,
                                        .on_leave = on_leave,
                                        .on_freed = on_freed};
    int fds[2];

    rig = (struct rig){.opts = {.name = "s", .sendq = SENDQ}};
    rig.opts.ping_interval = rig.opts.register_timeout = 3600;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct ev_loop *ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    cr_assert(ev);
    conn_loop_init(&rig.io, &ops, &rig.opts, ev);
    rig.conn = conn_open(&rig.io, fds[0]);
    rig.peer = fds[1];
    cr_assert(rig.conn);
    conn_start(rig.conn);
}

static void tear_down(void)
{
    struct ev_loop *ev = rig.io.ev;

    conn_loop_free(&rig.io);
    ev_loop_destroy(ev);
    if (rig.peer >= 0)
        close(rig.peer);
}

TestSuite(conn, .init = set_up, .fini = tear_down);

static void turn(int times)
{
    for (int i = 0; i < times; i++)
        ev_run(rig.io.ev, EVRUN_NOWAIT);
}

static void say(const char *bytes)
{
    size_t len = strlen(bytes);

    cr_assert_eq(send(rig.peer, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void hang_up(void)
{
    close(rig.peer);
    rig.peer = -1;
}

/* Takes all that the peer has been sent; returns how much. */
static size_t drain(void)
{
    char waste[4096];
    size_t sum = 0;
    ssize_t n;

    while ((n = recv(rig.peer, waste, sizeof(waste), MSG_DONTWAIT)) > 0)
        sum += (size_t)n;
    return sum;
}

/* A line of `len` bytes. */
static void owe(struct conn *c, size_t len)
{
    char *line = malloc(len);

    cr_assert(line);
    memset(line, 'x', len);
    line[len - 1] = '\n';
    conn_send(c, line, len);
    free(line);
}

static void say_goodbye(struct conn *c, const char *line)
{
    (void)line;
    owe(c, 20);
    conn_leave(c, CHAT_QUIT);
}

Test(conn, lines_come_in_and_answers_go_out_at_the_end_of_the_turn)
{
    char got[64];

    say("one\r\ntwo\nthr");
    turn(1);
    cr_expect_eq(rig.lines, 2);
    say("ee\n");
    turn(1);
    cr_expect_eq(rig.lines, 3);
    conn_send(rig.conn, "a\r\n", 3);
    conn_send(rig.conn, "b\r\n", 3);
    cr_expect_lt(recv(rig.peer, got, sizeof(got), 0), 0);
    turn(2);
    cr_expect_eq(recv(rig.peer, got, sizeof(got), 0), 6);
    cr_expect_eq(memcmp(got, "a\r\nb\r\n", 6), 0);
    cr_expect_null(rig.conn->out.data, "an idle connection holds no buffer");
    cr_expect_null(rig.conn->in.held, "an idle connection holds no buffer");
}

Test(conn, end_of_input_leaves_once_and_frees)
{
    say("one\nunfinished");
    hang_up();
    turn(TURNS);
    cr_expect_eq(rig.lines, 1);
    cr_expect_eq(rig.left, 1);
    cr_expect_eq(rig.cause, CHAT_EOF);
    cr_expect_null(rig.conn);
}

/* The last words fail to go out in the very turn that would free it. */
Test(conn, peer_gone_before_the_goodbye_is_sent)
{
    rig.act = say_goodbye;
    say("QUIT\n");
    hang_up();
    turn(TURNS);
    cr_expect_eq(rig.left, 1);
    cr_expect_eq(rig.cause, CHAT_QUIT);
    cr_expect_null(rig.conn);
    cr_expect_null(rig.io.dirty, "a freed connection is not in the list");
}

Test(conn, peer_gone_while_others_talk_to_it)
{
    hang_up();
    owe(rig.conn, 100);
    turn(TURNS);
    cr_expect_eq(rig.left, 1);
    cr_expect_null(rig.conn);
}

static void pause_long_reply(struct conn *c, const char *line)
{
    if (strcmp(line, "LIST") != 0)
        return;
    owe(c, 100);
    conn_pause(c, true);
}

Test(conn, long_reply_goes_on_once_drained)
{
    rig.act = pause_long_reply;
    say("LIST\nafter\n");
    turn(1);
    cr_expect_eq(rig.lines, 1, "the next line waits for the reply");
    turn(TURNS);
    cr_expect_eq(rig.drained, 1);
    cr_expect_eq(rig.lines, 2);
    cr_expect_not(ev_is_active(&rig.conn->writable));
}

/* Meanwhile others fill the queue, and the kernel takes all of it at once:
 * then too the reply has to go on. */
Test(conn, long_reply_goes_on_after_others_filled_the_queue)
{
    rig.act = pause_long_reply;
    say("LIST\nafter\n");
    turn(1);
    owe(rig.conn, SENDQ - 50);
    turn(TURNS);
    drain();
    turn(TURNS);
    cr_expect_eq(rig.left, 0);
    cr_expect_eq(rig.drained, 1);
    cr_expect_eq(rig.lines, 2);
    cr_expect_not(ev_is_active(&rig.conn->writable));
}

/* Between leaving and gone, the loop must not be woken for a queue that is
 * empty: with a pool that is as long as a job takes. */
Test(conn, leaving_within_a_long_reply_does_not_spin)
{
    rig.act = pause_long_reply;
    rig.lingers = true;
    say("LIST\n");
    turn(1);
    conn_leave(rig.conn, CHAT_PING_TIMEOUT);
    turn(TURNS);
    cr_expect_eq(rig.left, 1);
    cr_expect_eq(rig.drained, 0);
    cr_expect_eq(drain(), 100);
    cr_expect_not(ev_is_active(&rig.conn->writable));
    conn_gone(rig.conn);
    turn(TURNS);
    cr_expect_null(rig.conn);
}

static void pause_plainly(struct conn *c, const char *line)
{
    if (strcmp(line, "stop") == 0)
        conn_pause(c, false);
}

Test(conn, lines_kept_while_paused_come_in_order_on_resume)
{
    rig.act = pause_plainly;
    say("1\nstop\n2\nstop\n3\npart");
    turn(TURNS);
    cr_expect_eq(rig.lines, 2);
    say("ial\n4\n");
    turn(TURNS);
    cr_expect_eq(rig.lines, 2, "paused: what comes stays in the kernel");
    conn_resume(rig.conn);
    cr_expect_eq(rig.lines, 4, "paused again by the second stop");
    conn_resume(rig.conn);
    cr_expect_eq(rig.lines, 5);
    turn(TURNS);
    cr_expect_eq(rig.lines, 7);
}

/* Fills the queue until the kernel refuses and --sendq is passed. */
static void overfill(void)
{
    for (int i = 0; i < 100000 && !rig.conn->doomed; i++)
        owe(rig.conn, 1000);
    cr_assert(rig.conn->doomed);
}

Test(conn, reader_that_stopped_is_doomed_and_told_why)
{
    static const char last[] = "ERROR :Closing Link: SendQ exceeded\r\n";
    char *all = NULL;
    size_t len = 0;
    ssize_t n;

    overfill();
    owe(rig.conn, 1000); /* nothing more is taken on */
    cr_expect_lt(outbuf_size(&rig.conn->out), 1100);
    turn(1);
    cr_expect_eq(rig.left, 1);
    cr_expect_eq(rig.cause, CHAT_SENDQ);
    for (int i = 0; i < TURNS; i++) {
        do {
            all = realloc(all, len + 4096);
            cr_assert(all);
            n = recv(rig.peer, all + len, 4096, 0);
            if (n > 0)
                len += (size_t)n;
        } while (n > 0);
        turn(1);
    }
    cr_expect_null(rig.conn);
    cr_assert_gt(len, sizeof(last));
    size_t lines = len - (sizeof(last) - 1);
    cr_expect_eq(memcmp(all + lines, last, sizeof(last) - 1), 0);
    cr_expect_eq(lines % 1000, 0, "the half-sent line is finished first");
    free(all);
}

Test(conn, doomed_peer_that_then_resets)
{
    overfill();
    hang_up();
    turn(TURNS);
    cr_expect_eq(rig.left, 1);
    cr_expect_null(rig.conn);
}

Test(conn, reader_that_keeps_up_is_never_doomed)
{
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < 10; k++)
            owe(rig.conn, 1000);
        drain();
    }
    turn(TURNS);
    cr_expect_not(rig.conn->doomed);
    cr_expect_eq(rig.left, 0);
}

Test(conn, overlong_line_is_reported_once)
{
    char line[2000];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    for (int i = 0; i < 5; i++) {
        say(line);
        turn(1);
    }
    say("\nok\n");
    turn(1);
    cr_expect_eq(rig.too_long, 1);
    cr_expect_eq(rig.lines, 1);
}

static void answer_at_length(struct conn *c, const char *line)
{
    (void)line;
    owe(c, 8192);
}

/* Who asks and does not read gets no further answers: its queue must not grow
 * by a whole turn's questions. */
Test(conn, answers_that_are_not_read_stop_the_questions)
{
    int before;

    rig.act = answer_at_length;
    for (int i = 0; i < CONN_LINES; i++)
        say("ask\n");
    for (int i = 0; i < TURNS; i++) {
        turn(1);
        cr_assert_leq(outbuf_size(&rig.conn->out), SENDQ / 2 + 8192);
    }
    cr_assert_eq(rig.left, 0);
    cr_assert_lt(rig.lines, CONN_LINES);
    do {
        before = rig.lines;
        drain();
        turn(TURNS);
    } while (rig.lines > before);
    cr_expect_eq(rig.lines, CONN_LINES, "it goes on when it reads again");
}
