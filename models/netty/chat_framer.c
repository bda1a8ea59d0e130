/*
 * chat_framer - bytes to lines.
 *
 * Each line is handed on as a retained slice of the buffer it came in, its end
 * included, so that nothing is copied; only the start of an unfinished line is,
 * until the rest comes. A line may be 512 bytes with its end; a longer one is
 * one exception and is dropped up to its LF, however many reads that takes. An
 * idle client holds no buffer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/chat_server.h"

static struct exception too_long = {
    .code = -EMSGSIZE,
    .text = "a line is longer than 512 bytes",
};

/* The unfinished line and what has just come, in one buffer; takes both. NULL:
 * no memory. */
static struct bytebuf *prepend(struct client *c, struct bytebuf *buf)
{
    size_t len = bytebuf_readable_bytes(buf);
    struct bytebuf *both =
        allocator_buffer(allocator_default, c->partial_len + len);

    if (both) {
        bytebuf_write_bytes(both, c->partial, c->partial_len);
        bytebuf_write_buffer(both, buf, len);
    }
    bytebuf_release(buf);
    free(c->partial);
    c->partial = NULL;
    c->partial_len = 0;
    return both;
}

/* Keeps what is left of the buffer for the next read. 0 or -ENOMEM. */
static int keep_rest(struct client *c, struct bytebuf *buf)
{
    size_t len = bytebuf_readable_bytes(buf);

    if (len == 0)
        return 0;
    c->partial = malloc(len);
    if (!c->partial)
        return -ENOMEM;
    bytebuf_read_bytes(buf, c->partial, len);
    c->partial_len = (uint32_t)len;
    return 0;
}

/* The next line, its end included; false when no whole one is left. */
static bool next_line(struct channel_handler_context *ctx, struct client *c,
                      struct bytebuf *buf)
{
    size_t left = bytebuf_readable_bytes(buf);
    long lf = left > 0 ? bytebuf_bytes_before(buf, '\n') : -1;
    size_t len = lf >= 0 ? (size_t)lf + 1 : left;
    bool was_discarding = c->discarding;

    if (left == 0)
        return false;
    /* Without its LF, 512 bytes can no longer become a legal line. */
    if (was_discarding || len > IRC_LINE_MAX ||
        (lf < 0 && len == IRC_LINE_MAX)) {
        bytebuf_skip_bytes(buf, len);
        c->discarding = lf < 0;
        if (!was_discarding)
            ctx_fire_exception_caught(ctx, &too_long);
        return true;
    }
    if (lf < 0)
        return false;
    struct bytebuf *line = bytebuf_read_retained_slice(buf, len);
    if (!line) {
        bytebuf_skip_bytes(buf, len);
        channel_close(ctx_channel(ctx), NULL);
        return false;
    }
    ctx_fire_channel_read(ctx, &line->ref);
    return true;
}

static int framer_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    struct client *c = CLIENT_OF(ctx, framer);
    struct bytebuf *buf = bytebuf_of(msg);

    if (c->partial)
        buf = prepend(c, buf);
    if (buf) {
        while (next_line(ctx, c, buf))
            ;
        int err = keep_rest(c, buf);
        bytebuf_release(buf);
        if (!err)
            return 0;
    }
    channel_close(ctx_channel(ctx), NULL);
    return 0;
}

static void framer_destroy(struct channel_handler *h)
{
    client_release(
        (struct client *)((char *)h - offsetof(struct client, framer)));
}

const struct channel_handler_ops chat_framer_ops = {
    .name = "framer",
    .channel_read = framer_read,
    .destroy = framer_destroy,
};
