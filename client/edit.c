#include "client/edit.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/die.h"

enum {
    LINE_BYTES_MAX = 64 * 1024, /* a pasted book is cut here, not refused */
    KEY_ESC = 0x1B,
    KEY_DELETE = 0x7F,
};

#define CTRL(letter) ((letter)&0x1F)

void edit_free(struct edit *e)
{
    for (size_t i = 0; i < e->n_history; i++)
        free(e->history[i]);
    free(e->unsent);
    text_free(&e->line);
    *e = (struct edit){0};
}

/* Columns that a code point takes; what wcwidth does not know takes one. */
static int cells_of(uint32_t cp)
{
    int n = wcwidth((wchar_t)cp);

    return n < 0 ? 1 : n;
}

static size_t next(const struct edit *e, size_t at, int *cells)
{
    uint32_t cp = 0;
    size_t n = utf8_decode(e->line.data + at, e->line.len - at, &cp);

    *cells = n ? cells_of(cp) : 1;
    return at + (n ? n : 1);
}

/* One character to the left or right; combining marks go with their base. */
static size_t step_left(const struct edit *e, size_t at)
{
    int cells = 0;

    while (at > 0 && cells == 0) {
        at = utf8_before(e->line.data, at);
        next(e, at, &cells);
    }
    return at;
}

static size_t step_right(const struct edit *e, size_t at)
{
    int cells;

    if (at < e->line.len)
        at = next(e, at, &cells);
    while (at < e->line.len) {
        size_t behind = next(e, at, &cells);
        if (cells > 0)
            break;
        at = behind;
    }
    return at;
}

static enum edit_event cut(struct edit *e, size_t from, size_t to)
{
    if (from == to)
        return EDIT_NONE;
    text_remove(&e->line, from, to - from);
    e->cursor = from;
    return EDIT_DRAW;
}

static enum edit_event move_to(struct edit *e, size_t at)
{
    if (at == e->cursor)
        return EDIT_NONE;
    e->cursor = at;
    return EDIT_DRAW;
}

static size_t word_start(const struct edit *e)
{
    size_t at = e->cursor;

    while (at > 0 && e->line.data[at - 1] == ' ')
        at--;
    while (at > 0 && e->line.data[at - 1] != ' ')
        at--;
    return at;
}

static enum edit_event insert(struct edit *e, const char *bytes, size_t len)
{
    if (e->line.len + len > LINE_BYTES_MAX)
        return EDIT_NONE;
    text_insert(&e->line, e->cursor, bytes, len);
    e->cursor += len;
    return EDIT_DRAW;
}

static enum edit_event show_history(struct edit *e, size_t index)
{
    if (index > e->n_history)
        return EDIT_NONE;
    if (e->shown_history == e->n_history) {
        free(e->unsent);
        e->unsent = xstrdup(e->line.data ? e->line.data : "");
    }
    e->shown_history = index;
    text_clear(&e->line);
    text_adds(&e->line, index < e->n_history ? e->history[index] : e->unsent);
    e->cursor = e->line.len;
    return EDIT_DRAW;
}

void edit_accept(struct edit *e)
{
    const char *line = e->line.data ? e->line.data : "";

    if (line[0] && (e->n_history == 0 ||
                    strcmp(e->history[e->n_history - 1], line) != 0)) {
        if (e->n_history == EDIT_HISTORY) {
            free(e->history[0]);
            memmove(e->history, e->history + 1,
                    (EDIT_HISTORY - 1) * sizeof(e->history[0]));
            e->n_history--;
        }
        e->history[e->n_history++] = xstrdup(line);
    }
    e->shown_history = e->n_history;
    text_clear(&e->line);
    e->cursor = 0;
}

static enum edit_event on_control(struct edit *e, unsigned char byte)
{
    switch (byte) {
    case '\r':
    case '\n': return EDIT_LINE;
    case '\t': return insert(e, " ", 1);
    case CTRL('A'): return move_to(e, 0);
    case CTRL('B'): return move_to(e, step_left(e, e->cursor));
    case CTRL('D'):
        if (e->line.len == 0)
            return EDIT_EOF;
        return cut(e, e->cursor, step_right(e, e->cursor));
    case CTRL('E'): return move_to(e, e->line.len);
    case CTRL('F'): return move_to(e, step_right(e, e->cursor));
    case CTRL('H'):
    case KEY_DELETE: return cut(e, step_left(e, e->cursor), e->cursor);
    case CTRL('K'): return cut(e, e->cursor, e->line.len);
    case CTRL('L'): return EDIT_SCREEN;
    case CTRL('N'): return show_history(e, e->shown_history + 1);
    case CTRL('P'): return show_history(e, e->shown_history - 1);
    case CTRL('U'): return cut(e, 0, e->cursor);
    case CTRL('W'): return cut(e, word_start(e), e->cursor);
    case KEY_ESC:
        e->in_escape = true;
        e->escape_len = 0;
        return EDIT_NONE;
    default: return EDIT_NONE;
    }
}

/* What a whole escape sequence (without its ESC) stands for. */
static enum edit_event on_escape(struct edit *e, const char *sequence)
{
    static const struct {
        const char *sequence;
        unsigned char key;
    } keys[] = {
        {"[A", CTRL('P')},  {"OA", CTRL('P')},  {"[B", CTRL('N')},
        {"OB", CTRL('N')},  {"[C", CTRL('F')},  {"OC", CTRL('F')},
        {"[D", CTRL('B')},  {"OD", CTRL('B')},  {"[H", CTRL('A')},
        {"OH", CTRL('A')},  {"[1~", CTRL('A')}, {"[7~", CTRL('A')},
        {"[F", CTRL('E')},  {"OF", CTRL('E')},  {"[4~", CTRL('E')},
        {"[8~", CTRL('E')},
    };

    /* Not Ctrl-D: the delete key must not end the program. */
    if (strcmp(sequence, "[3~") == 0)
        return cut(e, e->cursor, step_right(e, e->cursor));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(sequence, keys[i].sequence) == 0)
            return on_control(e, keys[i].key);
    }
    return EDIT_NONE;
}

/* ESC [ parameters final, ESC O final, or ESC and one byte. One that is too
 * long to be known is read to its end and dropped. */
static enum edit_event in_escape(struct edit *e, unsigned char byte)
{
    if (byte == KEY_ESC) { /* a lone Escape key, then a sequence */
        e->escape_len = 0;
        return EDIT_NONE;
    }
    if (byte < 0x20) { /* a lone Escape key, then another */
        e->in_escape = false;
        return on_control(e, byte);
    }
    if (e->escape_len + 1 < sizeof(e->escape))
        e->escape[e->escape_len++] = (char)byte;
    bool opens = e->escape_len == 1 && (byte == '[' || byte == 'O');
    if (opens || (e->escape[0] == '[' && (byte < 0x40 || byte > 0x7E)))
        return EDIT_NONE;
    e->in_escape = false;
    e->escape[e->escape_len] = '\0';
    return on_escape(e, e->escape);
}

enum edit_event edit_key(struct edit *e, unsigned char byte)
{
    uint32_t cp;

    if (e->in_escape)
        return in_escape(e, byte);
    if (byte < 0x80) {
        e->partial_len = 0;
        if (byte < 0x20 || byte == KEY_DELETE)
            return on_control(e, byte);
        return insert(e, (const char *)&byte, 1);
    }
    if (byte >= 0xC0)
        e->partial_len = 0; /* the last one was never finished */
    else if (e->partial_len == 0)
        return EDIT_NONE; /* the middle of nothing */
    if (e->partial_len == sizeof(e->partial)) {
        e->partial_len = 0;
        return EDIT_NONE;
    }
    e->partial[e->partial_len++] = (char)byte;
    size_t n = utf8_decode(e->partial, e->partial_len, &cp);
    if (n == 0)
        return EDIT_NONE;
    e->partial_len = 0;
    return utf8_is_safe(cp) ? insert(e, e->partial, n) : EDIT_NONE;
}

static int cells_between(const struct edit *e, size_t from, size_t to)
{
    int sum = 0;

    while (from < to) {
        int cells;
        from = next(e, from, &cells);
        sum += cells;
    }
    return sum;
}

static int prompt_cells(const char *prompt)
{
    size_t len = strlen(prompt);
    int sum = 0;

    for (size_t at = 0; at < len;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(prompt + at, len - at, &cp);
        sum += n ? cells_of(cp) : 1;
        at += n ? n : 1;
    }
    return sum;
}

void edit_draw(const struct edit *e, const char *prompt, int columns,
               struct text *out)
{
    int before = prompt_cells(prompt);
    size_t from = 0;
    size_t to = e->line.len;

    /* The last column stays free: writing there could wrap. */
    if (before > columns / 2) {
        prompt = "> ";
        before = 2;
    }
    int room = columns - before - 1 > 1 ? columns - before - 1 : 1;
    int left = cells_between(e, 0, e->cursor);
    while (left > room) {
        int cells;
        from = next(e, from, &cells);
        left -= cells;
    }
    int all = left + cells_between(e, e->cursor, to);
    while (all > room) {
        int cells;
        to = utf8_before(e->line.data, to);
        next(e, to, &cells);
        all -= cells;
    }
    text_addf(out, "\r%s", prompt);
    if (to > from)
        text_add(out, e->line.data + from, to - from);
    text_adds(out, "\033[K\r");
    if (before + left > 0)
        text_addf(out, "\033[%dC", before + left);
}
