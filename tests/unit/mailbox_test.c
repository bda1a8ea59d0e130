/*
 * mailbox_test - messages, other entries, waking, in one thread. What holds
 * those back who fill a mailbox is in mailbox_hold_test.c, what real threads
 * do in tests/stress.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "common/stats.h"
#include "tests/unit/sides.h"

TestSuite(mailbox, .init = sides_open, .fini = sides_close);

/* ---- messages ---- */

Test(mailbox, messages_go_out_in_the_order_posted)
{
    struct msg *a = line("a\r\n"), *b = line("b\r\n");

    post_one(&bob, MAIL_MSG, a);
    post_one(&bob, MAIL_MSG, b);
    post_one(&bob, MAIL_MSG, a);
    cr_expect_str_eq(peer_gets(&bob), "");
    turn(&bob);
    cr_expect_str_eq(peer_gets(&bob), "a\r\nb\r\na\r\n");
    cr_expect_eq(stats_read(STAT_WRITES), 1, "a batch is one send");
    msg_unref(a);
    msg_unref(b);
}

static unsigned refs(const struct msg *m)
{
    return atomic_load(&m->refs);
}

Test(mailbox, a_run_of_one_message_holds_one_reference)
{
    struct msg *a = line("a\r\n"), *b = line("b\r\n");

    lock_acquire(&lock);
    for (int i = 0; i < 3; i++)
        post(&bob, MAIL_MSG, a);
    cr_expect_eq(refs(a), 2);
    post(&bob, MAIL_MSG, b);
    post(&bob, MAIL_MSG, a);
    cr_expect_eq(refs(a), 3, "a new run");
    cr_expect_eq(refs(b), 2);
    post(&bob, MAIL_OTHER, "x");
    post(&bob, MAIL_MSG, a);
    cr_expect_eq(refs(a), 4, "an entry of another kind ends a run");
    lock_release(&lock);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_eq(refs(a), 1);
    cr_expect_eq(refs(b), 1);
    cr_expect_str_eq(peer_gets(&bob), "a\r\na\r\na\r\nb\r\na\r\na\r\n");
    msg_unref(a);
    msg_unref(b);
}

/* The replies to the one who is being handled are in the same run. */
Test(mailbox, a_run_goes_on_over_a_reply)
{
    struct msg *a = line("a\r\n");

    lock_acquire(&lock);
    post(&bob, MAIL_MSG, a);
    conn_current = bob.conn;
    post(&bob, MAIL_MSG, a);
    conn_current = NULL;
    post(&bob, MAIL_MSG, a);
    lock_release(&lock);
    cr_expect_eq(refs(a), 2);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_eq(refs(a), 1);
    msg_unref(a);
}

Test(mailbox, a_run_cut_by_draining_is_two)
{
    struct msg *a = line("a\r\n");

    post_one(&bob, MAIL_MSG, a);
    turn(&bob);
    cr_expect_eq(refs(a), 1);
    post_one(&bob, MAIL_MSG, a);
    cr_expect_eq(refs(a), 2);
    turn(&bob);
    cr_expect_eq(refs(a), 1);
    msg_unref(a);
}

Test(mailbox, what_is_left_at_the_end_is_given_back)
{
    struct msg *a = line("a\r\n"), *b = line("b\r\n");

    for (int i = 0; i < 3; i++) {
        post_one(&bob, MAIL_MSG, a);
        post_one(&bob, MAIL_MSG, b);
        post_one(&bob, MAIL_MSG, b);
    }
    side_close(&bob);
    cr_expect_eq(refs(a), 1);
    cr_expect_eq(refs(b), 1);
    msg_unref(a);
    msg_unref(b);
    side_open(&bob);
}

/* Bytes that no reader has taken: more than --sendq and the kernel hold. */
static void post_too_much(struct msg *m)
{
    mailbox_enter(&alice.box); /* a loop, which is held, not blocked */
    lock_acquire(&lock);
    for (int i = 0; i < 1000; i++)
        post(&bob, MAIL_MSG, m);
    lock_release(&lock);
    mailbox_after_unlock();
    turn(&bob);
}

static struct msg *long_line(void)
{
    char text[1001];

    memset(text, 'x', 1000);
    text[998] = '\r';
    text[999] = '\n';
    text[1000] = '\0';
    return line(text);
}

Test(mailbox, who_does_not_read_is_doomed)
{
    struct msg *m = long_line();

    post_too_much(m);
    cr_expect_eq(bob.left, 1);
    cr_expect_eq(refs(m), 1);
    msg_unref(m);
}

/* Its reading stops instead: conn.h, conn_current. */
Test(mailbox, ones_own_replies_do_not_doom)
{
    struct msg *m = long_line();

    conn_current = bob.conn;
    post_too_much(m);
    conn_current = NULL;
    cr_expect_eq(bob.left, 0);
    cr_expect(bob.conn->paused);
    msg_unref(m);
}

/* ---- other entries ---- */

Test(mailbox, entries_of_all_kinds_keep_their_order)
{
    struct msg *a = line("a\r\n");

    lock_acquire(&lock);
    post(&bob, MAIL_OTHER, "1");
    post(&bob, MAIL_MSG, a);
    post(&bob, MAIL_OTHER, "2");
    post(&bob, MAIL_CLOSE, NULL);
    post(&bob, MAIL_OTHER, "3");
    lock_release(&lock);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_str_eq(bob.notes, "123");
    cr_expect_eq(bob.left, 1);
    cr_expect_null(bob.conn, "`gone` was posted to a loop at work on its mail");
    cr_expect_str_eq(peer_gets(&bob), "a\r\n");
    msg_unref(a);
}

Test(mailbox, gone_is_the_last_and_frees)
{
    struct msg *a = line("a\r\n");

    lock_acquire(&lock);
    post(&bob, MAIL_MSG, a);
    post(&bob, MAIL_GONE, NULL);
    lock_release(&lock);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_null(bob.conn);
    cr_expect_str_eq(peer_gets(&bob), "a\r\n");
    cr_expect_eq(recv(bob.peer, bob.got, 1, 0), 0);
    msg_unref(a);
}

Test(mailbox, pauses_for_a_long_reply_and_resumes)
{
    post_one(&bob, MAIL_MORE, NULL);
    peer_says(&bob, "1\n");
    for (int i = 0; i < 3; i++)
        turn(&bob);
    cr_expect_eq(bob.drained, 1);
    cr_expect_eq(bob.lines, 1);
}

Test(mailbox, resumes_with_the_lines_that_were_kept)
{
    bob.act = act_pause_at_first;
    peer_says(&bob, "1\n2\n3\n");
    turn(&bob);
    turn(&bob);
    cr_expect_eq(bob.lines, 1);
    post_one(&bob, MAIL_RESUME, NULL);
    turn(&bob);
    cr_expect_eq(bob.lines, 3);
}

/* The connection has begun to leave before the entry is read. */
Test(mailbox, what_comes_for_one_who_leaves_is_ignored)
{
    lock_acquire(&lock);
    post(&bob, MAIL_CLOSE, NULL);
    post(&bob, MAIL_CLOSE, NULL);
    post(&bob, MAIL_MORE, NULL);
    post(&bob, MAIL_RESUME, NULL);
    lock_release(&lock);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_eq(bob.left, 1);
    cr_expect_eq(bob.drained, 0);
    cr_expect_null(bob.conn);
}

/* ---- waking ---- */

Test(mailbox, one_wakeup_for_a_batch)
{
    mailbox_drain_at_turn_end(&bob.io); /* the last before it polls */
    post_notes(NULL, &bob, "1");
    post_notes(NULL, &bob, "2");
    post_notes(&alice, &bob, "3");
    cr_expect_eq(stats_read(STAT_WAKEUPS), 1);
    turn(&bob);
    cr_expect_str_eq(bob.notes, "123");
    post_notes(NULL, &bob, "4");
    cr_expect_eq(stats_read(STAT_WAKEUPS), 1, "it is not yet polling");
    mailbox_drain_at_turn_end(&bob.io);
    mailbox_drain_at_turn_end(&bob.io);
    post_notes(NULL, &bob, "5");
    cr_expect_eq(stats_read(STAT_WAKEUPS), 2);
    turn(&bob);
    cr_expect_str_eq(bob.notes, "12345");
}

Test(mailbox, the_own_loop_needs_no_wakeup)
{
    bob.act = act_note_to_self;
    peer_says(&bob, "1\n2\n3\n");
    turn(&bob); /* reads; what it posts lies there until the turn's end */
    turn(&bob);
    cr_expect_str_eq(bob.notes, "abc");
    cr_expect_eq(stats_read(STAT_WAKEUPS), 0);
}

/* The peer of the connection that leaves is told within the same turn. */
Test(mailbox, drains_what_draining_posts)
{
    post_one(&bob, MAIL_CLOSE, NULL);
    turn(&bob);
    cr_expect_eq(bob.left, 1);
    cr_expect_null(bob.conn);
    cr_expect_eq(bob.box.n, 0);
    cr_expect_not(atomic_load(&bob.box.marked));
}
