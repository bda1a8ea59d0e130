/*
 * html - text into HTML, escaped.
 *
 * All that comes from outside (experiment files, CSV, manifest, labels) goes
 * through here; only the report's own markup is printed as it is. Pure, but for
 * the stream written to; its errors stay in it (ferror).
 */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include <stdio.h>

/* Text as text: in an element or in a double-quoted attribute. */
void html_text(FILE *out, const char *text);

/* printf, with the whole result escaped. */
void html_printf(FILE *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A long text: each of its parts "(1) ... (2) ..." is a paragraph. */
void html_paragraphs(FILE *out, const char *text);

#endif
