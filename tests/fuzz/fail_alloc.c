#include "tests/fuzz/fail_alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names are the linker's: --wrap=malloc turns calls of malloc into calls
 * of __wrap_malloc, and __real_malloc into malloc. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
int __wrap_asprintf(char **text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static unsigned left = FAIL_ALLOC_NEVER; /* until one fails */

void fail_alloc_after(unsigned n)
{
    left = n;
}

bool fail_alloc_has_failed(void)
{
    return left == FAIL_ALLOC_NEVER;
}

void *fail_alloc_exempt_realloc(void *old, size_t size)
{
    void *p = __real_realloc(old, size);

    if (!p)
        abort();
    return p;
}

void *fail_alloc_exempt_malloc(size_t size)
{
    return fail_alloc_exempt_realloc(NULL, size);
}

static bool fails(void)
{
    if (left == FAIL_ALLOC_NEVER)
        return false;
    if (left > 0) {
        left--;
        return false;
    }
    left = FAIL_ALLOC_NEVER;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
    return fails() ? NULL : __real_strndup(text, max);
}

int __wrap_asprintf(char **text, const char *fmt, ...)
{
    va_list ap;

    if (fails()) {
        *text = (char *)1; /* undefined, says the manual: not to be used */
        return -1;
    }
    va_start(ap, fmt);
    int n = vasprintf(text, fmt, ap);
    va_end(ap);
    return n;
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
