/*
 * edit - the line being typed on a terminal: keys in, a line out.
 *
 * Pure: takes the bytes that a terminal sends in non-canonical mode and draws
 * into a text; term reads and writes. Knows UTF-8 and column widths (wcwidth,
 * so the LC_CTYPE locale must be a UTF-8 one), the usual Emacs keys, arrows and
 * a history. The line is one row that scrolls sideways: a line that wraps could
 * not be erased safely when the terminal changes its width.
 *
 * Left out on purpose: completion, searching, several rows, Emacs' meta keys.
 */
#ifndef CHAT_EDIT_H
#define CHAT_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/text.h"

enum { EDIT_HISTORY = 100 };

enum edit_event {
    EDIT_NONE,   /* nothing to do */
    EDIT_DRAW,   /* the line looks different now */
    EDIT_LINE,   /* Enter: edit->line is complete; call edit_accept */
    EDIT_EOF,    /* Ctrl-D on an empty line */
    EDIT_SCREEN, /* Ctrl-L: clear the screen and draw */
};

/* Zeroed is ready. */
struct edit {
    struct text line; /* what is typed so far: valid UTF-8, no controls */
    size_t cursor;    /* byte offset in line, on a code point's start */

    char partial[4];    /* a code point of which bytes are still missing */
    size_t partial_len; /* bytes of it */
    char escape[16];    /* an escape sequence, from behind its ESC */
    size_t escape_len;  /* bytes of it */
    bool in_escape;     /* an ESC was the start of what comes */

    char *history[EDIT_HISTORY]; /* malloc'ed, the oldest first */
    size_t n_history;            /* how many there are */
    size_t shown_history;        /* which one is in line; n_history: none */
    char *unsent;                /* what was typed before going up, or NULL */
};

void edit_free(struct edit *e);

/* One byte from the terminal. Bytes that mean nothing here are dropped. */
enum edit_event edit_key(struct edit *e, unsigned char byte);

/* Files the line in the history and empties it. */
void edit_accept(struct edit *e);

/*
 * Appends to `out` what draws prompt and line into a row of `columns`, the
 * cursor left where it belongs. Starts with a carriage return and clears what
 * stood in the row. `prompt` must be safe to print.
 */
void edit_draw(const struct edit *e, const char *prompt, int columns,
               struct text *out);

#endif
