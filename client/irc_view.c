#include "client/irc_view.h"

#include <string.h>

#include "client/irc_view_internal.h"

void view_add_text(struct view *v, const struct irc_text *t)
{
    text_add_safe(&v->text, t->ptr, t->len);
}

struct irc_text view_param(const struct irc_message *m, int i)
{
    static char nothing[1];

    return i < m->n_params ? m->params[i] : (struct irc_text){nothing, 0};
}

void view_add_param(struct view *v, const struct irc_message *m, int i)
{
    struct irc_text t = view_param(m, i);

    view_add_text(v, &t);
}

void view_add_params(struct view *v, const struct irc_message *m, int first,
                     bool colon)
{
    for (int i = first; i < m->n_params; i++) {
        if (i > first)
            text_adds(&v->text, colon && i == m->n_params - 1 ? ": " : " ");
        view_add_param(v, m, i);
    }
}

static void add_reason(struct view *v, const struct irc_message *m, int i)
{
    if (view_param(m, i).len == 0)
        return;
    text_adds(&v->text, " (");
    view_add_param(v, m, i);
    text_adds(&v->text, ")");
}

size_t irc_view_nick_length(const struct irc_text *prefix)
{
    const char *bang = memchr(prefix->ptr, '!', prefix->len);

    return bang ? (size_t)(bang - prefix->ptr) : prefix->len;
}

bool irc_view_is_from(const struct irc_message *m, const char *nick)
{
    char from[IRC_LINE_MAX];
    size_t len = irc_view_nick_length(&m->prefix);

    if (len >= sizeof(from))
        return false;
    memcpy(from, m->prefix.ptr, len);
    from[len] = '\0';
    return irc_equals(from, nick);
}

static void add_sender(struct view *v, const struct irc_message *m)
{
    if (m->prefix.len == 0)
        text_adds(&v->text, "server");
    else
        view_name(v, m->prefix.ptr, irc_view_nick_length(&m->prefix));
}

/* "you" or the sender's nick. */
static void add_who(struct irc_view *iv, struct view *v,
                    const struct irc_message *m)
{
    if (irc_view_is_from(m, iv->nick))
        text_adds(&v->text, "you");
    else
        add_sender(v, m);
}

/* ^AACTION waves^A: *text becomes what it does. Another ^AWORD...^A: CTCP. */
static bool take_ctcp(struct irc_text *text, bool *action)
{
    static const char word[] = "\001ACTION ";

    *action = false;
    if (text->len < 2 || text->ptr[0] != '\001')
        return false;
    if (text->len >= strlen(word) &&
        memcmp(text->ptr, word, strlen(word)) == 0) {
        text->ptr += strlen(word);
        text->len -= strlen(word);
        *action = true;
    } else {
        text->ptr++;
        text->len--;
    }
    if (text->len > 0 && text->ptr[text->len - 1] == '\001')
        text->len--;
    return !*action;
}

static void show_said(struct irc_view *iv, const struct irc_message *m,
                      struct view *v, bool notice)
{
    struct irc_text to = view_param(m, 0);
    struct irc_text text = view_param(m, 1);
    bool room = to.len > 0 && strchr("#&+!@", to.ptr[0]);
    bool action;

    if (take_ctcp(&text, &action)) {
        view_begin(v, VIEW_INFO);
        add_sender(v, m);
        text_adds(&v->text, notice ? " answers CTCP " : " asks with CTCP ");
        view_add_text(v, &text);
        return;
    }
    view_begin(v, notice ? VIEW_NOTICE : room ? VIEW_CHAT : VIEW_PRIVATE);
    if (room && iv->show_rooms) {
        view_add_text(v, &to);
        text_adds(&v->text, " ");
    } else if (!room && !notice) {
        text_adds(&v->text, "[private] ");
    }
    text_adds(&v->text, notice ? "-" : action ? "* " : "<");
    add_sender(v, m);
    text_adds(&v->text, notice ? "- " : action ? " " : "> ");
    view_add_text(v, &text);
}

static void show_join(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " joined ");
    view_add_param(v, m, 0);
}

static void show_part(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " left ");
    view_add_param(v, m, 0);
    add_reason(v, m, 1);
}

static void show_quit(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " quit");
    add_reason(v, m, 0);
}

static void show_nick(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    bool own = irc_view_is_from(m, iv->nick);

    add_who(iv, v, m);
    text_adds(&v->text, own ? " are now " : " is now ");
    view_add_param(v, m, 0);
}

static void show_topic(struct irc_view *iv, const struct irc_message *m,
                       struct view *v)
{
    bool cleared = view_param(m, 1).len == 0;

    add_who(iv, v, m);
    text_adds(&v->text,
              cleared ? " cleared the topic of " : " set the topic of ");
    view_add_param(v, m, 0);
    if (!cleared) {
        text_adds(&v->text, ": ");
        view_add_param(v, m, 1);
    }
}

static void show_kick(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " removed ");
    if (irc_equals(view_param(m, 1).ptr, iv->nick))
        text_adds(&v->text, "you");
    else
        view_add_param(v, m, 1);
    text_adds(&v->text, " from ");
    view_add_param(v, m, 0);
    add_reason(v, m, 2);
}

static void show_mode(struct irc_view *iv, const struct irc_message *m,
                      struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " set mode");
    for (int i = 1; i < m->n_params; i++) {
        text_adds(&v->text, " ");
        view_add_param(v, m, i);
    }
    text_adds(&v->text, " on ");
    view_add_param(v, m, 0);
}

static void show_invite(struct irc_view *iv, const struct irc_message *m,
                        struct view *v)
{
    add_who(iv, v, m);
    text_adds(&v->text, " invites you to ");
    view_add_param(v, m, 1);
}

/* The commands that become one line of information. */
static const struct event {
    const char *name; /* the command */
    void (*show)(struct irc_view *, const struct irc_message *, struct view *);
} events[] = {
    {"JOIN", show_join}, {"PART", show_part},     {"QUIT", show_quit},
    {"NICK", show_nick}, {"TOPIC", show_topic},   {"KICK", show_kick},
    {"MODE", show_mode}, {"INVITE", show_invite},
};

void irc_view(struct irc_view *iv, const struct irc_message *m,
              struct view *out)
{
    const char *command = m->command.ptr;

    view_begin(out, VIEW_INFO);
    if (irc_view_numeric(m)) {
        irc_reply_view(iv, m, out);
        return;
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (irc_equals(command, events[i].name)) {
            events[i].show(iv, m, out);
            return;
        }
    }
    if (irc_equals(command, "PRIVMSG") || irc_equals(command, "NOTICE")) {
        show_said(iv, m, out, irc_equals(command, "NOTICE"));
    } else if (irc_equals(command, "PING") || irc_equals(command, "PONG")) {
        out->kind = VIEW_NONE;
    } else if (irc_equals(command, "ERROR")) {
        view_begin(out, VIEW_ERROR);
        text_adds(&out->text, "the server says: ");
        view_add_params(out, m, 0, false);
    } else {
        view_add_text(out, &m->command);
        text_adds(&out->text, " ");
        view_add_params(out, m, 0, false);
    }
}
