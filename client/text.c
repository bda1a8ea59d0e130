#include "client/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->data)
        t->data[0] = '\0';
}

/* Room for `more` bytes and the NUL. */
static void reserve(struct text *t, size_t more)
{
    if (t->cap - t->len > more)
        return;
    size_t cap = t->cap ? t->cap : 64;
    while (cap - t->len <= more)
        cap *= 2;
    t->data = xrealloc(t->data, cap);
    t->cap = cap;
}

void text_insert(struct text *t, size_t at, const char *bytes, size_t len)
{
    reserve(t, len);
    memmove(t->data + at + len, t->data + at, t->len - at);
    if (len > 0)
        memcpy(t->data + at, bytes, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void text_remove(struct text *t, size_t at, size_t len)
{
    if (len == 0)
        return;
    memmove(t->data + at, t->data + at + len, t->len - at - len);
    t->len -= len;
    t->data[t->len] = '\0';
}

void text_add(struct text *t, const char *bytes, size_t len)
{
    text_insert(t, t->len, bytes, len);
}

void text_adds(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_list again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int need = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (need < 0)
        die(1, "cannot format a text");
    reserve(t, (size_t)need);
    vsnprintf(t->data + t->len, (size_t)need + 1, fmt, again);
    va_end(again);
    t->len += (size_t)need;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = len > 0 ? (unsigned char)s[0] : 0xFF;
    size_t need = lead < 0x80             ? 1
                  : (lead & 0xE0) == 0xC0 ? 2
                  : (lead & 0xF0) == 0xE0 ? 3
                  : (lead & 0xF8) == 0xF0 ? 4
                                          : 0;

    if (need == 0 || need > len)
        return 0;
    uint32_t v = need == 1 ? lead : lead & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
        v = v << 6 | ((unsigned char)s[i] & 0x3F);
    }
    if (v < least[need] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *cp = v;
    return need;
}

size_t utf8_before(const char *s, size_t at)
{
    for (size_t back = 2; back <= 4 && back <= at; back++) {
        uint32_t cp;
        if (utf8_decode(s + at - back, back, &cp) == back)
            return at - back;
    }
    return at - 1;
}

bool utf8_is_safe(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
        return false;
    /* Line and paragraph separators; direction embeddings, overrides and
     * isolates; the byte order mark. */
    if ((cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) ||
        cp == 0xFEFF)
        return false;
    /* Tags: invisible text within text. */
    return cp < 0xE0000 || cp > 0xE007F;
}

static size_t count_class(const char *s, size_t len, size_t max, int (*is)(int))
{
    size_t n = 0;

    while (n < len && n < max && is((unsigned char)s[n]))
        n++;
    return n;
}

/* The length of the mIRC style code at s[0..len), 0 when there is none:
 * ^C1,2 (colours), ^D and six hex digits, or a lone toggle. */
static size_t style_length(const char *s, size_t len)
{
    size_t n;

    switch (s[0]) {
    case 0x02:
    case 0x0F:
    case 0x11:
    case 0x16:
    case 0x1D:
    case 0x1E:
    case 0x1F: return 1;
    case 0x03:
        n = 1 + count_class(s + 1, len - 1, 2, isdigit);
        if (n > 1 && n + 1 < len && s[n] == ',' &&
            isdigit((unsigned char)s[n + 1]))
            n += 1 + count_class(s + n + 1, len - n - 1, 2, isdigit);
        return n;
    case 0x04: return 1 + count_class(s + 1, len - 1, 6, isxdigit);
    default: return 0;
    }
}

void text_add_safe(struct text *t, const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len) {
        uint32_t cp = 0;
        size_t style = style_length(bytes + i, len - i);
        size_t n = style ? style : utf8_decode(bytes + i, len - i, &cp);

        if (!style) {
            if (n > 0 && utf8_is_safe(cp))
                text_add(t, bytes + i, n);
            else if (n > 0 && cp == '\t')
                text_add(t, " ", 1);
            else if (n == 0 || cp < 0xA0)
                text_adds(t, REPLACEMENT);
        }
        i += n ? n : 1;
    }
}
