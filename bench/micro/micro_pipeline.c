/*
 * The pipeline: what handlers that only pass an event on cost, and what a
 * decoder costs for each message.
 *
 * On an embedded channel, whose events take the same way as in a loop's thread.
 */
#include <stdlib.h>

#include "bench/micro/micro.h"
#include "common/die.h"
#include "models/netty/codec_line.h"
#include "models/netty/codec_string.h"
#include "models/netty/embedded.h"

enum { LINES = 16 };

static int pass_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int pass_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    ctx_write(ctx, msg, promise);
    return 0;
}

/* The ends: they keep the message, which the benchmark uses again. */
static int keep_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    (void)ctx;
    micro_keep(msg);
    return 0;
}

static int keep_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    (void)promise;
    return keep_read(ctx, msg);
}

static int release_read(struct channel_handler_context *ctx,
                        struct reference_counted *msg)
{
    (void)ctx;
    reference_release(msg);
    return 0;
}

/* Passes one event on; the other passes it by, as a handler that does not
 * implement it. */
static const struct channel_handler_ops passing_ops = {
    .name = "passing",
    .sharable = true,
    .channel_read = pass_read,
    .write = pass_write,
};

static const struct channel_handler_ops silent_ops = {
    .name = "silent",
    .sharable = true,
};

static const struct channel_handler_ops keeping_ops = {
    .name = "keeping",
    .sharable = true,
    .channel_read = keep_read,
    .write = keep_write,
};

static const struct channel_handler_ops releasing_ops = {
    .name = "releasing",
    .sharable = true,
    .channel_read = release_read,
};

static struct channel_handler passing = CHANNEL_HANDLER_INIT(&passing_ops);
static struct channel_handler silent = CHANNEL_HANDLER_INIT(&silent_ops);
static struct channel_handler keeping = CHANNEL_HANDLER_INIT(&keeping_ops);
static struct channel_handler releasing = CHANNEL_HANDLER_INIT(&releasing_ops);

static struct channel *new_channel(void)
{
    struct channel *ch = embedded_channel_new();

    if (!ch)
        die(1, "no memory");
    return ch;
}

static void add(struct channel *ch, struct channel_handler *handler)
{
    if (!handler ||
        channel_pipeline_add_last(channel_pipeline(ch), NULL, NULL, handler))
        die(1, "no memory");
}

static double fire_reads(uint64_t n, struct channel_handler *handler,
                         size_t handlers)
{
    struct channel *ch = new_channel();
    struct string *msg = string_new("a message");

    for (size_t i = 0; i < handlers; i++)
        add(ch, handler);
    add(ch, &keeping);
    double start = micro_cpu();
    for (uint64_t i = 0; i < n; i++)
        channel_pipeline_fire_channel_read(channel_pipeline(ch), &msg->ref);
    double ns = micro_cpu() - start;
    embedded_channel_free(ch);
    reference_release(&msg->ref);
    return ns;
}

static double inbound(uint64_t n, size_t handlers)
{
    return fire_reads(n, &passing, handlers);
}

static double inbound_silent(uint64_t n, size_t handlers)
{
    return fire_reads(n, &silent, handlers);
}

static double outbound(uint64_t n, size_t handlers)
{
    struct channel *ch = new_channel();
    struct string *msg = string_new("a message");

    add(ch, &keeping);
    for (size_t i = 0; i < handlers; i++)
        add(ch, &passing);
    double start = micro_cpu();
    for (uint64_t i = 0; i < n; i++)
        channel_write(ch, &msg->ref, NULL);
    double ns = micro_cpu() - start;
    embedded_channel_free(ch);
    reference_release(&msg->ref);
    return ns;
}

/* Reads of LINES lines of `size` bytes: each is found, becomes a slice, is
 * passed on and released. The time for one line. */
static double decode_lines(uint64_t n, size_t size)
{
    struct channel *ch = new_channel();
    char bytes[512];

    if (size > sizeof(bytes))
        die(1, "a line of %zu is too long", size);
    memset(bytes, 'x', size);
    bytes[size - 2] = '\r';
    bytes[size - 1] = '\n';
    add(ch, line_based_frame_decoder_new(512, true, true));
    add(ch, &releasing);
    double start = micro_cpu();
    for (uint64_t done = 0; done < n; done += LINES) {
        struct bytebuf *in = allocator_buffer(allocator_default, LINES * size);
        for (int i = 0; i < LINES; i++)
            bytebuf_write_bytes(in, bytes, size);
        channel_pipeline_fire_channel_read(channel_pipeline(ch), &in->ref);
        channel_pipeline_fire_channel_read_complete(channel_pipeline(ch));
    }
    double ns = micro_cpu() - start;
    embedded_channel_free(ch);
    return ns;
}

const struct micro micro_pipeline[] = {
    {"an event through the pipeline", "inbound, 8 pass it on", NULL, 100,
     inbound, 8},
    {"an event through the pipeline", "inbound, 1 passes it on", NULL, 0,
     inbound, 1},
    {"an event through the pipeline", "inbound, 8 it passes by", NULL, 0,
     inbound_silent, 8},
    {"an event through the pipeline", "outbound, 8 pass it on", NULL, 0,
     outbound, 8},
    {"decoding, 16 lines a read", "a line of 64 bytes", NULL, 0, decode_lines,
     64},
    {"decoding, 16 lines a read", "a line of 256 bytes", NULL, 0, decode_lines,
     256},
    {0},
};
