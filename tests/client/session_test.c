/* The conversation with a server: what the server does. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/client/session_play.h"

TestSuite(session, .init = play_set_up, .fini = play_tear_down);

Test(session, registers_joins_and_fences)
{
    rooms_add(&s.rooms, "#a");
    rooms_add(&s.rooms, "#b");
    session_start(&s);
    check_sent("NICK alice|USER al 0 * :alice|");
    hear("PING :early");
    check_sent("PONG :early|");
    hear(":s 001 alice :Welcome");
    check_sent("JOIN #a,#b|PING :fence-1|");
    cr_expect_not(session_is_ready(&s), "the rooms have not answered");
    hear(":alice!~al@127.0.0.1 JOIN #a");
    hear(":s 403 alice #b :No such channel");
    hear(":s PONG s :fence-1");
    cr_expect(session_is_ready(&s));
    cr_expect_eq(s.rooms.n, 1, "#b is not asked for again");
    cr_expect_eq(s.n_errors, 1);
    type("hi");
    check_sent("PRIVMSG #a :hi|PING :fence-2|");
    check_shown("<alice> hi\n");
}

Test(session, sends_the_password_first)
{
    s.config.password = "open sesame";
    session_start(&s);
    check_sent("PASS :open sesame|NICK alice|USER al 0 * :alice|");
    hear(":s 464 * :Password incorrect");
    cr_expect(s.refused);
    check_shown("Password incorrect");
}

Test(session, takes_another_nick_and_says_so)
{
    session_start(&s);
    text_clear(&sent);
    hear(":s 433 * alice :Nickname is already in use");
    check_sent("NICK alice_|");
    check_shown("-- the nick alice is taken, trying alice_\n");
    hear(":s 433 * alice_ :Nickname is already in use");
    check_sent("NICK alice__|");
    hear(":s 001 alice__ :Welcome");
    cr_expect_str_eq(s.nick, "alice__");
    /* After a reconnect the wanted one is tried again. */
    session_lost(&s);
    text_clear(&sent);
    session_start(&s);
    check_sent("NICK alice|USER al 0 * :alice|");
}

Test(session, gives_up_when_no_nick_is_left)
{
    int tries = 0;

    session_start(&s);
    while (!s.refused && tries++ < 100)
        hear(":s 433 * x :Nickname is already in use");
    cr_expect_eq(tries, 9);
    cr_expect(s.refused);
}

Test(session, a_chosen_nick_that_is_illegal_is_refused)
{
    session_start(&s);
    hear(":s 432 * alice :Erroneous nickname");
    cr_expect(s.refused);
}

Test(session, a_login_that_is_too_long_is_cut)
{
    s.config.nick_chosen = false;
    session_start(&s);
    text_clear(&sent);
    hear(":s 432 * alice :Nickname too long, max. 9 characters");
    check_sent("NICK alice_2|");
    cr_expect_not(s.refused);
}

Test(session, an_error_before_the_welcome_is_a_refusal)
{
    session_start(&s);
    hear("ERROR :Closing Link: too many connections");
    cr_expect(s.refused);
    check_shown("too many connections");
}

Test(session, unless_we_were_in_before)
{
    go_online();
    session_lost(&s);
    session_start(&s);
    hear("ERROR :Server shutting down");
    cr_expect_not(s.refused, "it will be back");
}

Test(session, rejoins_after_a_reconnect)
{
    go_online();
    type("/join #b");
    check_sent("JOIN #b|PING :fence-2|");
    cr_expect_not(session_is_ready(&s));
    hear(":alice!~al@127.0.0.1 JOIN #b");
    hear(":s PONG s :fence-2");
    type("one");
    check_sent("PRIVMSG #b :one|PING :fence-3|");
    hear(":s PONG s :fence-3");

    session_lost(&s);
    session_start(&s);
    text_clear(&sent);
    hear(":s 001 alice :Welcome");
    check_sent("JOIN #a,#b|PING :fence-1|");
    hear(":alice!~al@127.0.0.1 JOIN #a");
    hear(":alice!~al@127.0.0.1 JOIN #b");
    hear(":s PONG s :fence-1");
    type("two");
    check_sent("PRIVMSG #b :two|PING :fence-2|"); /* still the current one */
}

Test(session, follows_its_own_nick_and_rooms)
{
    go_online();
    hear(":alice!~al@127.0.0.1 NICK :bob");
    cr_expect_str_eq(s.nick, "bob");
    hear(":alice!~al@127.0.0.1 JOIN #b"); /* somebody else by now */
    cr_expect_not(rooms_is_joined(&s.rooms, "#b"));
    hear(":bob!~al@127.0.0.1 JOIN #b");
    cr_expect_str_eq(rooms_target(&s.rooms), "#b");
    hear(":bob!~al@127.0.0.1 PART #b");
    cr_expect_str_eq(rooms_target(&s.rooms), "#a");
    hear(":carol!x@y KICK #a Bob :out");
    cr_expect_null(rooms_target(&s.rooms));
    type("hi");
    check_shown("you are in no room");
}

Test(session, forgets_a_room_that_refuses)
{
    go_online();
    type("/join #full");
    hear(":s 405 alice #full :You have joined too many channels");
    hear(":s PONG s :fence-2");
    cr_expect_eq(s.rooms.n, 1);
    type("still here");
    check_shown("<alice> still here");
}

Test(session, other_pongs_answer_nothing)
{
    go_online();
    type("hi");
    hear(":s PONG s :something");
    hear(":s PONG s :fence-99");
    hear("PONG");
    cr_expect_not(session_is_settled(&s));
    cr_expect_eq(s.fence.n_lines, 1);
}
