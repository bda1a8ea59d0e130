#include "models/netty/examples/say.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"
#include "models/netty/codec_line.h"
#include "models/netty/ticker.h"

enum { LONGEST_LINE = 512 };

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

void wait_until(sem_t *what)
{
    while (sem_wait(what) < 0)
        continue; /* EINTR */
}

struct socket_address loopback(int port)
{
    struct socket_address a;

    check(socket_address_parse(&a, "127.0.0.1", port), "make an address");
    return a;
}

struct future *listen_at(struct server_bootstrap *b, struct socket_address *at)
{
    *at = loopback(0);
    struct future *f = made(server_bootstrap_bind(b, at), "a server channel");

    check(future_sync(f), "listen");
    check(channel_local_address(future_channel(f), at), "tell the port");
    return f;
}

struct future *connect_to(struct bootstrap *b, const struct socket_address *at)
{
    struct future *f = made(bootstrap_connect(b, at), "a channel");

    check(future_sync(f), "connect");
    return f;
}

int send_text(struct channel *ch, const char *text)
{
    struct bytebuf *buf =
        made(unpooled_copied_buffer(text, strlen(text)), "a buffer");
    struct promise *sent = made(channel_new_promise(ch), "a promise");

    channel_write_and_flush(ch, &buf->ref, sent); /* takes the buffer over */
    int err = future_sync(&sent->future);
    promise_release(sent);
    return err;
}

int add_line_codec(struct channel_pipeline *p)
{
    struct channel_handler *framer =
        line_based_frame_decoder_new(LONGEST_LINE, true, false);

    if (!framer)
        return -ENOMEM;
    int err = channel_pipeline_add_last(p, NULL, "framer", framer);
    if (!err)
        err = channel_pipeline_add_last(p, NULL, "decoder", &string_decoder);
    return err ? err
               : channel_pipeline_add_last(p, NULL, "encoder", &string_encoder);
}

int init_line_channel(struct channel *ch, void *last)
{
    struct channel_pipeline *p = channel_pipeline(ch);
    int err = add_line_codec(p);

    return err ? err : channel_pipeline_add_last(p, NULL, NULL, last);
}

int write_line(struct channel_handler_context *ctx, const char *line)
{
    struct string *s = string_new(line);

    if (!s)
        return -ENOMEM;
    ctx_write_and_flush(ctx, &s->ref, NULL); /* takes it over */
    return 0;
}

double elapsed_ms(uint64_t *since)
{
    uint64_t now = ticker_now(&ticker_system);
    double ms = (double)(now - *since) / (double)TICKER_MS;

    *since = now;
    return ms;
}
