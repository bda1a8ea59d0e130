#include "client/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

void view_free(struct view *v)
{
    text_free(&v->text);
    *v = (struct view){0};
}

void view_begin(struct view *v, enum view_kind kind)
{
    v->kind = kind;
    v->name_at = v->name_len = 0;
    text_clear(&v->text);
    if (kind == VIEW_INFO)
        text_adds(&v->text, "-- ");
    else if (kind == VIEW_ERROR)
        text_adds(&v->text, "!! ");
}

void view_name(struct view *v, const char *nick, size_t len)
{
    v->name_at = v->text.len;
    text_add_safe(&v->text, nick, len);
    v->name_len = v->text.len - v->name_at;
}

void view_note(struct view *v, enum view_kind kind, const char *fmt, ...)
{
    va_list ap;
    char *line;

    view_begin(v, kind);
    va_start(ap, fmt);
    if (vasprintf(&line, fmt, ap) < 0)
        die(1, "cannot format a text");
    va_end(ap);
    text_add_safe(&v->text, line, strlen(line));
    free(line);
}

void view_own(struct view *v, const char *nick, const char *room,
              const char *receiver, bool action, const char *text, size_t len)
{
    view_begin(v, receiver ? VIEW_PRIVATE : VIEW_CHAT);
    if (receiver) {
        text_adds(&v->text, "[to ");
        text_add_safe(&v->text, receiver, strlen(receiver));
        text_adds(&v->text, "] ");
    } else if (room) {
        text_add_safe(&v->text, room, strlen(room));
        text_adds(&v->text, " ");
    }
    text_adds(&v->text, action ? "* " : "<");
    view_name(v, nick, strlen(nick));
    text_adds(&v->text, action ? " " : "> ");
    text_add_safe(&v->text, text, len);
}
