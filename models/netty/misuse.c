#include "models/netty/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static misuse_fn *the_handler; /* set once, before threads start */

void misuse_set_handler(misuse_fn *handler)
{
    the_handler = handler;
}

void misuse(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (the_handler)
        the_handler(text);
    fprintf(stderr, "misuse: %s\n", text);
    abort();
}
