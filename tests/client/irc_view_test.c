/* Lines from the server, as the user sees them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "client/irc_view.h"

static struct irc_view words;
static struct view view;

static void set_up(void)
{
    words = (struct irc_view){.nick = "me"};
    memset(&view, 0, sizeof(view));
    setenv("TZ", "UTC", 1);
}

static void tear_down(void)
{
    view_free(&view);
}

TestSuite(irc_view, .init = set_up, .fini = tear_down);

static void show(const char *line)
{
    char bytes[600];
    struct irc_message m;

    cr_assert_lt(strlen(line), sizeof(bytes));
    strcpy(bytes, line);
    cr_assert(irc_parse(bytes, strlen(bytes), &m), "%s", line);
    irc_view(&words, &m, &view);
}

static void check(const char *line, enum view_kind kind, const char *want)
{
    show(line);
    cr_expect_eq(view.kind, kind, "%s: kind %d", line, (int)view.kind);
    if (kind != VIEW_NONE)
        cr_expect_str_eq(view.text.data, want);
}

#define SAYS(kind, line, want) check(line, kind, want)
#define SILENT(line)           check(line, VIEW_NONE, "")

Test(irc_view, what_is_said)
{
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :hi  there", "<al> hi  there");
    cr_expect_eq(view.name_at, 1);
    cr_expect_eq(view.name_len, 2);
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :\001ACTION waves\001", "* al waves");
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :\001ACTION waves", "* al waves");
    SAYS(VIEW_PRIVATE, ":al!~a@h PRIVMSG me :psst", "[private] <al> psst");
    SAYS(VIEW_PRIVATE, ":al!~a@h PRIVMSG me :\001ACTION waves\001",
         "[private] * al waves");
    SAYS(VIEW_NOTICE, ":al!~a@h NOTICE me :beep", "-al- beep");
    SAYS(VIEW_NOTICE, ":irc.test NOTICE * :hello", "-irc.test- hello");
    SAYS(VIEW_NOTICE, "NOTICE AUTH :hello", "-server- hello");
    SAYS(VIEW_INFO, ":al!~a@h PRIVMSG me :\001VERSION\001",
         "-- al asks with CTCP VERSION");
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :", "<al> ");
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :\001", "<al> \xEF\xBF\xBD");
}

Test(irc_view, names_the_room_when_there_are_several)
{
    words.show_rooms = true;
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :hi", "#a <al> hi");
    SAYS(VIEW_CHAT, ":al!~a@h PRIVMSG #a :\001ACTION x\001", "#a * al x");
    SAYS(VIEW_NOTICE, ":al!~a@h NOTICE #a :hi", "#a -al- hi");
    SAYS(VIEW_PRIVATE, ":al!~a@h PRIVMSG me :hi", "[private] <al> hi");
}

Test(irc_view, who_comes_and_goes)
{
    SAYS(VIEW_INFO, ":al!~a@h JOIN #a", "-- al joined #a");
    SAYS(VIEW_INFO, ":al!~a@h JOIN :#a", "-- al joined #a");
    SAYS(VIEW_INFO, ":Me!~a@h JOIN #a", "-- you joined #a");
    SAYS(VIEW_INFO, ":al!~a@h PART #a", "-- al left #a");
    SAYS(VIEW_INFO, ":al!~a@h PART #a :so long", "-- al left #a (so long)");
    SAYS(VIEW_INFO, ":al!~a@h QUIT :Quit: bye", "-- al quit (Quit: bye)");
    SAYS(VIEW_INFO, ":al!~a@h NICK :bo", "-- al is now bo");
    SAYS(VIEW_INFO, ":me!~a@h NICK :bo", "-- you are now bo");
    SAYS(VIEW_INFO, ":al!~a@h KICK #a ME :out",
         "-- al removed you from #a (out)");
    SAYS(VIEW_INFO, ":al!~a@h KICK #a bo", "-- al removed bo from #a");
    SAYS(VIEW_INFO, ":al!~a@h INVITE me #a", "-- al invites you to #a");
    SAYS(VIEW_INFO, ":me!~a@h MODE me :+i", "-- you set mode +i on me");
}

Test(irc_view, topics)
{
    SAYS(VIEW_INFO, ":al!~a@h TOPIC #a :new", "-- al set the topic of #a: new");
    SAYS(VIEW_INFO, ":al!~a@h TOPIC #a :", "-- al cleared the topic of #a");
    SAYS(VIEW_INFO, ":s 332 me #a :the topic", "-- topic of #a: the topic");
    SAYS(VIEW_INFO, ":s 331 me #a :No topic is set", "-- #a has no topic");
    SAYS(VIEW_INFO, ":s 333 me #a al!~a@h 1000000000",
         "-- set by al on 2001-09-09 at 01:46");
}

Test(irc_view, lists_say_when_they_are_empty)
{
    SAYS(VIEW_INFO, ":s 353 me = #a :@al me", "-- in #a: @al me");
    SILENT(":s 366 me #a :End of /NAMES list");
    SAYS(VIEW_INFO, ":s 366 me #b :End of /NAMES list",
         "-- nobody to show for #b");
    SAYS(VIEW_INFO, ":s 352 me #a ~a 127.0.0.1 s al H@ :0 Alice A",
         "-- al (~a@127.0.0.1) in #a, here: Alice A");
    SAYS(VIEW_INFO, ":s 352 me * ~a 127.0.0.1 s al G :0 Alice A",
         "-- al (~a@127.0.0.1), away: Alice A");
    SILENT(":s 315 me #a :End of WHO");
    SAYS(VIEW_INFO, ":s 315 me x :End of WHO", "-- nobody to show for x");
}

Test(irc_view, errors_in_words)
{
    SAYS(VIEW_ERROR, ":s 401 me bob :No such nick/channel",
         "!! bob: No such nick/channel");
    SAYS(VIEW_ERROR, ":s 421 me FOO :Unknown command",
         "!! FOO: Unknown command");
    SAYS(VIEW_ERROR, ":s 451 * :You have not registered",
         "!! You have not registered");
    SAYS(VIEW_ERROR, "ERROR :Closing Link: 1.2.3.4 (bye)",
         "!! the server says: Closing Link: 1.2.3.4 (bye)");
    cr_expect(irc_view_is_error(401) && irc_view_is_error(502));
    cr_expect_not(irc_view_is_error(422) || irc_view_is_error(366) ||
                  irc_view_is_error(0));
}

Test(irc_view, greetings_without_their_noise)
{
    SAYS(VIEW_INFO, ":s 001 me :Welcome, me", "-- Welcome, me");
    SILENT(":s 002 me :Your host is s");
    SILENT(":s 005 me CASEMAPPING=ascii :are supported");
    SILENT(":s 375 me :- s message of the day -");
    SAYS(VIEW_INFO, ":s 372 me :- Be nice.", "-- Be nice.");
    SILENT(":s 376 me :End of MOTD");
    SILENT(":s 422 me :MOTD File is missing");
    SILENT("PING :x");
    SILENT(":s PONG s :x");
    SAYS(VIEW_INFO, ":s 301 me al :gone fishing",
         "-- al is away: gone fishing");
    SAYS(VIEW_INFO, ":s 900 me a b :c d", "-- a b: c d");
    SAYS(VIEW_INFO, ":s WALLOPS :x y", "-- WALLOPS x y");
}

/* Every field that a stranger fills, with what a terminal must not get. */
Test(irc_view, lets_no_control_through)
{
    static const char *const lines[] = {
        ":e\033vil!u@h PRIVMSG #\033a :x\033[2Jy",
        ":evil!u@h PRIVMSG me :\001ACTION \033c\001",
        ":evil!u@h NOTICE #a :\x9B"
        "0m\x7F\a",
        ":e\033!u@h JOIN #\033",
        ":e!u@h PART #a :\033",
        ":e!u@h QUIT :\033",
        ":e!u@h NICK \033",
        ":e!u@h TOPIC #\033 :\033",
        ":e!u@h KICK #\033 \033 :\033",
        ":e!u@h MODE #\033 \033",
        ":e!u@h INVITE me #\033",
        ":e!u@h PRIVMSG me :\001\033X\001",
        ":s\033 NOTICE * :\033",
        ":s 353 me = #\033 :\033",
        ":s 352 me #\033 \033 \033 s \033 H :0 \033",
        ":s 333 me #a \033 1",
        ":s 372 me :- \033",
        ":s 401 me \033 :\033",
        ":s 366 me \033 :end",
        "ERROR :\033",
        "W\033 \033 :\033",
    };

    words.show_rooms = true;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        show(lines[i]);
        for (size_t at = 0; at < view.text.len;) {
            uint32_t cp = 0;
            size_t n =
                utf8_decode(view.text.data + at, view.text.len - at, &cp);
            cr_assert(n > 0 && utf8_is_safe(cp), "line %zu byte %zu", i, at);
            at += n;
        }
    }
}

/* Short of parameters, no line may make it read past them. */
Test(irc_view, survives_missing_parameters)
{
    static const char *const commands[] = {
        "JOIN",    "PART", "QUIT",   "NICK",  "TOPIC", "KICK", "MODE",
        "INVITE",  "PING", "PONG",   "ERROR", "CAP",   "001",  "301",
        "PRIVMSG", "315",  "NOTICE", "324",   "331",   "332",  "333",
        "352",     "353",  "366",    "372",   "401",   "433",  "999"};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        show(commands[i]);
        char with_prefix[64] = ":x!y@z ";
        strcat(with_prefix, commands[i]);
        show(with_prefix);
        strcat(with_prefix, " me");
        show(with_prefix);
        strcat(with_prefix, " #a");
        show(with_prefix);
    }
}

Test(irc_view, what_we_say_ourselves)
{
    view_own(&view, "me", NULL, NULL, false, "hi", 2);
    cr_expect_str_eq(view.text.data, "<me> hi");
    cr_expect_eq(view.kind, VIEW_CHAT);
    view_own(&view, "me", "#a", NULL, true, "waves", 5);
    cr_expect_str_eq(view.text.data, "#a * me waves");
    view_own(&view, "me", NULL, "bob", false, "hi", 2);
    cr_expect_str_eq(view.text.data, "[to bob] <me> hi");
    cr_expect_eq(view.kind, VIEW_PRIVATE);
}
