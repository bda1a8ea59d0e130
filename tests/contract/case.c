/*
 * The state of the one case this process runs, and its end. See case.h.
 */
#include "tests/contract/case.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/contract/server.h"

#define WAIT_S  20.0
#define GUARD_S 60.0

static char binary[PATH_MAX];    /* the server's path */
static char words[256];          /* its options, cut up */
static const char *options[16];  /* pointers into words, then NULL */
static const char *case_name;    /* suite/case */
static struct case_where *where; /* shared with the runner */
static bool ending;              /* a failure is being reported already */

const char *case_find_options(const char *command)
{
    const char *slash = strrchr(command, '/');
    const char *last = slash ? slash : command;

    return last + strcspn(last, " ");
}

void case_begin(const char *command, const char *name,
                struct case_where *shared)
{
    const char *blank = case_find_options(command);
    size_t n = 0;

    snprintf(binary, sizeof(binary), "%.*s", (int)(blank - command), command);
    snprintf(words, sizeof(words), "%s", blank);
    for (char *save, *w = strtok_r(words, " ", &save);
         w && n < sizeof(options) / sizeof(options[0]) - 1;
         w = strtok_r(NULL, " ", &save))
        options[n++] = w;
    case_name = name;
    where = shared;
}

void case_at(const char *file, int line)
{
    where->file = file;
    where->line = line;
}

const char *case_binary(void)
{
    return binary;
}

const char *case_server_name(void)
{
    const char *slash = strrchr(binary, '/');
    return slash ? slash + 1 : binary;
}

const char *const *case_options(void)
{
    return options;
}

static void print_server_and_case(void)
{
    printf("%s ", case_server_name());
    for (const char **o = options; *o; o++)
        printf("%s ", *o);
    printf("%s: ", case_name);
}

static void print_place(void)
{
    if (where->file)
        printf("%s:%d: ", where->file, where->line);
    print_server_and_case();
}

_Noreturn static void end(int status)
{
    fflush(stdout);
    _exit(status);
}

void case_fail(const char *fmt, ...)
{
    /* Stopping the servers may itself find a fault; report the first. */
    if (ending)
        end(CASE_FAILED);
    ending = true;
    print_place();
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    server_post_mortem();
    end(CASE_FAILED);
}

void case_skip(const char *fmt, ...)
{
    printf("skipped: ");
    print_server_and_case();
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    ending = true;
    server_post_mortem();
    end(CASE_SKIPPED);
}

void case_broken(int err, const char *what)
{
    case_fail("the test itself cannot go on: %s: %s", what, strerror(err));
}

double case_scale(void)
{
    static double scale;
    if (scale == 0.0) {
        const char *text = getenv("CONTRACT_TIME_SCALE");
        scale = text ? strtod(text, NULL) : 1.0;
        if (!(scale >= 0.1 && scale <= 1000.0))
            scale = 1.0;
    }
    return scale;
}

double case_wait_s(void)
{
    return WAIT_S * case_scale();
}

double case_guard_s(void)
{
    return GUARD_S * case_scale();
}

double case_now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

const char *case_seconds(int s)
{
    static char text[4][16];
    static unsigned turn;
    char *out = text[turn++ % 4];
    double scaled = s * case_scale();
    snprintf(out, sizeof(text[0]), "%d", scaled < 1.0 ? 1 : (int)(scaled + .5));
    return out;
}

void case_print_indented(const char *text, int lines)
{
    while (*text && lines-- > 0) {
        size_t len = strcspn(text, "\n");
        printf("    %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
    if (*text)
        printf("    ...\n");
}

void case_check_int(const char *what, long long got, long long want)
{
    if (got != want)
        case_fail("%s: expected %lld, got %lld", what, want, got);
}
