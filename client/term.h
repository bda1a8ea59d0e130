/*
 * term - standard input and output: a terminal with a line editor, or not.
 *
 * On a terminal the last row holds the prompt and the typed line; a line that
 * comes in is printed above it. Elsewhere (a pipe, a file, TERM=dumb) lines are
 * printed plain and typed lines are left to the kernel's line discipline.
 *
 * The terminal is put back at every exit: term_close, exit(), and the signals
 * that kill. Its own keys stay on (Ctrl-C, Ctrl-Z, Ctrl-\ are signals), so
 * that a client that hangs can still be stopped from the keyboard.
 *
 * Output is collected and written once for each turn of the loop. That write
 * blocks when the reader of a pipe does not keep up, as any filter's does.
 * O_NONBLOCK is not set on 0 and 1: the shell shares them.
 *
 * Main thread only; one for each process.
 */
#ifndef CHAT_TERM_H
#define CHAT_TERM_H

#include <stdbool.h>

#include "client/edit.h"
#include "client/view.h"

struct term {
    bool stamps;      /* time stamps: standard output is a terminal */
    bool colors;      /* colours: that, and nobody objected */
    bool editing;     /* the line editor is on: both are terminals */
    int columns;      /* of the terminal, kept by term_resized */
    bool drawn;       /* prompt and line stand in the last row */
    bool stale;       /* they are to be drawn again */
    char prompt[128]; /* in front of the typed line */
    struct edit edit; /* the typed line */
    struct text out;  /* what is still to be written */
};

/* Looks at the terminal and, if it can, takes the line editor into use. */
void term_open(struct term *t, bool colors);

/* Removes the typed line, writes what is left, puts the terminal back. */
void term_close(struct term *t);

/* Prints one line, above the typed one. Written by term_flush. */
void term_show(struct term *t, const struct view *v);

void term_set_prompt(struct term *t, const char *prompt);

/* One byte of standard input, when editing. EDIT_LINE: t->edit.line is
 * complete; read it, then call edit_accept. */
enum edit_event term_key(struct term *t, unsigned char byte);

/* Draws what has changed and writes. 0, or -errno: nobody reads us. */
int term_flush(struct term *t);

/* The terminal's width has changed. */
void term_resized(struct term *t);

/* Before stopping (Ctrl-Z) and after going on: leave and take the terminal. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

#endif
