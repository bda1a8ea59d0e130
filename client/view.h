/*
 * view - one line of what the user sees, before it has any colour.
 *
 * Pure. The text is safe to print (see text_add_safe) and holds no newline.
 */
#ifndef CHAT_VIEW_H
#define CHAT_VIEW_H

#include <stddef.h>

#include "client/text.h"

enum view_kind {
    VIEW_NONE,    /* nothing to show */
    VIEW_CHAT,    /* said in a room */
    VIEW_PRIVATE, /* said to us alone, or by us to one */
    VIEW_NOTICE,  /* from the server or a machine */
    VIEW_INFO,    /* "-- ": who came, what the topic is, what we do */
    VIEW_ERROR,   /* "!! ": what did not work */
};

/* Zeroed is ready for use; view_free when done. */
struct view {
    enum view_kind kind; /* what it is, for the colours */
    struct text text;    /* the line */
    size_t name_at;      /* where the speaker's nick stands in text */
    size_t name_len;     /* its bytes; 0: nobody speaks */
};

void view_free(struct view *v);

/* Empties the view and begins a line of that kind, with its mark. */
void view_begin(struct view *v, enum view_kind kind);

/* Appends the speaker's nick, made safe, and remembers where it stands. */
void view_name(struct view *v, const char *nick, size_t len);

/* A whole line: view_begin and the text, whose bytes are made safe. */
void view_note(struct view *v, enum view_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What we said ourselves: "<me> hi", "* me waves"; with a `room` in front of
 * it, or with the receiver of a private message ("[to bob] <me> hi"). Either
 * may be NULL.
 */
void view_own(struct view *v, const char *nick, const char *room,
              const char *receiver, bool action, const char *text, size_t len);

#endif
