#include "common/irc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes CR and NUL out of the bytes; they are rare, so look before copying. */
static size_t strip_controls(char *line, size_t len)
{
    if (!memchr(line, '\r', len) && !memchr(line, '\0', len))
        return len;
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        if (line[i] != '\r' && line[i] != '\0')
            line[kept++] = line[i];
    }
    return kept;
}

static char *skip_spaces(char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    return p;
}

/* Cuts the word at p off, NUL-ends it and returns what follows it. */
static char *take_word(char *p, char *end, struct irc_text *word)
{
    char *space = memchr(p, ' ', (size_t)(end - p));

    word->ptr = p;
    if (!space)
        space = end;
    word->len = (size_t)(space - p);
    *space = '\0';
    return space < end ? skip_spaces(space + 1, end) : end;
}

bool irc_parse(char *line, size_t len, struct irc_message *m)
{
    len = strip_controls(line, len);
    char *end = line + len;
    char *p = skip_spaces(line, end);
    struct irc_text tags;

    *end = '\0';
    m->prefix = (struct irc_text){end, 0};
    m->n_params = 0;
    if (p < end && *p == '@')
        p = take_word(p, end, &tags);
    if (p < end && *p == ':')
        p = take_word(p + 1, end, &m->prefix);
    if (p == end)
        return false;
    p = take_word(p, end, &m->command);
    while (p < end && m->n_params < IRC_PARAMS_MAX) {
        struct irc_text *param = &m->params[m->n_params++];
        bool last = m->n_params == IRC_PARAMS_MAX;
        if (*p != ':' && !last) {
            p = take_word(p, end, param);
            continue;
        }
        if (*p == ':')
            p++;
        *param = (struct irc_text){p, (size_t)(end - p)};
        break;
    }
    return true;
}

char irc_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

void irc_fold_text(char *folded, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        folded[i] = irc_fold(text[i]);
    folded[len] = '\0';
}

bool irc_equals(const char *a, const char *b)
{
    while (*a && irc_fold(*a) == irc_fold(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool is_nick_start(char c)
{
    char lower = irc_fold(c);

    return (lower >= 'a' && lower <= 'z') || (c && strchr("[]\\`_^{|}", c));
}

bool irc_is_nick(const char *text, size_t len)
{
    if (len == 0 || len > IRC_NICK_MAX || !is_nick_start(text[0]))
        return false;
    for (size_t i = 1; i < len; i++) {
        char c = text[i];
        if (!is_nick_start(c) && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

bool irc_is_room(const char *text, size_t len)
{
    if (len < 2 || len > IRC_ROOM_MAX || text[0] != '#')
        return false;
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == ',' || c == ':')
            return false;
    }
    return true;
}

bool irc_match(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == '?' ||
                   (*pattern && irc_fold(*pattern) == irc_fold(*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* Bytes of the UTF-8 sequence that starts with c; 1 where c starts none. */
static size_t utf8_length(unsigned char c)
{
    if (c >= 0xF0 && c < 0xF8)
        return 4;
    if (c >= 0xE0 && c < 0xF0)
        return 3;
    if (c >= 0xC0 && c < 0xE0)
        return 2;
    return 1;
}

size_t irc_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    /* Step back over at most three continuation bytes to a lead byte. */
    size_t lead = max;
    while (lead > 0 && max - lead < 3 &&
           ((unsigned char)text[lead] & 0xC0) == 0x80)
        lead--;
    if (((unsigned char)text[lead] & 0xC0) == 0x80 || lead == max)
        return max;
    return lead + utf8_length((unsigned char)text[lead]) > max ? lead : max;
}

void irc_line_add(struct irc_line *l, const char *bytes, size_t len)
{
    size_t room = sizeof(l->text) - l->len;

    if (len > room)
        len = room;
    memcpy(l->text + l->len, bytes, len);
    l->len += len;
}

void irc_line_addf(struct irc_line *l, const char *fmt, ...)
{
    size_t room = sizeof(l->text) - l->len;
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->len, room, fmt, ap);
    va_end(ap);
    if (n > 0)
        l->len += (size_t)n < room ? (size_t)n : room - (room > 0);
}

void irc_line_end(struct irc_line *l)
{
    l->len = irc_cut(l->text, l->len, IRC_LINE_MAX - 2);
    l->text[l->len++] = '\r';
    l->text[l->len++] = '\n';
}
