#include "common/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool log_verbose;

static _Thread_local char *pending;       /* the thread's unwritten steps */
static _Thread_local size_t pending_len;  /* bytes of them */
static _Thread_local size_t pending_size; /* bytes at pending */

/* "[name] text\n" in `line`; returns its length. Cuts what is too long, and
 * shows control characters as '?': text from a peer must not drive a terminal.
 */
static size_t format_line(char *line, size_t size, const char *fmt, va_list ap)
{
    char name[16] = "?";

    pthread_getname_np(pthread_self(), name, sizeof(name));
    int n = snprintf(line, size - 1, "[%s] ", name);
    n += vsnprintf(line + n, size - 1 - (size_t)n, fmt, ap);
    size_t len = (size_t)n < size - 2 ? (size_t)n : size - 2;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c < ' ' || c == 0x7F)
            line[i] = '?';
    }
    line[len++] = '\n';
    return len;
}

/* stderr may be a pipe that nobody reads any more: nothing to be done then. */
static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, text, len);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

void log_info(const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    log_flush();
    va_start(ap, fmt);
    write_all(line, format_line(line, sizeof(line), fmt, ap));
    va_end(ap);
}

void log_step_always(const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    size_t len = format_line(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (pending_size - pending_len < len) {
        size_t size = pending_size ? pending_size * 2 : 2 * sizeof(line);
        char *grown = realloc(pending, size);
        if (!grown)
            return; /* a log line less is all that is lost */
        pending = grown;
        pending_size = size;
    }
    memcpy(pending + pending_len, line, len);
    pending_len += len;
}

void log_flush_always(void)
{
    if (!pending)
        return;
    write_all(pending, pending_len);
    free(pending);
    pending = NULL;
    pending_len = pending_size = 0;
}
