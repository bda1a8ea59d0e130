/*
 * chat_register_test - from the first line to 001: CAP, PASS, NICK, USER, PING.
 * The greeting is in chat_greet_test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(register, .init = world_start, .fini = world_end);

static struct client *newcomer(void)
{
    return client_connect("127.0.0.1");
}

static bool is_in(const struct client *c)
{
    return chat_is_registered(c->user);
}

Test(register, takes_user_before_nick)
{
    struct client *c = newcomer();

    client_says(c, "USER al 0 * :A");
    QUIET(c);
    client_says(c, "NICK alice");
    cr_expect(is_in(c));
    EXPECT(c, ":s 001 alice :Welcome to the chat, alice!~al@127.0.0.1");
}

Test(register, takes_commands_in_any_case)
{
    struct client *c = newcomer();

    client_says(c, "nick alice");
    client_says(c, "UsEr al 0 * :A");
    cr_expect(is_in(c));
}

/* ---- CAP ---- */

Test(register, cap_ls_holds_until_cap_end)
{
    struct client *c = newcomer();

    ANSWER(c, "CAP LS 302", ":s CAP * LS :");
    client_says(c, "NICK alice");
    client_says(c, "USER al 0 * :A");
    QUIET(c);
    cr_expect_not(is_in(c));
    ANSWER(c, "PING x", ":s PONG s :x");
    client_says(c, "CAP END");
    cr_expect(is_in(c));
    EXPECT(c, ":s 001 alice :Welcome to the chat, alice!~al@127.0.0.1");
}

Test(register, cap_req_holds_and_is_refused_whole)
{
    struct client *c = newcomer();

    ANSWER(c, "CAP REQ :multi-prefix  sasl",
           ":s CAP * NAK :multi-prefix  sasl");
    client_says(c, "NICK alice");
    ANSWER(c, "CAP REQ :", ":s CAP alice NAK :");
    client_says(c, "USER al 0 * :A");
    cr_expect_not(is_in(c));
    client_says(c, "CAP END");
    cr_expect(is_in(c));
}

Test(register, cap_list_does_not_hold)
{
    struct client *c = newcomer();

    ANSWER(c, "CAP LIST", ":s CAP * LIST :");
    client_says(c, "NICK alice");
    client_says(c, "USER al 0 * :A");
    cr_expect(is_in(c));
}

Test(register, cap_end_alone_registers_nobody)
{
    struct client *c = newcomer();

    client_says(c, "CAP END");
    client_says(c, "NICK alice");
    client_says(c, "CAP END");
    QUIET(c);
    cr_expect_not(is_in(c));
}

Test(register, cap_after_registration)
{
    struct client *c = client_enter("alice");

    ANSWER(c, "CAP LS", ":s CAP alice LS :");
    ANSWER(c, "CAP REQ :x", ":s CAP alice NAK :x");
    ANSWER(c, "CAP LIST", ":s CAP alice LIST :");
    client_says(c, "CAP END");
    QUIET(c);
    ANSWER(c, "PRIVMSG #a :x", ":s 403 alice #a :No such channel");
}

Test(register, cap_of_unknown_kind)
{
    struct client *c = newcomer();

    ANSWER(c, "CAP FOO", ":s 410 * FOO :Invalid CAP command");
    ANSWER(c, "CAP ls", ":s CAP * LS :");
    ANSWER(c, "CAP", ":s 461 * CAP :Not enough parameters");
}

/* ---- PASS ---- */

static void start_with_password(void)
{
    world_start_with((struct chat_config){.password = "s3 cret"});
}

TestSuite(password, .init = start_with_password, .fini = world_end);

Test(password, right)
{
    struct client *c = newcomer();

    client_says(c, "PASS :s3 cret");
    client_says(c, "NICK alice");
    cr_expect_eq(client_says(c, "USER al 0 * :A"), CHAT_OK);
    cr_expect(is_in(c));
}

static const char *const wrong_passwords[] = {
    NULL, "PASS s3", "PASS :s3 cret ", "PASS :S3 cret", "PASS :", "PASS"};

Test(password, wrong_or_missing_is_refused)
{
    for (size_t i = 0; i < COUNT(wrong_passwords); i++) {
        struct client *c = newcomer();
        if (wrong_passwords[i])
            client_says(c, "%s", wrong_passwords[i]);
        client_forget(c); /* 461 for the empty ones */
        client_says(c, "NICK alice");
        cr_expect_eq(client_says(c, "USER al 0 * :A"), CHAT_CLOSE);
        cr_expect_not(is_in(c));
        EXPECT(c, ":s 464 alice :Password incorrect");
        QUIET(c);
        client_leaves(c, CHAT_QUIT);
        EXPECT(c, "ERROR :Closing Link: 127.0.0.1 (Bad password)");
        QUIET(c);
    }
}

Test(password, the_last_one_counts)
{
    struct client *c = newcomer(), *d = newcomer();

    client_says(c, "PASS wrong");
    client_says(c, "PASS :s3 cret");
    client_says(c, "NICK alice");
    cr_expect_eq(client_says(c, "USER al 0 * :A"), CHAT_OK);
    client_says(d, "PASS :s3 cret");
    client_says(d, "PASS wrong");
    client_says(d, "NICK dave");
    cr_expect_eq(client_says(d, "USER d 0 * :D"), CHAT_CLOSE);
}

Test(register, pass_is_ignored_without_a_password)
{
    struct client *c = newcomer();

    client_says(c, "PASS whatever");
    QUIET(c);
    ANSWER(c, "PASS", ":s 461 * PASS :Not enough parameters");
    client_says(c, "NICK alice");
    client_says(c, "USER al 0 * :A");
    cr_expect(is_in(c));
    client_forget(c);
    ANSWER(c, "PASS x", ":s 462 alice :You may not reregister");
}

/* ---- NICK ---- */

#define NICK_30 "abcdefghijklmnopqrstuvwxyz0123"

static const struct {
    const char *say, *answer;
} nick_errors[] = {
    {"NICK", ":s 431 * :No nickname given"},
    {"NICK :", ":s 431 * :No nickname given"},
    {"NICK 1a", ":s 432 * 1a :Erroneous nickname"},
    {"NICK -a", ":s 432 * -a :Erroneous nickname"},
    {"NICK a!b", ":s 432 * a!b :Erroneous nickname"},
    {"NICK #a", ":s 432 * #a :Erroneous nickname"},
    {"NICK a\xC3\xA9", ":s 432 * a\xC3\xA9 :Erroneous nickname"},
    {"NICK " NICK_30 "4", ":s 432 * " NICK_30 "4 :Erroneous nickname"},
    {"NICK taken", ":s 433 * taken :Nickname is already in use"},
    {"NICK TAKEN", ":s 433 * TAKEN :Nickname is already in use"},
    {"NICK half", ":s 433 * half :Nickname is already in use"},
};

Test(register, nick_errors)
{
    struct client *half = newcomer(), *c;

    client_enter("taken");
    client_says(half, "NICK Half");
    c = newcomer();
    for (size_t i = 0; i < COUNT(nick_errors); i++)
        ANSWER(c, nick_errors[i].say, nick_errors[i].answer);
    client_says(c, "NICK " NICK_30);
    QUIET(c);
    cr_expect_str_eq(chat_nick(c->user), NICK_30);
    client_enter("ab{");
    client_enter("ab["); /* another nick: casemapping is ascii, not rfc1459 */
}

Test(register, nick_is_free_again_after_leaving_or_renaming)
{
    struct client *a = client_enter("a"), *b = newcomer(), *c = newcomer();

    client_says(a, "NICK a2");
    client_says(b, "NICK a");
    cr_expect_str_eq(chat_nick(b->user), "a");
    client_says(b, "NICK b");
    client_says(c, "NICK a");
    cr_expect_str_eq(chat_nick(c->user), "a");
    client_leaves(c, CHAT_EOF);
    client_forget(a);
    ANSWER(a, "NICK a", ":a2!~a@127.0.0.1 NICK :a");
}

Test(register, nick_may_change_before_registration)
{
    struct client *c = newcomer();

    client_says(c, "NICK one");
    client_says(c, "NICK two");
    QUIET(c);
    client_says(c, "USER u 0 * :U");
    EXPECT(c, ":s 001 two :Welcome to the chat, two!~u@127.0.0.1");
}

Test(register, nick_change_is_told)
{
    struct client *c = client_enter("alice");

    ANSWER(c, "NICK bob", ":alice!~alice@127.0.0.1 NICK :bob");
    ANSWER(c, "NICK Bob", ":bob!~alice@127.0.0.1 NICK :Bob");
    client_says(c, "NICK Bob");
    QUIET(c);
    ANSWER(c, "FOO", ":s 421 Bob FOO :Unknown command");
    ANSWER(c, "NICK 1", ":s 432 Bob 1 :Erroneous nickname");
    ANSWER(c, "PRIVMSG bOB :me", ":Bob!~alice@127.0.0.1 PRIVMSG Bob :me");
}

/* ---- USER ---- */

Test(register, user_errors)
{
    struct client *c = newcomer();

    ANSWER(c, "USER", ":s 461 * USER :Not enough parameters");
    ANSWER(c, "USER u 0 *", ":s 461 * USER :Not enough parameters");
    ANSWER(c, "USER u 0 * :", ":s 461 * USER :Not enough parameters");
    client_says(c, "NICK alice");
    cr_expect_not(is_in(c));
    client_says(c, "USER u 0 * :U");
    client_forget(c);
    ANSWER(c, "USER u 0 * :U", ":s 462 alice :You may not reregister");
}

/* A user name is cut to 12 with its '~', and cannot forge a prefix. */
static const struct {
    const char *name, *shown;
} user_names[] = {
    {"u", "~u"},
    {"abcdefghijklmnop", "~abcdefghijk"},
    {"a@b!c:d", "~abcd"},
    {"***", "~user"},
    {"\xC3\xA9t\x01\xC3\xA9", "~t"},
    {"~root", "~~root"},
};

Test(register, user_names_are_made_safe)
{
    for (size_t i = 0; i < COUNT(user_names); i++) {
        struct client *c = newcomer();
        char want[100];
        client_says(c, "NICK n%zu", i);
        client_says(c, "USER %s 0 * :U", user_names[i].name);
        snprintf(want, sizeof(want),
                 ":s 001 n%zu :Welcome to the chat, n%zu!%s@127.0.0.1", i, i,
                 user_names[i].shown);
        EXPECT(c, want);
        client_forget(c);
    }
}

/* ---- before 001 ---- */

static const char *const barred[] = {"JOIN #a",      "JOIN :",   "PART #a",
                                     "PRIVMSG a :x", "MODE a",   "WHO a",
                                     "WHOIS a",      "NAMES #a", "TOPIC #a",
                                     "LIST",         "AWAY",     "ISON a",
                                     "USERHOST a",   "LUSERS",   "MOTD",
                                     "FOO",          "join #a",  "PRIVMSG",
                                     "\xFF",         "001"};

Test(register, the_rest_has_to_wait)
{
    struct client *c = newcomer();

    for (size_t i = 0; i < COUNT(barred); i++)
        ANSWER(c, barred[i], ":s 451 * :You have not registered");
    client_says(c, "NICK alice");
    for (size_t i = 0; i < COUNT(barred); i++)
        ANSWER(c, barred[i], ":s 451 alice :You have not registered");
    client_says(c, "NOTICE a :never answered");
    QUIET(c);
}

/* Who has a nick but is not in cannot be written to, or asked about. */
Test(register, is_not_there_before_001)
{
    struct client *a = client_enter("a"), *c = newcomer();

    client_says(c, "NICK half");
    ANSWER(a, "PRIVMSG half :x", ":s 401 a half :No such nick/channel");
    ANSWER(a, "WHO half", ":s 315 a half :End of /WHO list.");
    client_says(a, "WHO *");
    EXPECT(a, ":s 352 a * ~a 127.0.0.1 s a H :0 Real a");
    EXPECT(a, ":s 315 a * :End of /WHO list.");
    ANSWER(a, "ISON half", ":s 303 a :");
    ANSWER(a, "USERHOST half", ":s 302 a :");
    client_says(a, "WHOIS half");
    EXPECT(a, ":s 401 a half :No such nick/channel");
    EXPECT(a, ":s 318 a half :End of /WHOIS list.");
    ANSWER(a, "MODE half", ":s 401 a half :No such nick/channel");
    QUIET(c);
}

/* ---- PING, unknown commands, too long ---- */

Test(register, ping_and_pong)
{
    struct client *c = newcomer();

    ANSWER(c, "PING", ":s 409 * :No origin specified");
    ANSWER(c, "PING :", ":s 409 * :No origin specified");
    ANSWER(c, "PING a", ":s PONG s :a");
    ANSWER(c, "PING :a b", ":s PONG s :a b");
    ANSWER(c, "PING a b", ":s PONG s :a");
    client_says(c, "PONG :s");
    client_says(c, "PONG");
    QUIET(c);
}

Test(register, unknown_command)
{
    struct client *c = client_enter("alice");

    ANSWER(c, "foo bar", ":s 421 alice foo :Unknown command");
    ANSWER(c, "PRIVMSGS", ":s 421 alice PRIVMSGS :Unknown command");
    ANSWER(c, "KICK #a b", ":s 421 alice KICK :Unknown command");
}

/* What is repeated of a line stands in the answer as one parameter or, where
 * it cannot, as "*", so that the answer still reads as what it is. */
static const struct {
    const char *say, *answer;
} repeated[] = {
    {"NICK :a b", ":s 432 a * :Erroneous nickname"},
    {"NICK :  ", ":s 432 a * :Erroneous nickname"},
    {"JOIN ::x", ":s 403 a * :No such channel"},
    {"JOIN :#a b,x", ":s 403 a * :No such channel"},
    {"PART :a  b", ":s 403 a * :No such channel"},
    {"TOPIC :x y", ":s 403 a * :No such channel"},
    {"NAMES :x y", ":s 366 a * :End of /NAMES list."},
    {"MODE :x y", ":s 401 a * :No such nick/channel"},
    {"MODE :#x y", ":s 403 a * :No such channel"},
    {"MODE #r :+ n", ":s 472 a ? :is unknown mode char to me"},
    {"MODE #r +:", ":s 472 a ? :is unknown mode char to me"},
    {"WHO :x y", ":s 315 a * :End of /WHO list."},
    {"WHO :zz* y*", ":s 315 a * :End of /WHO list."},
    {"CAP :", ":s 410 a * :Invalid CAP command"},
    {"CAP :X Y", ":s 410 a * :Invalid CAP command"},
    {"PRIVMSG x:y :z", ":s 401 a x:y :No such nick/channel"},
    {"@t :p :q r", ":s 421 a * :Unknown command"},
};

Test(register, what_is_repeated_is_one_parameter)
{
    struct client *a = client_enter("a");

    room_join(a, "#r");
    for (size_t i = 0; i < COUNT(repeated); i++) {
        client_says(a, "%s", repeated[i].say);
        EXPECT(a, repeated[i].answer);
        client_forget(a);
    }
    client_says(a, "WHOIS :x y");
    EXPECT(a, ":s 401 a * :No such nick/channel");
    EXPECT(a, ":s 318 a * :End of /WHOIS list.");
}

Test(register, line_too_long)
{
    struct client *c = newcomer();

    chat_line_too_long(world.chat, c->user);
    EXPECT(c, ":s 417 * :Input line was too long");
}
