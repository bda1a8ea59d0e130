#include "common/args.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

enum { KEY_HELP = '?', KEY_USAGE = 0x10001, KEY_VERSION = 'V' };

static const struct argp_option help_options[] = {
    {"help", KEY_HELP, NULL, 0, "Print this help and exit", -1},
    {"usage", KEY_USAGE, NULL, 0, "Print a short usage line and exit", -1},
    {"version", KEY_VERSION, NULL, 0, "Print the version and exit", -1},
    {0},
};

/* What the wrapper parser passes on to the program's own. */
struct wrapped {
    const struct argp *argp; /* the program's own table and parser */
    const struct argp *full; /* the same with help_options, for argp_help */
    void *input;             /* the program's own input */
    int stopped_behind;      /* argv index behind the word not taken */
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
    const struct wrapped *w = state->input;

    (void)arg;
    switch (key) {
    case KEY_HELP:
        argp_help(w->full, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK,
                  (char *)(uintptr_t)die_program());
        break;
    case KEY_USAGE:
        argp_help(w->full, stdout, ARGP_HELP_USAGE,
                  (char *)(uintptr_t)die_program());
        break;
    case KEY_VERSION: printf("%s\n", argp_program_version); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    if (fflush(stdout) != 0)
        die_errno(errno, "cannot write to standard output");
    exit(0);
}

static error_t parse_own(int key, char *arg, struct argp_state *state)
{
    struct wrapped *w = state->input;

    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = w;
    if (key == ARGP_KEY_ERROR)
        w->stopped_behind = state->next;
    if (key == ARGP_KEY_ARG && !w->argp->args_doc)
        args_fail("takes no argument without an option, got '%s'", arg);
    if (!w->argp->parser)
        return ARGP_ERR_UNKNOWN;
    state->input = w->input;
    error_t err = w->argp->parser(key, arg, state);
    state->input = w;
    return err;
}

/* The option of `argp` that `word` ("--port", "--port=x", "-v") spells. */
static const struct argp_option *find_option(const struct argp *argp,
                                             const char *word)
{
    size_t len = strcspn(word, "=");

    for (const struct argp_option *o = argp->options; o && (o->name || o->key);
         o++) {
        if (strncmp(word, "--", 2) == 0) {
            if (o->name && len > 2 &&
                strncmp(o->name, word + 2, len - 2) == 0 &&
                strlen(o->name) == len - 2)
                return o;
        } else if (word[0] == '-' && o->key == word[1]) {
            return o;
        }
    }
    return NULL;
}

void args_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    static const struct argp help = {.options = help_options,
                                     .parser = parse_help};
    const struct argp_child children[] = {{.argp = &help}, {0}};
    struct argp full = *argp;
    struct wrapped w = {argp, &full, input, 0};

    full.parser = parse_own;
    full.children = children;
    if (argp_parse(&full, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &w) ==
        0)
        return;

    int index = w.stopped_behind;
    const char *word = index > 0 && index <= argc ? argv[index - 1] : "?";
    const struct argp_option *o = find_option(argp, word);
    if (o && o->arg && !strchr(word, '='))
        args_fail("%s takes %s (%s), got nothing", word, o->arg, o->doc);
    if (o && !o->arg && strchr(word, '='))
        args_fail("--%s takes no value, got '%s'", o->name,
                  strchr(word, '=') + 1);
    args_fail("unknown or ambiguous option '%s'; --help lists what is taken",
              word);
}

void args_bad(const char *option, const char *takes, const char *got)
{
    die(2, "%s takes %s, got '%s'", option, takes, got);
}

void args_fail(const char *fmt, ...)
{
    va_list ap;
    char text[512];

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    die(2, "%s", text);
}

static _Noreturn void bad_range(const char *option, const char *what,
                                const char *text, double min, double max)
{
    char takes[256];

    snprintf(takes, sizeof(takes), "%s from %.15g to %.15g", what, min, max);
    args_bad(option, takes, text);
}

long long args_int(const char *option, const char *what, const char *text,
                   long long min, long long max)
{
    char *end;

    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end || v < min || v > max ||
        strspn(text, "+-0123456789") != strlen(text))
        bad_range(option, what, text, (double)min, (double)max);
    return v;
}

double args_double(const char *option, const char *what, const char *text,
                   double min, double max)
{
    char *end;

    errno = 0;
    double v = strtod(text, &end);
    if (errno || end == text || *end || isspace((unsigned char)*text) ||
        !isfinite(v) || v < min || v > max)
        bad_range(option, what, text, min, max);
    return v;
}

long long args_bytes(const char *option, const char *what, const char *text,
                     long long min, long long max)
{
    static const char suffixes[] = "kMG";
    size_t len = strlen(text);
    const char *s = len > 1 ? strchr(suffixes, text[len - 1]) : NULL;
    long long unit = 1;
    char digits[32];

    if (s && *s) {
        unit = 1LL << (10 * (s - suffixes + 1));
        len--;
    }
    if (len == 0 || len >= sizeof(digits))
        bad_range(option, what, text, (double)min, (double)max);
    memcpy(digits, text, len);
    digits[len] = '\0';
    char *end;
    errno = 0;
    long long v = strtoll(digits, &end, 10);
    if (errno || *end || !isdigit((unsigned char)*digits) ||
        v > INT64_MAX / unit || v * unit < min || v * unit > max)
        bad_range(option, what, text, (double)min, (double)max);
    return v * unit;
}
