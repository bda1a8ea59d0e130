#include "bench/report/html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

static void put(FILE *out, char c)
{
    switch (c) {
    case '&': fputs("&amp;", out); break;
    case '<': fputs("&lt;", out); break;
    case '>': fputs("&gt;", out); break;
    case '"': fputs("&quot;", out); break;
    case '\'': fputs("&#39;", out); break;
    default: fputc(c, out);
    }
}

void html_text(FILE *out, const char *text)
{
    for (; *text; text++)
        put(out, *text);
}

void html_printf(FILE *out, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        die(1, "out of memory");
    html_text(out, text);
    free(text);
}

/* " (2) " begins a part; "(2 s)" does not. */
static bool begins_part(const char *s)
{
    return s[0] == ' ' && s[1] == '(' && isdigit((unsigned char)s[2]) &&
           s[3] == ')' && s[4] == ' ';
}

void html_paragraphs(FILE *out, const char *text)
{
    fputs("<p>", out);
    for (; *text; text++) {
        if (begins_part(text))
            fputs("</p>\n<p>", out);
        else
            put(out, *text);
    }
    fputs("</p>\n", out);
}
