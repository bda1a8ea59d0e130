/*
 * fail_alloc - lets one allocation fail, chosen by number.
 *
 * The program is linked with --wrap for the functions in fail_alloc.c, which
 * catches the calls from the files that are linked, not those within libc.
 */
#ifndef CHAT_TESTS_FAIL_ALLOC_H
#define CHAT_TESTS_FAIL_ALLOC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAIL_ALLOC_NEVER = INT_MAX };

/* Lets `n` allocations succeed and the next one fail; then all succeed. */
void fail_alloc_after(unsigned n);

/* Whether that failure has happened. */
bool fail_alloc_has_failed(void);

/* For the test itself: are not counted and do not fail. */
void *fail_alloc_exempt_malloc(size_t size);
void *fail_alloc_exempt_realloc(void *old, size_t size);

#endif
