/*
 * protocol.md: JOIN, PART, TOPIC, NAMES, and QUIT as the rooms see it.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/glob.h"
#include "tests/contract/room.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Splits `text` at blanks, in place, sorted; the count. */
static size_t split_sorted(char *text, char **words, size_t max)
{
    size_t n = 0;
    char *save = NULL;
    for (char *w = strtok_r(text, " ", &save); w && n < max;
         w = strtok_r(NULL, " ", &save))
        words[n++] = w;
    qsort(words, n, sizeof(*words), by_text);
    return n;
}

/* 353 lines up to 366; together they must name exactly `names`. */
static void expect_names(struct peer *p, const char *room, const char *names)
{
    char got[1024] = "", want[1024], head[128];
    char *got_words[64], *want_words[64];
    int skip =
        snprintf(head, sizeof(head), ":irc.test 353 %s = %s :", p->name, room);
    for (;;) {
        const char *line = LINE(p);
        CHECK(line, "%s: expected 353 or 366, got the end", p->name);
        if (strncmp(line, head, (size_t)skip) != 0) {
            char end[128];
            snprintf(end, sizeof(end), ":irc.test 366 %s %s :*", p->name, room);
            CHECK(glob_match(end, line), "%s: expected \"%s\", got \"%s\"",
                  p->name, end, peer_show(line));
            break;
        }
        snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s",
                 line + skip);
    }
    snprintf(want, sizeof(want), "%s", names);
    size_t n = split_sorted(got, got_words, 64);
    size_t m = split_sorted(want, want_words, 64);
    CHECK(n == m, "%s: expected the names \"%s\", got %zu of them", p->name,
          names, n);
    for (size_t i = 0; i < n; i++)
        CHECK(!strcmp(got_words[i], want_words[i]),
              "%s: expected the names \"%s\", got \"%s\"", p->name, names,
              got_words[i]);
}

static void join_and_names(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *carol = ENTER(s, "carol");
    SEND(alice, "JOIN #a");
    EXPECT(alice, ":alice!~alice@127.0.0.1 JOIN #a");
    expect_names(alice, "#a", "@alice");
    SEND(bob, "JOIN #a");
    EXPECT(bob, ":bob!~bob@127.0.0.1 JOIN #a");
    expect_names(bob, "#a", "@alice bob");
    EXPECT(alice, ":bob!~bob@127.0.0.1 JOIN #a");
    SEND(carol, "JOIN #a key-nobody-asked-for");
    EXPECT(carol, ":carol!~carol@127.0.0.1 JOIN #a");
    expect_names(carol, "#a", "@alice bob carol");
    EXPECT(alice, ":carol!~carol@127.0.0.1 JOIN #a");
    EXPECT(bob, ":carol!~carol@127.0.0.1 JOIN #a");
    SEND(bob, "JOIN #a"); /* already in */
    ALL_QUIET(alice, bob, carol);
    SEND(bob, "NAMES #a");
    expect_names(bob, "#a", "@alice bob carol");
}

static void names_without_a_room(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    JOIN(p, "#a");
    SEND(p, "NAMES #nosuch");
    EXPECT(p, ":irc.test 366 alice #nosuch :*");
    QUIET(p);
    SEND(p, "NAMES");
    EXPECT(p, ":irc.test 366 alice \\* :*");
    QUIET(p);
}

static void join_with_topic(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    SEND(alice, "TOPIC #a :all about a");
    EXPECT(alice, ":alice!~alice@127.0.0.1 TOPIC #a :all about a");
    SEND(bob, "JOIN #a");
    EXPECT(bob, ":bob!~bob@127.0.0.1 JOIN #a");
    EXPECT(bob, ":irc.test 332 bob #a :all about a");
    const char *line = EXPECT(bob, ":irc.test 333 bob #a alice* *");
    long long at = atoll(strrchr(line, ' '));
    CHECK(at > 1500000000, "333: expected seconds since 1970, got \"%s\"",
          line);
    expect_names(bob, "#a", "@alice bob");
}

static void join_lists_and_errors(void)
{
    static const char *const bad[] = {"lobby", "&a",      "#",    "+a",
                                      "#a:b",  "#a\x07z", "\x01", "#a\x01b"};
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    SEND(p, "JOIN");
    EXPECT(p, ":irc.test 461 alice JOIN :*");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        SEND(p, "JOIN %s", bad[i]);
        EXPECT(p, ":irc.test 403 alice * :*");
        QUIET(p);
    }
    SEND(p, "JOIN #x,bad,#y");
    EXPECT(p, ":alice!* JOIN #x");
    expect_names(p, "#x", "@alice");
    EXPECT(p, ":irc.test 403 alice bad :*");
    EXPECT(p, ":alice!* JOIN #y");
    expect_names(p, "#y", "@alice");
    QUIET(p);
}

static void room_name_limits(void)
{
    char name[64] = "#";
    memset(name + 1, 'r', 49);
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    JOIN(p, name);
    name[50] = 'r';
    SEND(p, "JOIN %s", name);
    EXPECT(p, ":irc.test 403 alice * :*");
    JOIN(p, "#\xc3\xa4\xff!@*?.-+#");
    QUIET(p);
}

static void room_case_mapping_is_ascii(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#Lobby{}");
    SEND(bob, "JOIN #lOBBY{}");
    EXPECT(alice, ":bob!* JOIN #Lobby{}");
    EXPECT(bob, ":bob!* JOIN #Lobby{}");
    SKIP_TO(bob, ":irc.test 366 *");
    SEND(bob, "PRIVMSG #LOBBY{} :same");
    EXPECT(alice, ":bob!* PRIVMSG * :same");
    JOIN(bob, "#Lobby[]"); /* another room in ascii */
    ALL_QUIET(alice, bob);
}

static void join_zero_leaves_all(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(bob, "#a");
    JOIN(bob, "#b");
    JOIN(alice, "#a");
    JOIN(alice, "#b");
    EXPECT(bob, ":alice!* JOIN #a");
    EXPECT(bob, ":alice!* JOIN #b");
    SEND(alice, "JOIN 0");
    for (int i = 0; i < 2; i++) {
        EXPECT(alice, ":alice!~alice@127.0.0.1 PART #*");
        EXPECT(bob, ":alice!~alice@127.0.0.1 PART #*");
    }
    SEND(bob, "PRIVMSG #a :x\r\nPRIVMSG #b :x");
    ALL_QUIET(alice, bob);
    SEND(alice, "JOIN 0");
    QUIET(alice);
}

static void too_many_rooms_is_405(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER a 0 * :a");
    const char *line = SKIP_TO(p, ":irc.test 005 * CHANLIMIT=#:* *");
    int limit = atoi(strstr(line, "CHANLIMIT=#:") + 12);
    peer_name(p, "alice");
    FENCE(p);
    for (int i = 0; i < limit; i++)
        SEND(p, "JOIN #r%d", i);
    for (int i = 0; i < limit; i++)
        SKIP_TO(p, ":irc.test 366 alice #r%d :*", i);
    SEND(p, "JOIN #more");
    EXPECT(p, ":irc.test 405 alice #more :*");
    SEND(p, "PART #r3");
    EXPECT(p, ":alice!* PART #r3*");
    JOIN(p, "#more");
}

static void part(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    JOIN(bob, "#b");
    JOIN(bob, "#c");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(bob, "PART #a,#nosuch,#b :so long");
    EXPECT(bob, ":bob!~bob@127.0.0.1 PART #a :so long");
    EXPECT(bob, ":irc.test 403 bob #nosuch :*");
    EXPECT(bob, ":bob!~bob@127.0.0.1 PART #b :so long");
    EXPECT(alice, ":bob!~bob@127.0.0.1 PART #a :so long");
    SEND(bob, "PART #a");
    EXPECT(bob, ":irc.test 442 bob #a :*");
    SEND(bob, "PART");
    EXPECT(bob, ":irc.test 461 bob PART :*");
    SEND(bob, "PART #c");
    EXPECT(bob, ":bob!~bob@127.0.0.1 PART #c*");
    ALL_QUIET(alice, bob);
}

/* An empty room is gone: its topic with it, and the next one in is first. */
static void empty_room_is_forgotten(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    SEND(alice, "TOPIC #a :old\r\nPART #a");
    EXPECT(alice, ":alice!* TOPIC #a :old");
    EXPECT(alice, ":alice!* PART #a*");
    SEND(bob, "PART #a");
    EXPECT(bob, ":irc.test 403 bob #a :*");
    SEND(bob, "JOIN #a");
    EXPECT(bob, ":bob!* JOIN #a");
    expect_names(bob, "#a", "@bob");
}

/* The sign is the first member's, and nobody inherits it. */
static void first_member_sign_is_not_inherited(void)
{
    struct server *s = START(NULL);
    struct peer *p[3] = {ENTER(s, "u0"), ENTER(s, "u1"), ENTER(s, "u2")};
    for (int i = 0; i < 3; i++)
        JOIN(p[i], "#a");
    SEND(p[0], "PART #a");
    SKIP_TO(p[1], ":u0!* PART #a*");
    SEND(p[1], "NAMES #a");
    expect_names(p[1], "#a", "u1 u2");
    SKIP_TO(p[0], ":u0!* PART #a*");
    SEND(p[0], "JOIN #a");
    EXPECT(p[0], ":u0!* JOIN #a");
    expect_names(p[0], "#a", "u0 u1 u2");
}

static void topic(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *stranger = ENTER(s, "stranger");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(alice, "TOPIC #a");
    EXPECT(alice, ":irc.test 331 alice #a :*");
    SEND(bob, "TOPIC #a :by bob: x");
    EXPECT(alice, ":bob!~bob@127.0.0.1 TOPIC #a :by bob: x");
    EXPECT(bob, ":bob!~bob@127.0.0.1 TOPIC #a :by bob: x");
    SEND(alice, "TOPIC #a");
    EXPECT(alice, ":irc.test 332 alice #a :by bob: x");
    EXPECT(alice, ":irc.test 333 alice #a bob* *");
    SEND(stranger, "TOPIC #a :mine");
    EXPECT(stranger, ":irc.test 442 stranger #a :*");
    SEND(stranger, "TOPIC #nosuch :x");
    EXPECT(stranger, ":irc.test 403 stranger #nosuch :*");
    SEND(stranger, "TOPIC");
    EXPECT(stranger, ":irc.test 461 stranger TOPIC :*");
    SEND(alice, "TOPIC #a :");
    EXPECT(alice, ":alice!~alice@127.0.0.1 TOPIC #a :");
    EXPECT(bob, ":alice!~alice@127.0.0.1 TOPIC #a :");
    SEND(bob, "TOPIC #a");
    EXPECT(bob, ":irc.test 331 bob #a :*");
    ALL_QUIET(alice, bob, stranger);
}

static void long_topic_is_cut_to_topiclen(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER alice 0 * :a");
    const char *line = SKIP_TO(p, ":irc.test 005 * TOPICLEN=* *");
    size_t limit = (size_t)atoi(strstr(line, "TOPICLEN=") + 9);
    CHECK(limit > 0 && limit < 450, "expected a TOPICLEN that fits a line");
    char text[480];
    memset(text, 't', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    peer_name(p, "alice");
    JOIN(p, "#a");
    SEND(p, "TOPIC #a :%s\r\nTOPIC #a", text);
    text[limit] = '\0';
    line = EXPECT(p, ":alice!~alice@127.0.0.1 TOPIC #a :t*");
    CHECK(!strcmp(strrchr(line, ':') + 1, text),
          "expected %zu bytes of topic, got %zu", limit,
          strlen(strrchr(line, ':') + 1));
    line = EXPECT(p, ":irc.test 332 alice #a :t*");
    CHECK(!strcmp(strrchr(line, ':') + 1, text),
          "332: expected %zu bytes of topic, got %zu", limit,
          strlen(strrchr(line, ':') + 1));
}

static void quit_is_told_once_to_each_peer(void)
{
    enum { ROOMS = 100 };
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *carol = ENTER(s, "carol"), *dan = ENTER(s, "dan");
    struct peer *members[] = {bob, carol, alice};
    for (int m = 0; m < 3; m++) {
        for (int i = 0; i < ROOMS; i++)
            SEND(members[m], "JOIN #r%d", i);
        SKIP_TO(members[m], ":irc.test 366 * #r%d :*", ROOMS - 1);
    }
    JOIN(dan, "#dan");
    FENCE(bob);
    FENCE(carol);
    SEND(alice, "QUIT :gone for good");
    EXPECT(bob, ":alice!~alice@127.0.0.1 QUIT :Quit: gone for good");
    EXPECT(carol, ":alice!~alice@127.0.0.1 QUIT :Quit: gone for good");
    ALL_QUIET(bob, carol, dan);
    SEND(bob, "NAMES #r7");
    expect_names(bob, "#r7", "@bob carol");
}

static void names_of_hundreds_are_split(void)
{
    enum { MEMBERS = 400 };
    struct server *s = START(NULL);
    static struct peer *p[MEMBERS];
    static bool seen[MEMBERS];
    ROOM_FILL(p, 1, s, "the-very-first-one-of-all", "#big");
    ROOM_FILL(p + 1, MEMBERS - 1, s, "nick-of-thirty-bytes-with--", "#big");
    struct peer *late = ENTER(s, "late");
    SEND(late, "JOIN #big");
    EXPECT(late, ":late!* JOIN #big");
    int lines = 0, names = 0;
    const char *line;
    while ((line = LINE(late)) &&
           glob_match(":irc.test 353 late = #big :*", line)) {
        char text[520];
        char *save = NULL;
        snprintf(text, sizeof(text), "%s", strrchr(line, ':') + 1);
        lines++;
        for (char *w = strtok_r(text, " ", &save); w;
             w = strtok_r(NULL, " ", &save)) {
            names++;
            if (!strcmp(w, "late") || !strcmp(w, "@the-very-first-one-of-all0"))
                continue;
            char *dash = strrchr(w, '-');
            int index = dash ? atoi(dash + 1) : -1;
            CHECK(index >= 0 && index < MEMBERS - 1 && !seen[index],
                  "353: expected each name once, @ for the first, got %s", w);
            seen[index] = true;
        }
    }
    CHECK(glob_match(":irc.test 366 late #big :*", line),
          "expected 366 after 353, got \"%s\"", peer_show(line));
    CHECK_INT("names in 353", names, MEMBERS + 1);
    CHECK(lines > MEMBERS * 27 / 512, "expected many 353 lines, got %d", lines);
}

static const struct contract_case cases[] = {
    CASE(join_and_names),
    CASE(names_without_a_room),
    CASE(join_with_topic),
    CASE(join_lists_and_errors),
    CASE(room_name_limits),
    CASE(room_case_mapping_is_ascii),
    CASE(join_zero_leaves_all),
    CASE(too_many_rooms_is_405),
    CASE(part),
    CASE(empty_room_is_forgotten),
    CASE(first_member_sign_is_not_inherited),
    CASE(topic),
    CASE(long_topic_is_cut_to_topiclen),
    CASE(quit_is_told_once_to_each_peer),
    CASE(names_of_hundreds_are_split),
};
CONTRACT_SUITE(rooms)
