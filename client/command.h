/*
 * command - a typed line, taken apart.
 *
 * Pure: says what was meant, sends nothing. What a command does is session's.
 */
#ifndef CHAT_COMMAND_H
#define CHAT_COMMAND_H

#include <stddef.h>

#include "client/text.h"

enum command_kind {
    COMMAND_NOTHING, /* an empty line */
    COMMAND_SAY,     /* text, to the current room */
    COMMAND_ACTION,  /* text, to the current room */
    COMMAND_MSG,     /* text, to word */
    COMMAND_NICK,    /* word */
    COMMAND_JOIN,    /* text: rooms, separated by commas or spaces */
    COMMAND_PART,    /* word: room or empty; text: why, or empty */
    COMMAND_NAMES,   /* word: room or empty */
    COMMAND_WHO,     /* word: room, mask or empty */
    COMMAND_TOPIC,   /* word: room or empty; text: the topic, or empty: show */
    COMMAND_QUIT,    /* text: why, or empty */
    COMMAND_HELP,    /* word: a command, or empty */
    COMMAND_BAD,     /* error says why */
};

/* Points into the typed line, owns nothing. */
struct command {
    enum command_kind kind; /* which of the fields below count */
    const char *word;       /* its first argument; not ended by a NUL */
    size_t word_len;        /* bytes of it, 0 when it was left out */
    const char *text;       /* what follows, spaces kept */
    size_t text_len;        /* bytes of it */
    char error[160];        /* COMMAND_BAD: one line; may hold typed bytes */
};

/*
 * Takes line[0..len) apart. A line that starts with '/' is a command, with
 * "//" it says what follows the first slash; every other line is said.
 */
void command_parse(const char *line, size_t len, struct command *c);

/* Appends a line (with its LF) for each command, or for the one of that name
 * (with or without its slash). Returns how many. */
int command_help(struct text *out, const char *name, size_t len);

/*
 * How much of text[0..len) to send now, when a message may hold `max` bytes:
 * all, or up to a UTF-8 boundary, behind a space if one is near. At least 1,
 * at most `max`. Sending piece after piece loses no byte.
 */
size_t command_piece(const char *text, size_t len, size_t max);

#endif
