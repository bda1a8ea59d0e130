/*
 * words - a list of words. Pure.
 */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
    char **word;  /* each newly allocated */
    size_t count; /* how many */
};

/* Splits at blanks. Free with words_free(). */
struct words words_split(const char *text);
struct words words_copy(const struct words *w);
void words_add(struct words *w, const char *word);
/* All of them in one text, newly allocated. */
char *words_join(const struct words *w, const char *separator);
bool words_have(const struct words *w, const char *word);

/* Frees the words, not the struct; leaves an empty list. */
void words_free(struct words *w);

#endif
