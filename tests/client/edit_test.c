/* The line editor: keys in, line and drawing out. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "client/edit.h"

static struct edit e;

static void set_up(void)
{
    cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
    memset(&e, 0, sizeof(e));
}

static void tear_down(void)
{
    edit_free(&e);
}

TestSuite(edit, .init = set_up, .fini = tear_down);

/* Feeds keys; the last one's event. Accepts finished lines. */
static enum edit_event keys(const char *bytes)
{
    enum edit_event event = EDIT_NONE;

    for (const char *p = bytes; *p; p++) {
        event = edit_key(&e, (unsigned char)*p);
        if (event == EDIT_LINE)
            edit_accept(&e);
    }
    return event;
}

static void check(const char *line, size_t cursor)
{
    cr_expect_str_eq(e.line.data ? e.line.data : "", line);
    cr_expect_eq(e.cursor, cursor, "cursor at %zu", e.cursor);
}

Test(edit, types_and_erases_utf8)
{
    keys("aé€🦀");
    check("aé€🦀", 10);
    keys("\x7F");
    check("aé€", 6);
    keys("\b\b");
    check("a", 1);
    keys("\x7F\x7F\x7F");
    check("", 0);
}

Test(edit, erases_a_mark_with_its_base)
{
    keys("xe\u0301"); /* e and a combining acute accent */
    keys("\x7F");
    check("x", 1);
}

Test(edit, moves_and_inserts)
{
    keys("wörld\001hello ");
    check("hello wörld", 6);
    keys("\005!");
    check("hello wörld!", 13);
    keys("\033[D\033[D\033[D\033[D\033[D"); /* before the o umlaut */
    check("hello wörld!", 7);
    keys("\004");
    check("hello wrld!", 7);
    keys("\033[3~");
    check("hello wld!", 7);
    keys("\033[H>\033[F<");
    check(">hello wld!<", 12);
    keys("\002\002\006\013");
    check(">hello wld!", 11);
}

Test(edit, kills_words_and_lines)
{
    keys("one two  three  ");
    keys("\027");
    check("one two  ", 9);
    keys("\027");
    check("one ", 4);
    keys("x\002\025"); /* from the cursor to the start */
    check("x", 0);
    keys("\027");
    check("x", 0);
}

Test(edit, ends_a_line_and_the_input)
{
    cr_expect_eq(edit_key(&e, 'h'), EDIT_DRAW);
    cr_expect_eq(edit_key(&e, '\r'), EDIT_LINE);
    cr_expect_str_eq(e.line.data, "h");
    edit_accept(&e);
    check("", 0);
    cr_expect_eq(edit_key(&e, 4), EDIT_EOF);
    keys("x");
    cr_expect_neq(edit_key(&e, 4), EDIT_EOF);
    cr_expect_eq(keys("\014"), EDIT_SCREEN);
}

Test(edit, delete_key_never_ends_the_input)
{
    cr_expect_neq(keys("\033[3~"), EDIT_EOF);
}

Test(edit, takes_no_controls_and_no_broken_utf8)
{
    keys("a\001\002\016\017\020b");
    cr_expect_str_eq(e.line.data, "ba"); /* ^A ^B moved, the rest did nothing */
    keys("\025\013");
    keys("\xFF\xC3\xC3\xA9\x80\xE2\x82z\xC2\x9B\xC0\x9B");
    cr_expect_str_eq(e.line.data, "éz");
}

Test(edit, drops_unknown_sequences_whole)
{
    keys("a\033[1;5Cb\033[200~c\033Od\033xe\033[12345678901234567890123~f");
    cr_expect_str_eq(e.line.data, "abcef");
    keys("\033\033[Dg"); /* Escape, then an arrow */
    cr_expect_str_eq(e.line.data, "abcegf");
}

Test(edit, remembers_lines)
{
    keys("one\rtwo\rtwo\r\rhalf");
    keys("\033[A");
    check("two", 3);
    keys("\033[A");
    check("one", 3);
    keys("\033[A");
    check("one", 3);
    keys("\033[B\033[B");
    check("half", 4);
    keys("\033[B");
    check("half", 4);
    keys("\033[A!\r");
    keys("\033OA");
    check("two!", 4);
}

Test(edit, remembers_only_so_many)
{
    char line[16];

    for (int i = 0; i < EDIT_HISTORY + 20; i++) {
        snprintf(line, sizeof(line), "%d\r", i);
        keys(line);
    }
    cr_expect_eq(e.n_history, EDIT_HISTORY);
    for (int i = 0; i < EDIT_HISTORY + 20; i++)
        keys("\033[A");
    check("20", 2);
}

static void check_drawn(int columns, const char *want)
{
    struct text out = {0};

    edit_draw(&e, "[#a] ", columns, &out);
    cr_expect_str_eq(out.data, want);
    text_free(&out);
}

Test(edit, draws_prompt_line_and_cursor)
{
    check_drawn(80, "\r[#a] \033[K\r\033[5C");
    keys("hé日");
    check_drawn(80, "\r[#a] hé日\033[K\r\033[9C"); /* 日 takes two columns */
    keys("\001");
    check_drawn(80, "\r[#a] hé日\033[K\r\033[5C");
}

Test(edit, scrolls_instead_of_wrapping)
{
    keys("abcdefghij");
    check_drawn(11, "\r[#a] fghij\033[K\r\033[10C");
    keys("\001");
    check_drawn(11, "\r[#a] abcde\033[K\r\033[5C");
    keys("\006\006\006\006\006\006\006");
    check_drawn(11, "\r[#a] cdefg\033[K\r\033[10C");
    keys("\025\013日本語日本");
    check_drawn(11,
                "\r[#a] 日本\033[K\r\033[9C"); /* half of one fits nowhere */
}

Test(edit, draws_in_any_width)
{
    keys("日本語 and more text é");
    for (int columns = 1; columns < 60; columns++) {
        struct text out = {0};
        edit_draw(&e, "[#a] ", columns, &out);
        cr_expect_gt(out.len, 0);
        text_free(&out);
    }
}

/* Any keys at all: the line stays text, the cursor stays in it. */
Test(edit, survives_anything)
{
    unsigned x = 2463534242u;

    for (int i = 0; i < 200000; i++) {
        uint32_t cp = 0;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        unsigned char byte = (unsigned char)(x >> 8);
        if (edit_key(&e, x % 3 ? byte : byte & 0x1F) == EDIT_LINE)
            edit_accept(&e);
        cr_assert_leq(e.cursor, e.line.len);
        cr_assert(e.cursor == e.line.len ||
                  utf8_decode(e.line.data + e.cursor, e.line.len - e.cursor,
                              &cp) > 0);
        if (i % 100 == 0) {
            struct text out = {0};
            edit_draw(&e, "[#a] ", (int)(x % 100) + 1, &out);
            text_free(&out);
        }
    }
}
