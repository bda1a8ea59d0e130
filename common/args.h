/*
 * args - argp with this project's manners.
 *
 * A bad command line gives exactly one line on stderr, which names the option,
 * what it takes and what it got, and exit status 2. argp alone prints a second
 * line and exits with 64; it also writes through getopt, past err_stream, so
 * args_parse() runs it silent (ARGP_NO_ERRS) and words the errors itself.
 * --help, -?, --usage, --version and -V are added to every program.
 *
 * Called from main before any thread starts. Errors end the program.
 */
#ifndef CHAT_ARGS_H
#define CHAT_ARGS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/* argp_parse() as above. `argp` needs no children of its own. */
void args_parse(const struct argp *argp, int argc, char **argv, void *input);

/* "program: OPTION takes TAKES, got 'GOT'"; exit 2. OPTION with its dashes. */
_Noreturn void args_bad(const char *option, const char *takes, const char *got);

/* Exit 2 with a line of your own, for options that clash. */
_Noreturn void args_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Strict parsers: the whole text must be the number, within [min, max]; else
 * args_bad() with `what` and the range, as in "--port takes a port from 0 to
 * 65535, got '70000'".
 */
long long args_int(const char *option, const char *what, const char *text,
                   long long min, long long max);
double args_double(const char *option, const char *what, const char *text,
                   double min, double max);

/* As args_int with an optional suffix k, M or G (powers of 1024). */
long long args_bytes(const char *option, const char *what, const char *text,
                     long long min, long long max);

#endif
