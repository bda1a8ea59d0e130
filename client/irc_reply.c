/*
 * irc_reply - the numbered replies of a server, in words.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/irc_view_internal.h"

/*
 * Replies worth other words than the server's own. $1..$9 is a parameter ($0
 * is our nick). "" shows nothing. Every reply that is not here is shown as its
 * last parameter with the others in front, or behind "!!" if it is an error.
 */
static const struct wording {
    int numeric;       /* the reply */
    const char *words; /* how to say it */
} wordings[] = {
    {1, "$1"},
    {2, ""},
    {3, ""},
    {4, ""},
    {5, ""},
    {221, "your mode: $1"},
    {251, "$1"},
    {252, ""},
    {253, ""},
    {254, ""},
    {255, ""},
    {265, ""},
    {266, ""},
    {301, "$1 is away: $2"},
    {324, "mode of $1: $2"},
    {329, ""},
    {331, "$1 has no topic"},
    {332, "topic of $1: $2"},
    {353, "in $2: $3"},
    {375, ""},
    {376, ""},
    {422, ""},
};

int irc_view_numeric(const struct irc_message *m)
{
    if (m->command.len != 3 || strspn(m->command.ptr, "0123456789") != 3)
        return 0;
    return (int)strtol(m->command.ptr, NULL, 10);
}

bool irc_view_is_error(int numeric)
{
    return numeric >= 400 && numeric < 600 && numeric != 422;
}

static void show_who_row(const struct irc_message *m, struct view *v)
{
    struct irc_text room = view_param(m, 1);
    struct irc_text state = view_param(m, 6);
    struct irc_text real = view_param(m, 7); /* "hops real name" */
    const char *space = memchr(real.ptr, ' ', real.len);

    if (space) {
        real.len -= (size_t)(space + 1 - real.ptr);
        real.ptr += space + 1 - real.ptr;
    }
    view_add_param(v, m, 5);
    text_adds(&v->text, " (");
    view_add_param(v, m, 2);
    text_adds(&v->text, "@");
    view_add_param(v, m, 3);
    text_adds(&v->text, ")");
    if (room.len > 0 && room.ptr[0] != '*') {
        text_adds(&v->text, " in ");
        view_add_text(v, &room);
    }
    text_adds(&v->text,
              state.len > 0 && state.ptr[0] == 'G' ? ", away: " : ", here: ");
    view_add_text(v, &real);
}

static void show_topic_author(const struct irc_message *m, struct view *v)
{
    time_t when = (time_t)strtoll(view_param(m, 3).ptr, NULL, 10);
    struct irc_text by = view_param(m, 2);
    char date[32] = "";
    struct tm tm;

    by.len = irc_view_nick_length(&by);
    if (localtime_r(&when, &tm))
        strftime(date, sizeof(date), " on %Y-%m-%d at %H:%M", &tm);
    text_adds(&v->text, "set by ");
    view_add_text(v, &by);
    text_adds(&v->text, date);
}

/* The message of the day: each line has a "- " in front. */
static void show_motd(const struct irc_message *m, struct view *v)
{
    struct irc_text line = view_param(m, 1);

    if (line.len >= 2 && memcmp(line.ptr, "- ", 2) == 0) {
        line.ptr += 2;
        line.len -= 2;
    }
    view_add_text(v, &line);
}

static void add_worded(struct view *v, const struct irc_message *m,
                       const char *words)
{
    for (const char *p = words; *p; p++) {
        if (p[0] == '$' && p[1] >= '0' && p[1] <= '9')
            view_add_param(v, m, *++p - '0');
        else
            text_add(&v->text, p, 1);
    }
}

static void show_list_end(struct irc_view *iv, const struct irc_message *m,
                          struct view *v)
{
    bool listed = iv->listed;

    iv->listed = false;
    if (listed) {
        v->kind = VIEW_NONE;
        return;
    }
    text_adds(&v->text, "nobody to show for ");
    view_add_param(v, m, 1);
}

void irc_reply_view(struct irc_view *iv, const struct irc_message *m,
                    struct view *v)
{
    int numeric = irc_view_numeric(m);

    view_begin(v, irc_view_is_error(numeric) ? VIEW_ERROR : VIEW_INFO);
    if (numeric == 352 || numeric == 353)
        iv->listed = true;
    switch (numeric) {
    case 315:
    case 366: show_list_end(iv, m, v); return;
    case 333: show_topic_author(m, v); return;
    case 372: show_motd(m, v); return;
    case 352: show_who_row(m, v); return;
    default: break;
    }
    for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++) {
        if (wordings[i].numeric != numeric)
            continue;
        if (wordings[i].words[0])
            add_worded(v, m, wordings[i].words);
        else
            v->kind = VIEW_NONE;
        return;
    }
    view_add_params(v, m, m->n_params > 1, true);
}
