/*
 * irc - one protocol line: bytes to message, and message to bytes.
 *
 * Pure: no I/O, no allocation, no locale, no state; callable from any thread.
 * The framing (where a line begins and ends) is inbuf's; the meaning, chat's.
 * Source: RFC 1459 and 2812 as modern.ircdocs.horse reads them.
 */
#ifndef CHAT_IRC_H
#define CHAT_IRC_H

#include <stdbool.h>
#include <stddef.h>

enum {
    IRC_LINE_MAX = 512, /* bytes of a line, CR LF included */
    IRC_PARAMS_MAX = 15,
    IRC_NICK_MAX = 30,
    IRC_ROOM_MAX = 50, /* '#' and 1 to 49 bytes */
};

/* A run of bytes within the parsed line, also ended by a NUL. */
struct irc_text {
    char *ptr;
    size_t len;
};

/* A parsed line. Points into the caller's buffer, owns nothing. */
struct irc_message {
    struct irc_text prefix;  /* without ':', empty when there is none */
    struct irc_text command; /* as sent, any case; never empty */
    int n_params;
    struct irc_text params[IRC_PARAMS_MAX]; /* the last may hold spaces */
};

/*
 * Parses line[0..len), without its end of line, in place. line[len] must be
 * writable: it becomes the last parameter's NUL. `@tags` are skipped. Stray CR
 * and NUL bytes are taken out: some clients end a line at either, so relaying
 * one would let a sender forge a line. Every other byte is kept (8-bit clean).
 * False: there is no command in it (an empty line); ignore it.
 */
bool irc_parse(char *line, size_t len, struct irc_message *m);

/* Compares a command or keyword, ASCII letters without case. */
bool irc_equals(const char *a, const char *b);

/* ASCII case folding (CASEMAPPING=ascii). `folded` needs len + 1 bytes. */
char irc_fold(char c);
void irc_fold_text(char *folded, const char *text, size_t len);

bool irc_is_nick(const char *text, size_t len);
bool irc_is_room(const char *text, size_t len);

/* Glob match with `*` and `?`, ASCII letters without case; linear space,
 * at worst pattern x text steps. */
bool irc_match(const char *pattern, const char *text);

/*
 * How many of the text's first `max` bytes (max <= len) to keep so that no
 * UTF-8 sequence is cut in two. Bytes that are not UTF-8 are cut anywhere.
 */
size_t irc_cut(const char *text, size_t len, size_t max);

/* A line being written. Set len to 0, add, end once. */
struct irc_line {
    size_t len; /* bytes in text; may not pass IRC_LINE_MAX after _end */
    char text[IRC_LINE_MAX * 2];
};

/* Appends; what does not fit in the buffer is dropped, as _end would cut it. */
void irc_line_add(struct irc_line *l, const char *bytes, size_t len);
void irc_line_addf(struct irc_line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Cuts to 510 bytes, back to a UTF-8 boundary, and appends CR LF. */
void irc_line_end(struct irc_line *l);

#endif
