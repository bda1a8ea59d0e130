/*
 * The delivery contract, point 4, and protocol.md's "Lines": input cut and
 * joined at any byte, line ends, overlong lines, what is relayed of them.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

/* A whole session of `nick`, from registering to leaving. */
static size_t session_text(char *out, size_t size, const char *nick)
{
    return (size_t)snprintf(out, size,
                            "NICK %s\r\nUSER %s 0 * :Real Name\r\n"
                            "JOIN #a\nPRIVMSG #a :one two\r\n\r\n"
                            "@t=1 :x PRIVMSG #a :tagged\r\n"
                            "NOTICE #a :three\r\nQUIT :done\r\n",
                            nick, nick);
}

/* What the session looks like to its client and to a member of #a. */
static void expect_session(struct peer *p, struct peer *member,
                           const char *nick)
{
    SKIP_TO(p, ":irc.test 001 %s :*", nick);
    SKIP_TO(p, ":%s!~%s@127.0.0.1 JOIN #a", nick, nick);
    SKIP_TO(p, ":irc.test 366 %s #a :*", nick);
    EXPECT(p, "ERROR :Closing Link: 127.0.0.1 (Quit: done)");
    EXPECT_CLOSE(p);
    peer_close(p);
    EXPECT(member, ":%s!~%s@127.0.0.1 JOIN #a", nick, nick);
    EXPECT(member, ":%s!~%s@127.0.0.1 PRIVMSG #a :one two", nick, nick);
    EXPECT(member, ":%s!~%s@127.0.0.1 PRIVMSG #a :tagged", nick, nick);
    EXPECT(member, ":%s!~%s@127.0.0.1 NOTICE #a :three", nick, nick);
    EXPECT(member, ":%s!~%s@127.0.0.1 QUIT :Quit: done", nick, nick);
}

static void cut_at_every_byte(void)
{
    struct server *s = START(NULL);
    struct peer *member = ENTER(s, "member");
    JOIN(member, "#a");
    char text[512], nick[16];
    size_t len = session_text(text, sizeof(text), "cut000");
    for (size_t cut = 1; cut < len; cut++) {
        snprintf(nick, sizeof(nick), "cut%03zu", cut);
        session_text(text, sizeof(text), nick);
        struct peer *p = CONNECT(s);
        peer_name(p, nick);
        peer_send_raw(p, text, cut);
        /* By then the server has been round its sockets once, so the first
         * piece came alone. (member cannot be the witness: its fence would
         * drop what has been relayed to it.) */
        struct peer *witness = CONNECT(s);
        FENCE(witness);
        peer_close(witness);
        peer_send_raw(p, text + cut, len - cut);
        expect_session(p, member, nick);
    }
    QUIET(member);
}

static void cut_in_three(void)
{
    struct server *s = START(NULL);
    struct peer *member = ENTER(s, "member");
    struct peer *witness = ENTER(s, "witness");
    JOIN(member, "#a");
    char text[512], nick[16];
    size_t len = session_text(text, sizeof(text), "cut000");
    for (size_t cut = 1; cut + 7 < len; cut += 3) {
        snprintf(nick, sizeof(nick), "cut%03zu", cut);
        session_text(text, sizeof(text), nick);
        struct peer *p = CONNECT(s);
        peer_name(p, nick);
        peer_send_raw(p, text, cut);
        FENCE(witness);
        peer_send_raw(p, text + cut, 7);
        FENCE(witness);
        peer_send_raw(p, text + cut + 7, len - cut - 7);
        expect_session(p, member, nick);
    }
}

static void one_byte_at_a_time(void)
{
    struct server *s = START(NULL);
    struct peer *member = ENTER(s, "member");
    struct peer *witness = ENTER(s, "witness");
    JOIN(member, "#a");
    char text[512];
    size_t len = session_text(text, sizeof(text), "drip");
    struct peer *p = CONNECT(s);
    peer_name(p, "drip");
    for (size_t i = 0; i < len; i++) {
        peer_send_raw(p, text + i, 1);
        FENCE(witness);
    }
    expect_session(p, member, "drip");
}

static void all_in_one_segment(void)
{
    struct server *s = START(NULL);
    struct peer *member = ENTER(s, "member");
    JOIN(member, "#a");
    char text[512];
    size_t len = session_text(text, sizeof(text), "once");
    struct peer *p = CONNECT(s);
    peer_send_raw(p, text, len);
    expect_session(p, member, "once");
}

static void thousands_pipelined_in_order(void)
{
    enum { COUNT = 5000 };
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    static char text[COUNT * 16];
    size_t len = 0;
    for (int i = 0; i < COUNT; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "PING %d\r\n", i);
    CASE_AT;
    peer_send_raw(p, text, len);
    for (int i = 0; i < COUNT; i++)
        EXPECT(p, ":irc.test PONG irc.test :%d", i);
    QUIET(p);
}

static void line_ends(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    static const char text[] = "PING lf\nPING crlf\r\n\r\n\n\r\n\n  \r\n"
                               "PING after-empty\r\n";
    peer_send_raw(p, text, sizeof(text) - 1);
    EXPECT(p, ":irc.test PONG irc.test :lf");
    EXPECT(p, ":irc.test PONG irc.test :crlf");
    EXPECT(p, ":irc.test PONG irc.test :after-empty");
    QUIET(p);
}

static void crlf_split_between_segments(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    struct peer *witness = ENTER(s, "witness");
    for (int i = 0; i < 20; i++) {
        char text[32];
        int n = snprintf(text, sizeof(text), "PING %d\r", i);
        peer_send_raw(p, text, (size_t)n);
        FENCE(witness);
        peer_send_raw(p, "\n", 1);
        EXPECT(p, ":irc.test PONG irc.test :%d", i);
    }
    QUIET(p);
}

/* "PRIVMSG #a :" and `fill` up to `len` bytes in all, line end not counted. */
static void send_line_of(struct peer *p, size_t len, const char *end)
{
    static const char head[] = "PRIVMSG #a :";
    char *line = malloc(len + 3);
    CHECK(line, "expected memory");
    memset(line, 'x', len);
    memcpy(line, head, sizeof(head) - 1);
    memcpy(line + len, end, strlen(end));
    peer_send_raw(p, line, len + strlen(end));
    free(line);
}

static void line_of_512_is_taken(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    send_line_of(alice, 510, "\r\n");
    const char *line =
        EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a :xxxxxxxx*");
    /* Longer than 512 with the prefix, and nothing but x to respect. */
    CHECK_INT("length of the relayed line", strlen(line), 510);
    send_line_of(alice, 510, "\n");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a :xxxxxxxx*");
    ALL_QUIET(alice, bob);
}

static void line_of_513_is_417(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    static const size_t lengths[] = {511, 512, 513, 600, 1024, 5000, 70000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        send_line_of(alice, lengths[i], "\r\n");
        SEND(alice, "PRIVMSG #a :after %zu", lengths[i]);
        EXPECT(alice, ":irc.test 417 alice :*");
        EXPECT(bob, ":alice!* PRIVMSG #a :after %zu", lengths[i]);
    }
    ALL_QUIET(alice, bob);
}

static void overlong_line_in_pieces_is_one_417(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    struct peer *witness = ENTER(s, "witness");
    char piece[300];
    memset(piece, 'y', sizeof(piece));
    for (int i = 0; i < 40; i++) {
        peer_send_raw(p, piece, sizeof(piece));
        FENCE(witness);
    }
    SEND(p, "\r\nPING ok");
    EXPECT(p, ":irc.test 417 alice :*");
    EXPECT(p, ":irc.test PONG irc.test :ok");
    QUIET(p);
}

static void overlong_line_before_registering(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    send_line_of(p, 3000, "\r\n");
    EXPECT(p, ":irc.test 417 * :*");
    REGISTER(p, "alice");
    QUIET(p);
}

static void unterminated_line_at_eof_is_dropped(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    static const char text[] = "PRIVMSG #a :whole\r\nPRIVMSG #a :not whole";
    peer_send_raw(alice, text, sizeof(text) - 1);
    peer_half_close(alice);
    EXPECT(bob, ":alice!* PRIVMSG #a :whole");
    EXPECT(bob, ":alice!* QUIT :*");
    QUIET(bob);
    SKIP_TO_CLOSE(alice);
}

static void eight_bit_bytes_pass(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    char text[256];
    size_t n = 0;
    for (int c = 1; c < 256; c++) {
        if (c != '\r' && c != '\n')
            text[n++] = (char)c;
    }
    text[n] = '\0';
    SEND(alice, "PRIVMSG #a :%s", text);
    const char *line = LINE(bob);
    CHECK(line, "bob: expected to stay connected");
    const char *got = strstr(line, "PRIVMSG #a :");
    CHECK(got && !strcmp(got + 12, text),
          "bob: expected all bytes 1 to 255 but CR and LF, got \"%s\"",
          peer_show(line));
}

static void nul_and_lone_cr_harm_nobody(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    /* What becomes of such a line is not decided; that no NUL or CR reaches
     * bob is checked for every line he gets. */
    static const char text[] = "PRIVMSG #a :a\0b\r\nPRIVMSG #a :a\rb\r\n"
                               "\0\r\n\0\0PING x\r\n\r\r\n"
                               "PRIVMSG #a :still here\r\n";
    peer_send_raw(alice, text, sizeof(text) - 1);
    SKIP_TO(bob, ":alice!* PRIVMSG #a :still here");
    FENCE(alice);
    ALL_QUIET(alice, bob);
}

/* The longest start of `text` not over `max` bytes that ends between UTF-8
 * characters. */
static size_t utf8_cut(const char *text, size_t max)
{
    size_t len = strlen(text);
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static void relayed_line_is_cut_between_characters(void)
{
    static const char *const chars[] = {"x", "\xc3\xa4", "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80"};
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    static const char prefix[] = ":alice!~alice@127.0.0.1 PRIVMSG #a :";
    size_t room = 510 - (sizeof(prefix) - 1);
    for (size_t c = 0; c < 4; c++) {
        size_t width = strlen(chars[c]);
        for (size_t shift = 0; shift < width; shift++) {
            char text[600];
            size_t n = 0;
            for (; n < shift; n++)
                text[n] = '.';
            for (; n + width <= 498; n += width)
                memcpy(text + n, chars[c], width);
            text[n] = '\0';
            SEND(alice, "PRIVMSG #a :%s", text);
            const char *line = EXPECT(bob, "%s*", prefix);
            size_t want = utf8_cut(text, room);
            const char *got = line + sizeof(prefix) - 1;
            CHECK(strlen(got) == want && !strncmp(got, text, want),
                  "bob: expected %zu bytes of the text, got %zu: \"%s\"", want,
                  strlen(got), peer_show(got));
        }
    }
}

static const struct contract_case cases[] = {
    CASE(cut_at_every_byte),
    CASE(cut_in_three),
    CASE(one_byte_at_a_time),
    CASE(all_in_one_segment),
    CASE(thousands_pipelined_in_order),
    CASE(line_ends),
    CASE(crlf_split_between_segments),
    CASE(line_of_512_is_taken),
    CASE(line_of_513_is_417),
    CASE(overlong_line_in_pieces_is_one_417),
    CASE(overlong_line_before_registering),
    CASE(unterminated_line_at_eof_is_dropped),
    CASE(eight_bit_bytes_pass),
    CASE(nul_and_lone_cr_harm_nobody),
    CASE(relayed_line_is_cut_between_characters),
};
CONTRACT_SUITE(framing)
