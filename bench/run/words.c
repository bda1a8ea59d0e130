#include "bench/run/words.h"

#include <stdlib.h>
#include <string.h>

#include "common/die.h"

struct words words_split(const char *text)
{
    struct words w = {NULL, 0};

    for (;;) {
        text += strspn(text, " \t");
        size_t len = strcspn(text, " \t");
        if (len == 0)
            return w;
        w.word = xrealloc(w.word, (w.count + 1) * sizeof(*w.word));
        w.word[w.count++] = xasprintf("%.*s", (int)len, text);
        text += len;
    }
}

void words_free(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->word[i]);
    free(w->word);
    w->word = NULL;
    w->count = 0;
}

struct words words_copy(const struct words *w)
{
    struct words copy = {NULL, w->count};

    if (w->count)
        copy.word = xcalloc(w->count, sizeof(*copy.word));
    for (size_t i = 0; i < w->count; i++)
        copy.word[i] = xstrdup(w->word[i]);
    return copy;
}

bool words_have(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->word[i], word) == 0)
            return true;
    return false;
}

void words_add(struct words *w, const char *word)
{
    w->word = xrealloc(w->word, (w->count + 1) * sizeof(*w->word));
    w->word[w->count++] = xstrdup(word);
}

char *words_join(const struct words *w, const char *separator)
{
    char *text = xstrdup("");

    for (size_t i = 0; i < w->count; i++) {
        char *longer =
            xasprintf("%s%s%s", text, i ? separator : "", w->word[i]);
        free(text);
        text = longer;
    }
    return text;
}
