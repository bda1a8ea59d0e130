/*
 * irc_test - one line: the parser over a table of forms and against random
 * messages, names at their limits, glob match against a plain one. What is
 * written is in irc_line_test.
 *
 * Buffers are on the heap and end where the contract says, so that a build
 * with SAN=address sees a step past them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/irc.h"
#include "tests/unit/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* A literal with its length: it may hold a NUL. */
#define BYTES(s) s, sizeof(s) - 1

/* A copy with one byte of room behind it, as irc_parse wants it. */
static char *parsable(const char *bytes, size_t len)
{
    char *copy = malloc(len + 1);

    cr_assert(copy);
    memcpy(copy, bytes, len);
    copy[len] = '!';
    return copy;
}

static void expect_text(const struct irc_text *got, const char *want,
                        const char *what, const char *line)
{
    cr_expect_eq(got->len, strlen(want), "%s of '%s': %zu bytes, not '%s'",
                 what, line, got->len, want);
    cr_expect_str_eq(got->ptr, want, "%s of '%s' is '%s', not '%s'", what, line,
                     got->ptr, want);
}

/* ---- irc_parse ---- */

static const struct form {
    const char *line;
    size_t len;
    const char *command; /* NULL: there is none */
    const char *prefix;
    int n_params;
    const char *params[IRC_PARAMS_MAX];
} forms[] = {
    {BYTES(""), NULL, "", 0, {0}},
    {BYTES(" "), NULL, "", 0, {0}},
    {BYTES("     "), NULL, "", 0, {0}},
    {BYTES("\r"), NULL, "", 0, {0}},
    {BYTES("\0\0"), NULL, "", 0, {0}},
    {BYTES(":"), NULL, "", 0, {0}},
    {BYTES(":prefix"), NULL, "prefix", 0, {0}},
    {BYTES(":prefix  "), NULL, "prefix", 0, {0}},
    {BYTES("@"), NULL, "", 0, {0}},
    {BYTES("@a=b"), NULL, "", 0, {0}},
    {BYTES("@a=b "), NULL, "", 0, {0}},
    {BYTES("@a=b :p "), NULL, "p", 0, {0}},
    {BYTES("PING"), "PING", "", 0, {0}},
    {BYTES("ping"), "ping", "", 0, {0}},
    {BYTES("PING "), "PING", "", 0, {0}},
    {BYTES("   PING   "), "PING", "", 0, {0}},
    {BYTES("P"), "P", "", 0, {0}},
    {BYTES("PING t"), "PING", "", 1, {"t"}},
    {BYTES("PING t  "), "PING", "", 1, {"t"}},
    {BYTES("PING  t   u "), "PING", "", 2, {"t", "u"}},
    {BYTES("PING :"), "PING", "", 1, {""}},
    {BYTES("PING :t"), "PING", "", 1, {"t"}},
    {BYTES("PING : "), "PING", "", 1, {" "}},
    {BYTES("PING ::"), "PING", "", 1, {":"}},
    {BYTES("PRIVMSG #a :hi"), "PRIVMSG", "", 2, {"#a", "hi"}},
    {BYTES("PRIVMSG #a :hi there  "), "PRIVMSG", "", 2, {"#a", "hi there  "}},
    {BYTES("PRIVMSG #a ::) :x"), "PRIVMSG", "", 2, {"#a", ":) :x"}},
    {BYTES("PRIVMSG #a hi:there"), "PRIVMSG", "", 2, {"#a", "hi:there"}},
    {BYTES("PRIVMSG #a  :  hi"), "PRIVMSG", "", 2, {"#a", "  hi"}},
    {BYTES("PRIVMSG\t#a :x"), "PRIVMSG\t#a", "", 1, {"x"}},
    {BYTES(":n!u@h JOIN #a"), "JOIN", "n!u@h", 1, {"#a"}},
    {BYTES(":n!u@h   JOIN #a"), "JOIN", "n!u@h", 1, {"#a"}},
    {BYTES(": JOIN #a"), "JOIN", "", 1, {"#a"}},
    {BYTES(":p :q r"), ":q", "p", 1, {"r"}},
    {BYTES("@t=1;u :p JOIN #a"), "JOIN", "p", 1, {"#a"}},
    {BYTES("@t=1 JOIN #a"), "JOIN", "", 1, {"#a"}},
    {BYTES("@ JOIN #a"), "JOIN", "", 1, {"#a"}},
    {BYTES("@t  :p  JOIN  #a"), "JOIN", "p", 1, {"#a"}},
    {BYTES(" @t :p JOIN #a"), "JOIN", "p", 1, {"#a"}},
    {BYTES(":p @t JOIN #a"), "@t", "p", 2, {"JOIN", "#a"}},
    {BYTES("JOIN @t #a"), "JOIN", "", 2, {"@t", "#a"}},
    {BYTES("A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"),
     "A",
     "",
     15,
     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
      "15"}},
    {BYTES("A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16  17 "),
     "A",
     "",
     15,
     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
      "15 16  17 "}},
    {BYTES("A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16"),
     "A",
     "",
     15,
     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
      "15 16"}},
    {BYTES("A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 "),
     "A",
     "",
     14,
     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13",
      "14"}},
    /* CR and NUL are taken out, wherever they stand. */
    {BYTES("PING t\r"), "PING", "", 1, {"t"}},
    {BYTES("PI\rNG \0t\0"), "PING", "", 1, {"t"}},
    {BYTES("PRIVMSG #a :a\r\rb\0c"), "PRIVMSG", "", 2, {"#a", "abc"}},
    {BYTES("\r\0 \r@t\0 \0:p\r PING \r:\0"), "PING", "p", 1, {""}},
    {BYTES("PING \r"), "PING", "", 0, {0}},
    /* 8-bit clean. */
    {BYTES("PRIVMSG #\xE9 :\x01\x7F\x80\xFF"),
     "PRIVMSG",
     "",
     2,
     {"#\xE9", "\x01\x7F\x80\xFF"}},
};

Test(irc, parses_the_table_of_forms)
{
    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct form *f = &forms[i];
        struct irc_message m;
        char *line = parsable(f->line, f->len);
        bool found = irc_parse(line, f->len, &m);
        cr_expect_eq(found, f->command != NULL, "'%s'", f->line);
        expect_text(&m.prefix, f->prefix, "prefix", f->line);
        cr_expect_eq(m.n_params, f->n_params, "'%s' has %d params", f->line,
                     m.n_params);
        if (found)
            expect_text(&m.command, f->command, "command", f->line);
        for (int k = 0; k < m.n_params && k < f->n_params; k++)
            expect_text(&m.params[k], f->params[k], "param", f->line);
        free(line);
    }
}

/* A word of 1 to 8 bytes that neither ends nor starts anything. */
static size_t add_word(char *to, uint64_t *x)
{
    size_t len = 1 + next_random(x) % 8;

    for (size_t i = 0; i < len; i++) {
        char c;
        do {
            c = (char)next_random(x);
        } while (c == '\0' || c == '\r' || c == '\n' || c == ' ' || c == '@' ||
                 (i == 0 && c == ':'));
        to[i] = c;
    }
    to[len] = '\0';
    return len;
}

static size_t add_spaces(char *to, uint64_t *x)
{
    size_t n = 1 + (next_random(x) % 4 == 0) * next_random(x) % 5;

    memset(to, ' ', n);
    to[n] = '\0';
    return n;
}

/* Writes what was drawn down and reads it back. */
Test(irc, parses_what_was_written)
{
    uint64_t x = 1;

    for (int round = 0; round < 20000; round++) {
        char line[IRC_LINE_MAX] = "", prefix[16] = "", command[16];
        char params[IRC_PARAMS_MAX][16];
        int n = (int)(next_random(&x) % (IRC_PARAMS_MAX + 1));
        size_t len = 0;
        if (next_random(&x) % 2) {
            add_word(prefix, &x);
            len += (size_t)sprintf(line, ":%s", prefix);
            len += add_spaces(line + len, &x);
        }
        add_word(command, &x);
        len += (size_t)sprintf(line + len, "%s", command);
        for (int i = 0; i < n; i++) {
            len += add_spaces(line + len, &x);
            add_word(params[i], &x);
            bool colon = i == n - 1 && next_random(&x) % 2;
            len += (size_t)sprintf(line + len, "%s%s", colon ? ":" : "",
                                   params[i]);
        }
        struct irc_message m;
        char *copy = parsable(line, len);
        cr_assert(irc_parse(copy, len, &m));
        expect_text(&m.prefix, prefix, "prefix", line);
        expect_text(&m.command, command, "command", line);
        cr_assert_eq(m.n_params, n, "'%s' has %d params", line, m.n_params);
        for (int i = 0; i < n; i++)
            expect_text(&m.params[i], params[i], "param", line);
        free(copy);
    }
}

/* Whatever comes, the parts lie within the line, are ended by a NUL, hold no
 * CR or NUL, and only the last holds a space. */
Test(irc, keeps_its_promises_for_any_bytes)
{
    static const char alphabet[] = "  ::@ab#,\r\0\xC3\xA9";
    uint64_t x = 2;

    for (int round = 0; round < 50000; round++) {
        char line[40];
        size_t len = next_random(&x) % sizeof(line);
        for (size_t i = 0; i < len; i++)
            line[i] = alphabet[next_random(&x) % (sizeof(alphabet) - 1)];
        struct irc_message m;
        char *copy = parsable(line, len);
        bool found = irc_parse(copy, len, &m);
        cr_assert_eq(strlen(m.prefix.ptr), m.prefix.len);
        cr_assert(!found || m.command.len > 0);
        cr_assert(!found || strlen(m.command.ptr) == m.command.len);
        cr_assert(found || m.n_params == 0);
        for (int i = 0; i < m.n_params; i++) {
            const struct irc_text *p = &m.params[i];
            cr_assert(p->ptr >= copy && p->ptr + p->len <= copy + len);
            cr_assert_eq(strlen(p->ptr), p->len);
            cr_assert_null(strchr(p->ptr, '\r'));
            cr_assert(i == m.n_params - 1 || !strchr(p->ptr, ' '));
        }
        free(copy);
    }
}

/* ---- names ---- */

Test(irc, equals_without_case)
{
    cr_expect(irc_equals("PRIVMSG", "privmsg"));
    cr_expect(irc_equals("", ""));
    cr_expect_not(irc_equals("", "a"));
    cr_expect_not(irc_equals("a", ""));
    cr_expect_not(irc_equals("PRIVMSG", "PRIVMS"));
    cr_expect_not(irc_equals("PRIVMS", "PRIVMSG"));
    cr_expect_not(irc_equals("[", "{"), "casemapping is ascii, not rfc1459");
    cr_expect_not(irc_equals("@", "`"));
    cr_expect_not(irc_equals("\xC9", "\xE9"));
}

Test(irc, folds_ascii_letters_only)
{
    char text[256], folded[257];

    for (int c = 0; c < 256; c++) {
        char want = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        cr_expect_eq(irc_fold((char)c), want, "byte %d", c);
        text[c] = (char)c;
    }
    irc_fold_text(folded, text, 256);
    for (int c = 0; c < 256; c++)
        cr_expect_eq(folded[c], irc_fold((char)c));
    cr_expect_eq(folded[256], '\0');
    folded[0] = 'x';
    irc_fold_text(folded, "", 0);
    cr_expect_eq(folded[0], '\0');
}

static const char nick_starts[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ[]\\`_^{|}";
static const char digits[] = "0123456789-";

Test(irc, nick_by_each_byte)
{
    for (int c = 0; c < 256; c++) {
        char first[] = {(char)c}, second[] = {'a', (char)c};
        bool start = memchr(nick_starts, c, sizeof(nick_starts) - 1);
        bool later = start || memchr(digits, c, sizeof(digits) - 1);
        cr_expect_eq(irc_is_nick(first, 1), start, "first byte %d", c);
        cr_expect_eq(irc_is_nick(second, 2), later, "second byte %d", c);
    }
}

Test(irc, nick_by_length)
{
    const char *text = "abcdefghijklmnopqrstuvwxyz01234567890";

    for (size_t len = 0; len < 36; len++)
        cr_expect_eq(irc_is_nick(text, len), len >= 1 && len <= 30, "%zu bytes",
                     len);
}

Test(irc, room_by_each_byte)
{
    for (int c = 0; c < 256; c++) {
        char first[] = {(char)c, 'a'}, later[] = {'#', 'a', (char)c};
        bool bad = c <= ' ' || c == ',' || c == ':'; /* BEL is among them */
        cr_expect_eq(irc_is_room(first, 2), c == '#', "first byte %d", c);
        cr_expect_eq(irc_is_room(later, 3), !bad, "later byte %d", c);
    }
}

Test(irc, room_by_length)
{
    char text[60];

    memset(text, 'a', sizeof(text));
    text[0] = '#';
    for (size_t len = 0; len < sizeof(text); len++)
        cr_expect_eq(irc_is_room(text, len), len >= 2 && len <= 50, "%zu bytes",
                     len);
}

/* ---- irc_match ---- */

/* The definition itself; exponential, so for short words. */
static bool plain_match(const char *p, const char *t)
{
    if (!*p)
        return !*t;
    if (*p == '*')
        return plain_match(p + 1, t) || (*t && plain_match(p, t + 1));
    return *t && (*p == '?' || irc_fold(*p) == irc_fold(*t)) &&
           plain_match(p + 1, t + 1);
}

Test(irc, matches_by_hand)
{
    cr_expect(irc_match("", ""));
    cr_expect(irc_match("*", ""));
    cr_expect(irc_match("**", ""));
    cr_expect_not(irc_match("?", ""));
    cr_expect_not(irc_match("", "a"));
    cr_expect(irc_match("A?c*", "abCdef"));
    cr_expect(irc_match("*.example.org", "a.b.EXAMPLE.org"));
    cr_expect_not(irc_match("*.example.org", "a.example.orgs"));
    cr_expect(irc_match("*a*b*", "xxaxxbxx"));
    cr_expect(irc_match("a*?", "ab"));
    cr_expect_not(irc_match("a*?", "a"));
    cr_expect(irc_match("*", "*"));
    cr_expect(irc_match("?", "?"));
    cr_expect(irc_match("\xFF*", "\xFF\x80"));
}

/* Every pattern of up to 5 letters of "ab?*" against every text of up to 6. */
Test(irc, matches_like_its_definition)
{
    static const char letters[] = "aB?*";
    char pattern[8], text[8];

    for (unsigned p = 0; p < 4096; p++) {
        size_t n = 0;
        for (unsigned rest = p; rest > 0 && n < 5; rest /= 5)
            if (rest % 5)
                pattern[n++] = letters[rest % 5 - 1];
        pattern[n] = '\0';
        for (unsigned t = 1; t < 128; t++) {
            n = 0;
            for (unsigned rest = t; rest > 1; rest /= 2)
                text[n++] = rest % 2 ? 'A' : 'b';
            text[n] = '\0';
            cr_assert_eq(irc_match(pattern, text), plain_match(pattern, text),
                         "'%s' against '%s'", pattern, text);
        }
    }
}

/* Stars that all have to be retried must not take exponential time: this one
 * would never end. */
Test(irc, matches_many_stars_in_bounded_steps, .timeout = 60)
{
    char text[400], pattern[401];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < 400; i += 2)
        memcpy(pattern + i, "*a", 2);
    strcpy(pattern + 398, "*b");
    cr_expect_not(irc_match(pattern, text));
}
