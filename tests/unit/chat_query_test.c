/*
 * chat_query_test - WHO, WHOIS, LIST, MODE of oneself, USERHOST, ISON: what
 * they show, and to whom.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(query, .init = world_start, .fini = world_end);

static const struct {
    const char *say, *answer;
} errors[] = {
    {"WHOIS", ":s 431 a :No nickname given"},
    {"WHOIS :", ":s 431 a :No nickname given"},
    {"USERHOST", ":s 461 a USERHOST :Not enough parameters"},
    {"USERHOST :", ":s 461 a USERHOST :Not enough parameters"},
    {"ISON", ":s 461 a ISON :Not enough parameters"},
    {"ISON :", ":s 461 a ISON :Not enough parameters"},
    {"WHO nobody", ":s 315 a nobody :End of /WHO list."},
    {"WHO #none", ":s 315 a #none :End of /WHO list."},
    {"WHO z*", ":s 315 a z* :End of /WHO list."},
    {"WHO * o", ":s 315 a * :End of /WHO list."},
    {"WHO b o", ":s 315 a b :End of /WHO list."},
    {"MODE nobody", ":s 401 a nobody :No such nick/channel"},
    {"MODE b", ":s 502 a :Cannot change mode for other users"},
    {"MODE b +i", ":s 502 a :Cannot change mode for other users"},
};

Test(query, errors_and_empty_answers)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    for (size_t i = 0; i < COUNT(errors); i++)
        ANSWER(a, errors[i].say, errors[i].answer);
    QUIET(b);
}

/* ---- MODE of oneself ---- */

Test(query, own_mode)
{
    struct client *a = client_enter("A");

    ANSWER(a, "MODE a", ":s 221 A +");
    ANSWER(a, "MODE A :", ":s 221 A +");
    ANSWER(a, "MODE a +i", ":A!~A@127.0.0.1 MODE A :+i");
    client_says(a, "MODE a +i");
    QUIET(a);
    ANSWER(a, "MODE a", ":s 221 A +i");
    ANSWER(a, "MODE a -i", ":A!~A@127.0.0.1 MODE A :-i");
    ANSWER(a, "MODE a i", ":A!~A@127.0.0.1 MODE A :+i");
    ANSWER(a, "MODE a +i-i", ":A!~A@127.0.0.1 MODE A :-i");
    ANSWER(a, "MODE a +x", ":s 501 A :Unknown MODE flag");
    client_says(a, "MODE a +ix");
    EXPECT(a, ":A!~A@127.0.0.1 MODE A :+i");
    EXPECT(a, ":s 501 A :Unknown MODE flag");
    QUIET(a);
}

/* ---- WHO ---- */

Test(query, who_of_a_room)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *out = client_enter("out");

    room_fill("#R", 2, (struct client *[]){a, b});
    client_says(b, "AWAY :x");
    client_says(a, "MODE a +i");
    client_forget(a);
    client_forget(b);
    client_says(a, "WHO #r");
    cr_expect_eq(client_count(a, ":s 352 a #R ~a 127.0.0.1 s a H@ :0 Real a"),
                 1);
    cr_expect_eq(client_count(a, ":s 352 a #R ~b 127.0.0.1 s b G :0 Real b"),
                 1);
    cr_expect_eq(client_count(a, ":s 315 a #r :End of /WHO list."), 1);
    cr_expect_eq(client_pending(a), 3);
    client_says(out, "WHO #R");
    EXPECT(out, ":s 352 out #R ~b 127.0.0.1 s b G :0 Real b");
    EXPECT(out, ":s 315 out #R :End of /WHO list.");
    QUIET(out);
}

/* The nicks of the pending 352 lines, sorted, as "a b c"; the 315 is last. */
static const char *who_nicks(struct client *c)
{
    static char text[8192];
    char nicks[200][IRC_NICK_MAX + 1];
    size_t n = 0;

    while (client_pending(c) > 1) {
        cr_assert_eq(sscanf(client_next(c), ":s 352 %*s %*s %*s %*s s %30s",
                            nicks[n++]),
                     1);
        cr_assert_lt(n, COUNT(nicks));
    }
    qsort(nicks, n, sizeof(nicks[0]),
          (int (*)(const void *, const void *))strcmp);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        strcat(strcat(text, i ? " " : ""), nicks[i]);
    cr_assert_eq(strncmp(client_next(c), ":s 315 ", 7), 0);
    return text;
}

/* A nick by itself, and masks of everything that a line shows. */
static const struct {
    const char *say, *nicks;
} whos[] = {
    {"WHO al", "al"},      {"WHO AL", "al"},      {"WHO hid", "hid"},
    {"WHO *", "al bo cy"}, {"WHO", "al bo cy"},   {"WHO 0", "al bo cy"},
    {"WHO :", "al bo cy"}, {"WHO ?O", "bo"},      {"WHO ~c*", "cy"},
    {"WHO 10.*", "cy"},    {"WHO *Bo", "bo"},     {"WHO s*", "al bo cy"},
    {"WHO a", ""},         {"WHO *nothing*", ""}, {"WHO ~al", ""},
    {"WHO 10.0.0.1", ""},  {"WHO REAL*C*", "cy"},
};

Test(query, who_by_nick_and_mask)
{
    struct client *al = client_enter("al"), *cy, *hid;

    client_enter("bo");
    cy = client_connect("10.0.0.1");
    client_says(cy, "NICK cy");
    client_says(cy, "USER cy 0 * :Real cy");
    hid = client_enter("hid");
    client_says(hid, "MODE hid +i");
    for (size_t i = 0; i < COUNT(whos); i++) {
        client_says(al, "%s", whos[i].say);
        const char *nicks = who_nicks(al);
        cr_expect_str_eq(nicks, whos[i].nicks, "%s: %s", whos[i].say, nicks);
    }
    client_forget(hid);
    client_says(hid, "WHO *");
    cr_expect_str_eq(who_nicks(hid), "al bo cy hid", "sees itself");
    room_fill("#r", 2, (struct client *[]){al, hid});
    client_says(al, "WHO h*");
    cr_expect_str_eq(who_nicks(al), "hid", "shares a room");
}

/* ---- WHOIS ---- */

Test(query, whois)
{
    struct client *a = client_enter("a"), *b = client_enter("Bo");

    room_join(b, "#one");
    room_fill("#two", 2, (struct client *[]){a, b});
    world.now += 60;
    client_says(b, "AWAY :gone");
    client_says(a, "WHOIS bO");
    EXPECT(a, ":s 311 a Bo ~Bo 127.0.0.1 * :Real Bo");
    EXPECT(a, ":s 319 a Bo :@#one #two");
    EXPECT(a, ":s 312 a Bo s :chat " CHAT_VERSION);
    EXPECT(a, ":s 301 a Bo :gone");
    EXPECT(a, ":s 317 a Bo 60 1000000000 :seconds idle, signon time");
    EXPECT(a, ":s 318 a bO :End of /WHOIS list.");
    QUIET(a);
    client_says(b, "PRIVMSG a :x");
    world.now += 7;
    client_forget(a);
    client_says(a, "WHOIS s Bo");
    cr_expect_eq(
        client_count(a, ":s 317 a Bo 7 1000000000 :seconds idle, signon time"),
        1);
    client_forget(a);
    client_says(a, "WHOIS nobody");
    EXPECT(a, ":s 401 a nobody :No such nick/channel");
    EXPECT(a, ":s 318 a nobody :End of /WHOIS list.");
    QUIET(a);
}

Test(query, whois_shows_rooms_of_the_invisible_only_to_sharers)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(b, "#secret");
    room_fill("#both", 2, (struct client *[]){a, b});
    client_says(b, "MODE b +i");
    client_forget(b);
    client_says(a, "WHOIS b");
    cr_expect_eq(client_count(a, ":s 319 a b :#both"), 1);
    client_says(b, "WHOIS b");
    cr_expect_eq(client_count(b, ":s 319 b b :@#secret #both"), 1);
    client_says(a, "PART #both");
    client_forget(a);
    client_says(a, "WHOIS b");
    cr_expect_eq(client_pending(a), 4, "no 319 at all");
}

/* A hundred rooms take several 319 lines. */
Test(query, whois_splits_the_rooms_at_512)
{
    struct client *a = client_enter("a");
    char room[64], line[600];
    int seen = 0;

    for (int i = 0; i < 100; i++) {
        snprintf(room, sizeof(room), "#a_room_with_a_long_name_%d", i);
        room_join(a, room);
    }
    client_says(a, "WHOIS a");
    client_next(a);
    for (;;) {
        snprintf(line, sizeof(line), "%s", client_next(a));
        if (strncmp(line, ":s 319 a a :", 12) != 0)
            break;
        for (char *p = strtok(line + 12, " "); p; p = strtok(NULL, " ")) {
            snprintf(room, sizeof(room), "@#a_room_with_a_long_name_%d",
                     seen++);
            cr_assert_str_eq(p, room);
        }
    }
    cr_expect_eq(seen, 100);
}

/* ---- LIST ---- */

Test(query, list)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    client_says(a, "LIST");
    EXPECT(a, ":s 321 a Channel :Users  Name");
    EXPECT(a, ":s 323 a :End of /LIST");
    QUIET(a);
    room_fill("#X", 2, (struct client *[]){a, b});
    room_join(b, "#y");
    client_says(b, "TOPIC #y :on y");
    client_says(a, "LIST");
    EXPECT(a, ":s 321 a Channel :Users  Name");
    EXPECT(a, ":s 322 a #y 1 :on y");
    EXPECT(a, ":s 322 a #X 2 :");
    EXPECT(a, ":s 323 a :End of /LIST");
    client_says(a, "LIST #Y,#none,#x");
    EXPECT(a, ":s 321 a Channel :Users  Name");
    EXPECT(a, ":s 322 a #y 1 :on y");
    EXPECT(a, ":s 322 a #X 2 :");
    EXPECT(a, ":s 323 a :End of /LIST");
    QUIET(a);
}

/* ---- USERHOST, ISON ---- */

Test(query, userhost)
{
    struct client *a = client_enter("a"), *b = client_enter("Bo");

    client_says(b, "AWAY :x");
    ANSWER(a, "USERHOST bO", ":s 302 a :Bo=-~Bo@127.0.0.1");
    ANSWER(a, "USERHOST bo x a", ":s 302 a :Bo=-~Bo@127.0.0.1 a=+~a@127.0.0.1");
    ANSWER(a, "USERHOST x", ":s 302 a :");
    ANSWER(a, "USERHOST x x x x x a", ":s 302 a :"); /* five at most */
}

Test(query, ison)
{
    struct client *a = client_enter("a");

    client_enter("Bo");
    ANSWER(a, "ISON bo", ":s 303 a :Bo");
    ANSWER(a, "ISON x bo y a", ":s 303 a :Bo a");
    ANSWER(a, "ISON :x bo  a ", ":s 303 a :Bo a");
    ANSWER(a, "ISON x", ":s 303 a :");
}

/* An answer longer than a line ends with a whole entry: half a nick would be
 * somebody else's. */
Test(query, ison_and_userhost_never_cut_an_entry)
{
    static const char host[] = "2001:db8:1111:2222:3333:4444:5555:6666";
    static const char nick[] = "abcdefghijklmnopqrstuvwxyz012";
    char ask[512] = "", ask5[512] = "";
    struct client *a;

    world_end();
    world_start_with((struct chat_config){
        .name = "a.server.whose.name.takes.as.much.as.the.options.let.it.to"});
    a = client_enter("abcdefghijklmnopqrstuvwxyz0129");
    for (int i = 0; i < 9; i++) {
        struct client *c = client_connect(host);
        client_says(c, "NICK %s%d", nick, i);
        client_says(c, "USER abcdefghijklm 0 * :x");
        snprintf(ask + strlen(ask), 64, " %s%d", nick, i);
        if (i < 5)
            snprintf(ask5 + strlen(ask5), 64, " %s%d", nick, i);
    }
    /* With each length of the asker's nick a line ends at another place. */
    for (int len = 30; len > 0; len--) {
        client_says(a, "NICK %.*s", len, "zyxwvutsrqponmlkjihgfedcba0129");
        client_forget(a);
        client_says(a, "ISON%s%s", ask, ask5);
        const char *line = strrchr(client_next(a), ' ') + 1;
        line += *line == ':';
        cr_expect_eq(strlen(line), 30, "cut: %s", line);
    }
    client_says(a, "NICK abcdefghijklmnopqrstuvwxyz0129");
    client_forget(a);
    client_says(a, "USERHOST%s", ask5);
    const char *last = strrchr(client_next(a), '@') + 1;
    cr_expect_str_eq(last, host);
}
