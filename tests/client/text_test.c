/* What may reach a terminal, and UTF-8. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/text.h"

static void check_safe(const char *in, size_t len, const char *want)
{
    struct text t = {0};

    text_add_safe(&t, in, len);
    cr_expect_str_eq(t.data ? t.data : "", want);
    text_free(&t);
}

#define SAFE(in, want) check_safe(in, sizeof(in) - 1, want)
#define BAD            "\xEF\xBF\xBD"

Test(text, keeps_what_only_prints)
{
    SAFE("plain ~!", "plain ~!");
    SAFE("Zürich 日本語 🦀 é", "Zürich 日本語 🦀 é");
    SAFE("a\tb", "a b");
}

Test(text, replaces_controls)
{
    SAFE("\033[31mred\033[0m", BAD "[31mred" BAD "[0m");
    SAFE("\033]0;title\a", BAD "]0;title" BAD);
    SAFE("a\0b\rc\nd\be\x7F", "a" BAD "b" BAD "c" BAD "d" BAD "e" BAD);
}

Test(text, replaces_c1_raw_and_encoded)
{
    SAFE("\x9B"
         "2J",
         BAD "2J"); /* CSI as one byte */
    SAFE("\xC2\x9B"
         "2J",
         BAD "2J");               /* and as UTF-8 */
    SAFE("\xC2\xA0", "\xC2\xA0"); /* the first code point behind C1 */
}

Test(text, replaces_what_is_not_utf8)
{
    SAFE("\xFF", BAD);
    SAFE("\xC3", BAD);                         /* cut short */
    SAFE("\xC0\x9B", BAD BAD);                 /* ESC, overlong */
    SAFE("\xE0\x80\x9B", BAD BAD BAD);         /* the same, longer */
    SAFE("\xED\xA0\x80", BAD BAD BAD);         /* a surrogate */
    SAFE("\xF4\x90\x80\x80", BAD BAD BAD BAD); /* over U+10FFFF */
    SAFE("gr\xFCn", "gr" BAD "n");             /* Latin-1 */
}

Test(text, drops_mirc_styles)
{
    SAFE("\002bold\002 \03704,12x\017", "bold 04,12x");
    SAFE("\00304,12red\003", "red");
    SAFE("\0034red", "red");
    SAFE("\00304,red", ",red"); /* a comma that starts no background */
    SAFE("\004FF0000red", "red");
    SAFE("\003", "");
}

Test(text, drops_direction_overrides)
{
    SAFE("a\u202Eb\u2066c\u2028d", "abcd");
    SAFE("\uFEFFx", "x");
}

Test(text, decodes_each_length)
{
    uint32_t cp = 0;

    cr_expect_eq(utf8_decode("a", 1, &cp), 1);
    cr_expect_eq(cp, 'a');
    cr_expect_eq(utf8_decode("\u00E9", 2, &cp), 2);
    cr_expect_eq(cp, 0xE9);
    cr_expect_eq(utf8_decode("\u20AC", 3, &cp), 3);
    cr_expect_eq(cp, 0x20AC);
    cr_expect_eq(utf8_decode("\U0001F980", 4, &cp), 4);
    cr_expect_eq(cp, 0x1F980);
    cr_expect_eq(utf8_decode("", 0, &cp), 0);
}

Test(text, steps_back_over_code_points)
{
    const char *s = "a\u00E9\u20AC\U0001F980\xFF";

    cr_expect_eq(utf8_before(s, 11), 10); /* the stray byte */
    cr_expect_eq(utf8_before(s, 10), 6);
    cr_expect_eq(utf8_before(s, 6), 3);
    cr_expect_eq(utf8_before(s, 3), 1);
    cr_expect_eq(utf8_before(s, 1), 0);
}

Test(text, inserts_and_removes)
{
    struct text t = {0};

    text_adds(&t, "held");
    text_insert(&t, 3, "lo worl", 7);
    cr_expect_str_eq(t.data, "hello world");
    text_remove(&t, 5, 6);
    cr_expect_str_eq(t.data, "hello");
    text_addf(&t, " %d %s", 42, "times");
    cr_expect_str_eq(t.data, "hello 42 times");
    for (int i = 0; i < 1000; i++)
        text_adds(&t, "0123456789");
    cr_expect_eq(t.len, strlen(t.data));
    cr_expect_eq(t.len, 10014);
    text_clear(&t);
    cr_expect_str_eq(t.data, "");
    text_free(&t);
}
