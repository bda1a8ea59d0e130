/*
 * The least of a terminal that chat-client's output needs: printing, CR, LF,
 * erase to the end of the row, cursor to the right, colours (ignored). Any
 * other control fails the case, so nothing from the network can hide in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "common/irc.h"
#include "tests/client/e2e/e2e.h"

static struct screen *shown; /* the case's, for dump */

static void new_row(struct screen *s)
{
    s->rows = xrealloc(s->rows, (s->n_rows + 1) * sizeof(s->rows[0]));
    s->rows[s->n_rows++] = (struct text){0};
    text_adds(&s->rows[s->n_rows - 1], "");
    s->column = 0;
}

static void dump(void)
{
    for (size_t i = 0; i < shown->n_rows; i++)
        fprintf(stderr, "      |%s\n", shown->rows[i].data);
}

void screen_init(struct screen *s, struct proc *p)
{
    *s = (struct screen){.proc = p};
    shown = s;
    e2e_on_fail = dump;
    new_row(s);
}

/* The byte offset of column `column`; every code point is one wide here. */
static size_t offset_of(const struct text *row, size_t column)
{
    size_t at = 0;

    for (; column > 0 && at < row->len; column--) {
        uint32_t cp;
        size_t n = utf8_decode(row->data + at, row->len - at, &cp);
        at += n ? n : 1;
    }
    return at;
}

static void put(struct screen *s, const char *bytes, size_t len)
{
    struct text *row = &s->rows[s->n_rows - 1];
    size_t at = offset_of(row, s->column);
    size_t behind = offset_of(row, s->column + 1);

    text_remove(row, at, behind - at);
    text_insert(row, at, bytes, len);
    s->column++;
}

static void escape_done(struct screen *s)
{
    struct text *row = &s->rows[s->n_rows - 1];
    const char *e = s->escape.data;
    char final = e[s->escape.len - 1];

    if (strcmp(e, "[K") == 0) {
        size_t at = offset_of(row, s->column);
        text_remove(row, at, row->len - at);
    } else if (final == 'C') {
        s->column += (size_t)strtoul(e + 1, NULL, 10);
    } else if (final != 'm') {
        FAIL("an escape sequence that nobody should send: ESC %s", e);
    }
    text_clear(&s->escape);
}

static size_t feed_one(struct screen *s, const char *bytes, size_t len)
{
    uint32_t cp = 0;
    size_t n = utf8_decode(bytes, len, &cp);

    if (n == 0)
        return 0; /* the rest of it has not come yet */
    if (s->escape.len > 0 || cp == 0x1B) {
        /* Kept without its ESC, but with a '[' in front at least. */
        if (cp != 0x1B)
            text_add(&s->escape, bytes, n);
        else
            CHECK(len > 1 && bytes[1] == '[');
        if (cp == 0x1B) {
            text_adds(&s->escape, "[");
            return 2;
        }
        if (cp >= 0x40 && cp <= 0x7E)
            escape_done(s);
    } else if (cp == '\r') {
        s->column = 0;
    } else if (cp == '\n') {
        new_row(s);
    } else if (!utf8_is_safe(cp)) {
        FAIL("a control character on the terminal: %#x", (unsigned)cp);
    } else {
        put(s, bytes, n);
    }
    return n;
}

/* Everything but an escape's first byte at the very end, or half a character:
 * that waits for its other half. */
static bool update(struct screen *s)
{
    struct text *got = &s->proc->got;
    bool more = proc_read(s->proc);
    size_t at = 0;

    while (at < got->len) {
        if (got->data[at] == 0x1B && at + 1 == got->len)
            break;
        size_t n = feed_one(s, got->data + at, got->len - at);
        if (n == 0)
            break;
        at += n;
    }
    text_remove(got, 0, at);
    return more;
}

void screen_expect(struct screen *s, const char *pattern)
{
    for (;;) {
        for (size_t i = s->seen; i + 1 < s->n_rows; i++) {
            if (irc_match(pattern, s->rows[i].data)) {
                s->seen = i + 1;
                return;
            }
        }
        if (!update(s))
            FAIL("no '%s' on the screen", pattern);
    }
}

void screen_expect_last(struct screen *s, const char *row, size_t column)
{
    while (strcmp(s->rows[s->n_rows - 1].data, row) != 0 ||
           s->column != column) {
        if (!update(s))
            FAIL("no '%s' on the screen", row);
    }
}
