/*
 * irc_line_test - a line being written, and cutting at every position of UTF-8
 * sequences and of bytes that are none.
 *
 * Buffers are on the heap and end where the text does, so that a build with
 * SAN=address sees a step past them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/irc.h"
#include "tests/unit/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const characters[] = {"a",
                                         "\x7F",
                                         "\xC2\x80",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "\xEF\xBF\xBD",
                                         "\xF0\x9F\x98\x80",
                                         "\xF4\x8F\xBF\xBF"};

/* Every text of four characters of 1 to 4 bytes, cut at every position: the
 * last end of a character that still fits. */
Test(irc, cuts_between_characters)
{
    enum { N = COUNT(characters) };

    for (unsigned pick = 0; pick < N * N * N * N; pick++) {
        char text[17];
        size_t ends[5] = {0}, len = 0;
        unsigned rest = pick;
        for (int i = 1; i <= 4; i++, rest /= N) {
            const char *c = characters[rest % N];
            memcpy(text + len, c, strlen(c));
            ends[i] = len += strlen(c);
        }
        char *copy = malloc(len);
        cr_assert(copy);
        memcpy(copy, text, len);
        for (size_t max = 0; max <= len + 2; max++) {
            size_t want = 0;
            for (int i = 0; i <= 4; i++)
                if (ends[i] <= max)
                    want = ends[i];
            cr_assert_eq(irc_cut(copy, len, max), want,
                         "text %u of %zu bytes at %zu", pick, len, max);
        }
        free(copy);
    }
}

/* Bytes that are no UTF-8: never more than asked for, never more than a
 * character less, and what is left out does not start with the middle of one
 * whose start was kept. */
Test(irc, cuts_any_bytes)
{
    static const char alphabet[] = "a\x80\xBF\xC0\xC3\xE2\xF0\xF8\xFF";
    uint64_t x = 3;

    for (int round = 0; round < 50000; round++) {
        size_t len = 1 + next_random(&x) % 12;
        char *text = malloc(len);
        cr_assert(text);
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[next_random(&x) % (sizeof(alphabet) - 1)];
        for (size_t max = 0; max < len; max++) {
            size_t kept = irc_cut(text, len, max);
            cr_assert(kept <= max && max - kept <= 3);
            cr_assert(kept == max || (unsigned char)text[kept] >= 0xC0);
        }
        free(text);
    }
}

Test(irc, cuts_a_run_of_continuation_bytes_anywhere)
{
    char text[20];

    memset(text, '\x80', sizeof(text));
    for (size_t max = 0; max < sizeof(text); max++)
        cr_expect_eq(irc_cut(text, sizeof(text), max), max);
}

Test(irc, line_is_cut_at_510)
{
    char text[1200];

    memset(text, 'x', sizeof(text));
    for (size_t len = 0; len <= sizeof(text); len++) {
        struct irc_line l = {.len = 0};
        irc_line_add(&l, text, len / 2);
        irc_line_add(&l, text, len - len / 2);
        irc_line_end(&l);
        size_t kept = len < 510 ? len : 510;
        cr_assert_eq(l.len, kept + 2, "%zu bytes", len);
        cr_assert_eq(memcmp(l.text, text, kept), 0);
        cr_assert_eq(memcmp(l.text + kept, "\r\n", 2), 0);
    }
}

Test(irc, line_is_cut_between_characters)
{
    for (size_t c = 0; c < COUNT(characters); c++) {
        size_t size = strlen(characters[c]);
        for (size_t lead = 490; lead <= 512; lead++) {
            struct irc_line l = {.len = 0};
            char text[512];
            memset(text, 'x', lead);
            irc_line_add(&l, text, lead);
            for (int i = 0; i < 40; i++)
                irc_line_add(&l, characters[c], size);
            irc_line_end(&l);
            size_t kept = lead < 510 ? 510 - (510 - lead) % size : 510;
            cr_assert_eq(l.len, kept + 2, "%zu bytes, then of %zu each", lead,
                         size);
        }
    }
}

Test(irc, line_formats_and_drops_what_does_not_fit)
{
    struct irc_line l = {.len = 0};

    irc_line_addf(&l, ":%s %03d", "server", 1);
    cr_expect_eq(l.len, 11);
    cr_expect_eq(memcmp(l.text, ":server 001", 11), 0);
    for (int i = 0; i < 200; i++) {
        irc_line_addf(&l, "%010d", i);
        cr_assert_leq(l.len, sizeof(l.text));
    }
    size_t full = l.len;
    cr_expect_geq(full, sizeof(l.text) - 1);
    irc_line_add(&l, "yz", 2);
    cr_expect_eq(l.len, sizeof(l.text));
    irc_line_addf(&l, "more");
    cr_expect_eq(l.len, sizeof(l.text));
    irc_line_end(&l);
    cr_expect_eq(l.len, IRC_LINE_MAX);
}
