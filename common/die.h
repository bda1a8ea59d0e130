/*
 * die - end the program with one line on stderr, and the allocations that do.
 *
 * Programs whose set-up fails say why and stop: exit 1 for the world (a port in
 * use, no memory), exit 2 for the user's own words (see args.h). Nothing here
 * is for errors a peer can cause; those close one connection.
 */
#ifndef CHAT_DIE_H
#define CHAT_DIE_H

#include <stddef.h>

/* The program's name in messages; call first in main. Keeps the pointer. */
void die_set_program(const char *argv0);
const char *die_program(void);

/* Prints "program: text" and a newline on stderr, exits with `status`. */
_Noreturn void die(int status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* die(1), with ": " and the text of `err` (an errno value) appended. */
_Noreturn void die_errno(int err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Allocation for set-up code; never returns NULL. Caller frees. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);

/* A newly allocated formatted string; never NULL. Caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
