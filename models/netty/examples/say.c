#include "models/netty/examples/say.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"
#include "models/netty/ticker.h"

void say(const char *fmt, ...)
{
    char name[16] = "main";
    char text[256];
    va_list args;

    /* The first thread has the program's name: all examples call it main. */
    if (gettid() != getpid())
        pthread_getname_np(pthread_self(), name, sizeof(name));
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    /* One call a line, so that threads do not cut into each other's; flushed,
     * so that it is in its place among what is printed on stderr. */
    printf("[%s] %s\n", name, text);
    fflush(stdout);
}

void check(int err, const char *what)
{
    if (err < 0)
        die_errno(-err, "cannot %s", what);
}

void *made(void *p, const char *what)
{
    if (!p)
        die_errno(errno, "cannot make %s", what);
    return p;
}

void wait_for(struct future *f, const char *what)
{
    check(f ? future_sync(f) : -ENOMEM, what);
    future_release(f);
}

struct socket_address loopback(int port)
{
    struct socket_address a;

    check(socket_address_parse(&a, "127.0.0.1", port), "make an address");
    return a;
}

double elapsed_ms(uint64_t *since)
{
    uint64_t now = ticker_now(&ticker_system);
    double ms = (double)(now - *since) / (double)TICKER_MS;

    *since = now;
    return ms;
}
