/*
 * text - a growing string, UTF-8, and making a stranger's bytes fit to show.
 *
 * What comes from the network must never reach a terminal as it is: an ESC
 * in a message could recolour, retitle or reprogram it. text_add_safe() is the
 * one way such bytes enter what is shown.
 *
 * Pure but for memory: running out of it ends the program (see common/die.h).
 */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty and ready. Once written to, data ends in a NUL. */
struct text {
    char *data; /* malloc'ed, or NULL */
    size_t len; /* bytes, without the NUL */
    size_t cap; /* bytes at data */
};

void text_free(struct text *t);
void text_clear(struct text *t);
void text_add(struct text *t, const char *bytes, size_t len);
void text_adds(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts `len` bytes at offset `at`, takes `len` bytes out at `at`. */
void text_insert(struct text *t, size_t at, const char *bytes, size_t len);
void text_remove(struct text *t, size_t at, size_t len);

/*
 * Appends untrusted bytes as valid UTF-8 that only prints: C0, DEL, C1 and
 * what is not UTF-8 become U+FFFD, a tab a space; mIRC's colour and style codes
 * vanish; so do the direction overrides that make text read as other text.
 */
void text_add_safe(struct text *t, const char *bytes, size_t len);

/*
 * The length of the valid UTF-8 sequence that s[0..len) starts with, its code
 * point in *cp; 0 when there is none (cut short, overlong, a surrogate).
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *cp);

/* Where the code point before offset `at` (not 0) begins; any byte that is no
 * part of UTF-8 counts as one. */
size_t utf8_before(const char *s, size_t at);

/* Whether a terminal may be given this code point. */
bool utf8_is_safe(uint32_t cp);

#endif
