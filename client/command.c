#include "client/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/irc.h"

/* What may follow a command's name. */
enum shape {
    SHAPE_WORD,      /* one word */
    SHAPE_MAY_WORD,  /* a word or nothing */
    SHAPE_WORD_TEXT, /* a word and a text */
    SHAPE_ROOM_TEXT, /* a room or nothing, a text or nothing */
    SHAPE_TEXT,      /* a text */
    SHAPE_MAY_TEXT,  /* a text or nothing */
};

static const struct known {
    const char *name;       /* without the slash */
    const char *takes;      /* its arguments, for the help */
    const char *help;       /* what it does */
    enum command_kind kind; /* what it means */
    enum shape shape;       /* how its arguments are cut */
} commands[] = {
    {"nick", "NICK", "take another nick", COMMAND_NICK, SHAPE_WORD},
    {"join", "ROOM[,ROOM...]", "join, and talk in the last of them",
     COMMAND_JOIN, SHAPE_TEXT},
    {"part", "[#ROOM] [WHY]", "leave a room, the current one by default",
     COMMAND_PART, SHAPE_ROOM_TEXT},
    {"msg", "NICK|#ROOM TEXT", "say something to one user or to a room",
     COMMAND_MSG, SHAPE_WORD_TEXT},
    {"names", "[#ROOM]", "who is in the room", COMMAND_NAMES, SHAPE_MAY_WORD},
    {"who", "[#ROOM|MASK]", "the same, with address, state and real name",
     COMMAND_WHO, SHAPE_MAY_WORD},
    {"topic", "[#ROOM] [TEXT|-delete]", "show, set or clear the topic",
     COMMAND_TOPIC, SHAPE_ROOM_TEXT},
    {"me", "TEXT", "say what you do: * alice waves", COMMAND_ACTION,
     SHAPE_TEXT},
    {"quit", "[WHY]", "leave the chat", COMMAND_QUIT, SHAPE_MAY_TEXT},
    {"help", "[COMMAND]", "this list", COMMAND_HELP, SHAPE_MAY_WORD},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct known *find(const char *name, size_t len)
{
    char word[16];

    if (len >= sizeof(word))
        return NULL;
    memcpy(word, name, len);
    word[len] = '\0';
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strlen(word) == len && irc_equals(commands[i].name, word))
            return &commands[i];
    }
    return NULL;
}

static size_t word_length(const char *p, size_t len)
{
    const char *space = memchr(p, ' ', len);

    return space ? (size_t)(space - p) : len;
}

/* Moves text behind its first word, which becomes c->word. */
static void take_word(struct command *c)
{
    c->word = c->text;
    c->word_len = word_length(c->text, c->text_len);
    c->text += c->word_len;
    c->text_len -= c->word_len;
    while (c->text_len > 0 && *c->text == ' ') {
        c->text++;
        c->text_len--;
    }
}

/* Cuts c->text by the shape; false when it does not fit. */
static bool take_arguments(struct command *c, enum shape shape)
{
    switch (shape) {
    case SHAPE_WORD: take_word(c); return c->word_len > 0 && c->text_len == 0;
    case SHAPE_MAY_WORD: take_word(c); return c->text_len == 0;
    case SHAPE_WORD_TEXT: take_word(c); return c->text_len > 0;
    case SHAPE_ROOM_TEXT:
        if (c->text_len > 0 && *c->text == '#')
            take_word(c);
        return true;
    case SHAPE_TEXT: return c->text_len > 0;
    case SHAPE_MAY_TEXT: return true;
    }
    return false;
}

static void say(struct command *c, const char *text, size_t len)
{
    c->kind = len > 0 ? COMMAND_SAY : COMMAND_NOTHING;
    c->text = text;
    c->text_len = len;
}

void command_parse(const char *line, size_t len, struct command *c)
{
    *c = (struct command){.word = line, .text = line};
    if (len == 0 || line[0] != '/') {
        say(c, line, len);
        return;
    }
    if (len > 1 && line[1] == '/') {
        say(c, line + 1, len - 1);
        return;
    }
    c->text = line + 1;
    c->text_len = len - 1;
    take_word(c);

    const struct known *k = find(c->word, c->word_len);
    size_t shown =
        irc_cut(c->word, c->word_len, c->word_len < 40 ? c->word_len : 40);
    c->kind = COMMAND_BAD;
    if (!k) {
        snprintf(c->error, sizeof(c->error),
                 "unknown command /%.*s; /help lists what there is, "
                 "// says a line that starts with a slash",
                 (int)shown, c->word);
        return;
    }
    c->word_len = 0;
    if (take_arguments(c, k->shape))
        c->kind = k->kind;
    else
        snprintf(c->error, sizeof(c->error), "/%s takes %s", k->name, k->takes);
}

int command_help(struct text *out, const char *name, size_t len)
{
    const struct known *only = NULL;
    int shown = 0;

    if (len > 0 && name[0] == '/') {
        name++;
        len--;
    }
    if (len > 0) {
        only = find(name, len);
        if (!only)
            return 0;
    }
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const struct known *k = &commands[i];
        if (only && only != k)
            continue;
        char usage[48];
        snprintf(usage, sizeof(usage), "/%s %s", k->name, k->takes);
        text_addf(out, "%-30s %s\n", usage, k->help);
        shown++;
    }
    if (!only) {
        text_adds(out, "Any other line is said to the current room; // says a "
                       "line that starts with a slash.\n");
        shown++;
    }
    return shown;
}

size_t command_piece(const char *text, size_t len, size_t max)
{
    enum { NEAR = 64 }; /* how far back a space is worth breaking at */

    if (len <= max)
        return len;
    size_t cut = irc_cut(text, len, max);
    if (cut == 0)
        return max;
    for (size_t i = cut; i > cut / 2 && i + NEAR > cut; i--) {
        if (text[i - 1] == ' ')
            return i;
    }
    return cut;
}
