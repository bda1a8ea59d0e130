#include "common/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *program = "chat";

void die_set_program(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');

    program = slash ? slash + 1 : argv0;
}

const char *die_program(void)
{
    return program;
}

/* One write for the whole line, so that lines of two threads never mix. */
static void print_line(const char *fmt, va_list ap, const char *reason)
{
    char line[1024];

    vsnprintf(line, sizeof(line), fmt, ap);
    fprintf(stderr, "%s: %s%s%s\n", program, line, reason ? ": " : "",
            reason ? reason : "");
}

void die(int status, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_line(fmt, ap, NULL);
    va_end(ap);
    exit(status);
}

void die_errno(int err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_line(fmt, ap, strerror(err));
    va_end(ap);
    exit(1);
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count, size);

    if (!p)
        die_errno(ENOMEM, "cannot allocate %zu x %zu bytes", count, size);
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size);

    if (!p)
        die_errno(ENOMEM, "cannot allocate %zu bytes", size);
    return p;
}

char *xstrdup(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        die_errno(ENOMEM, "cannot copy a string");
    return copy;
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        die_errno(ENOMEM, "cannot format a string");
    va_end(ap);
    return text;
}
