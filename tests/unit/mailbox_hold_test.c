/*
 * mailbox_hold_test - who fills a mailbox is held back, and nobody for ever; in
 * one thread.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/sides.h"

TestSuite(mailbox_hold, .init = sides_open, .fini = sides_close);

static void tell_alice(struct side *s)
{
    post_notes(s, &alice, "x");
    mailbox_enter(&s->box);
}

Test(mailbox_hold, who_feeds_a_full_mailbox_stops_reading_until_it_is_drained)
{
    bob.act = tell_alice;
    peer_says(&bob, "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\n");
    turn(&bob);
    cr_expect_eq(bob.lines, MARK + 1, "held in the midst of its lines");
    cr_expect(bob.io.holding);
    turn(&bob);
    cr_expect_eq(bob.lines, MARK + 1);
    turn(&alice);
    cr_expect_eq(strlen(alice.notes), MARK + 1);
    turn(&bob); /* the release is in its mailbox; it reads on */
    cr_expect_eq(bob.lines, 13);
    turn(&alice);
    cr_expect_eq(strlen(alice.notes), 13);
    cr_expect_not(bob.io.holding);
}

Test(mailbox_hold, at_the_mark_nobody_is_held)
{
    post_notes(&bob, &alice, "1234567890");
    cr_expect_not(bob.io.holding);
    post_notes(&bob, &alice, "1");
    cr_expect(bob.io.holding);
}

/* Two that fill each other's are both released. */
Test(mailbox_hold, a_held_loop_drains_and_flushes)
{
    struct msg *a = line("a\r\n");

    post_one(&alice, MAIL_MSG, a);
    post_notes(&alice, &bob, "12345678901");
    post_notes(&bob, &alice, "12345678901");
    cr_expect(alice.io.holding);
    cr_expect(bob.io.holding);
    turn(&alice);
    cr_expect_str_eq(alice.notes, "12345678901");
    cr_expect_str_eq(peer_gets(&alice), "a\r\n");
    cr_expect(alice.io.holding);
    turn(&bob);
    cr_expect_str_eq(bob.notes, "12345678901");
    cr_expect_not(bob.io.holding);
    turn(&alice);
    cr_expect_not(alice.io.holding);
    msg_unref(a);
}

Test(mailbox_hold, a_loop_that_fills_its_own_is_held_for_a_turn)
{
    bob.act = act_note_to_self;
    peer_says(&bob, "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\n");
    turn(&bob);
    cr_expect_eq(bob.lines, MARK + 1);
    turn(&bob);
    cr_expect_eq(bob.lines, 13);
    cr_expect_eq(strlen(bob.notes), 13);
    cr_expect_not(bob.io.holding);
}

/* Drained between the post and mailbox_after_unlock: the release is there
 * before the hold, and must still undo it. */
Test(mailbox_hold, released_before_it_was_held)
{
    mailbox_enter(&bob.box);
    lock_acquire(&lock);
    for (int i = 0; i < MARK + 1; i++)
        post(&alice, MAIL_OTHER, "x");
    lock_release(&lock);
    mailbox_enter(&alice.box);
    cr_expect(mailbox_drain_at_turn_end(&alice.io));
    mailbox_enter(&bob.box);
    mailbox_after_unlock();
    turn(&bob);
    cr_expect_not(bob.io.holding);
}

static void do_nothing(struct side *s)
{
    (void)s;
}

/* Whatever else would have it read on has to wait as well. */
Test(mailbox_hold, a_connection_resumed_while_its_loop_is_held_stays_held)
{
    bob.act = act_pause_at_first;
    peer_says(&bob, "1\n2\n3\n");
    turn(&bob);
    turn(&bob);
    cr_expect_eq(bob.lines, 1);
    bob.act = do_nothing;
    post_notes(&bob, &alice, "12345678901");
    cr_expect(bob.io.holding);
    post_one(&bob, MAIL_RESUME, NULL);
    turn(&bob);
    cr_expect_eq(bob.lines, 1);
    peer_says(&bob, "4\n");
    turn(&bob);
    turn(&alice);
    cr_expect_eq(bob.lines, 1);
    turn(&bob); /* released */
    turn(&bob);
    cr_expect_eq(bob.lines, 4);
}
