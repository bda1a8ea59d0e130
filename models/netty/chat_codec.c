/*
 * chat_codec - lines to commands, and messages to bytes.
 *
 * The encoder gathers what is written to a client in one buffer, and hands it
 * to the channel when flushed: short lines are cheaper copied behind each other
 * and sent with one send() than gathered by reference (measured, see
 * DESIGN.md). While the kernel refuses it goes on gathering, so that a slow
 * client owes one buffer and not thousands.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/chat_server.h"

enum { FIRST_CAPACITY = 1024 };

/* ---- the decoder ---- */

static void command_deallocate(struct reference_counted *obj)
{
    struct command *cmd = (struct command *)obj;

    if (cmd->line)
        bytebuf_release(cmd->line);
    free(cmd);
}

const struct reference_counted_type command_type = {
    .name = "command",
    .deallocate = command_deallocate,
};

static struct exception too_long = {
    .code = -EMSGSIZE,
    .text = "a line is longer than 512 bytes",
};

/* Parses in place: the line belongs to us alone, and so does its end, where the
 * parser needs room for a NUL. */
static int decoder_read(struct channel_handler_context *ctx,
                        struct reference_counted *msg)
{
    struct bytebuf *line = bytebuf_of(msg);
    size_t len = bytebuf_readable_bytes(line);
    char *text = (char *)bytebuf_address(line, bytebuf_reader_index(line), len);

    if (len > IRC_LINE_MAX) {
        bytebuf_release(line);
        ctx_fire_exception_caught(ctx, &too_long);
        return 0;
    }
    struct command *cmd = malloc(sizeof(*cmd));
    if (!cmd) {
        bytebuf_release(line);
        channel_close(ctx_channel(ctx), NULL);
        return 0;
    }
    len--; /* the LF */
    if (len > 0 && text[len - 1] == '\r')
        len--;
    reference_init(&cmd->ref, &command_type, REFERENCE_HERE);
    cmd->line = line;
    if (irc_parse(text, len, &cmd->m))
        ctx_fire_channel_read(ctx, &cmd->ref);
    else
        reference_release(&cmd->ref);
    return 0;
}

static const struct channel_handler_ops decoder_ops = {
    .name = "decoder",
    .sharable = true,
    .channel_read = decoder_read,
};

struct channel_handler chat_decoder = CHANNEL_HANDLER_INIT(&decoder_ops);

/* ---- the encoder ---- */

static void give_back_loan(struct reference_counted *obj)
{
    (void)obj;
}

const struct reference_counted_type chat_line_type = {
    .name = "chat_line",
    .deallocate = give_back_loan,
};

/* Hands what has been gathered to the channel. */
static void hand_down(struct channel_handler_context *ctx, struct client *c)
{
    struct bytebuf *out = c->out;

    if (!out)
        return;
    c->out = NULL;
    ctx_write(ctx, &out->ref, NULL);
}

static int encoder_write(struct channel_handler_context *ctx,
                         struct reference_counted *msg, struct promise *promise)
{
    struct client *c = CLIENT_OF(ctx, encoder);
    const struct chat_line *line = (const struct chat_line *)msg;

    if (msg->type != &chat_line_type) {
        hand_down(ctx, c); /* in order */
        ctx_write(ctx, msg, promise);
        return 0;
    }
    if (!c->out)
        c->out = allocator_buffer(ctx_alloc(ctx), FIRST_CAPACITY);
    if (!c->out || bytebuf_write_bytes(c->out, line->bytes, line->len) < 0)
        c->lost = true;
    return 0; /* the loan ends with the call: there is nothing to release */
}

static int encoder_flush(struct channel_handler_context *ctx)
{
    if (channel_is_writable(ctx_channel(ctx)))
        hand_down(ctx, CLIENT_OF(ctx, encoder));
    ctx_flush(ctx);
    return 0;
}

static int encoder_writability(struct channel_handler_context *ctx)
{
    struct client *c = CLIENT_OF(ctx, encoder);

    if (channel_is_writable(ctx_channel(ctx))) {
        if (c->out) {
            hand_down(ctx, c);
            ctx_flush(ctx);
        }
        client_on_writable(c);
    }
    ctx_fire_channel_writability_changed(ctx);
    return 0;
}

/* The channel has no loop any more. */
static int encoder_removed(struct channel_handler_context *ctx)
{
    struct client *c = CLIENT_OF(ctx, encoder);

    if (c->out)
        bytebuf_release(c->out);
    c->out = NULL;
    c->deaf = c->closed = true;
    client_forget_if_over(c);
    return 0;
}

static void encoder_destroy(struct channel_handler *h)
{
    client_release(
        (struct client *)((char *)h - offsetof(struct client, encoder)));
}

const struct channel_handler_ops chat_encoder_ops = {
    .name = "encoder",
    .write = encoder_write,
    .flush = encoder_flush,
    .channel_writability_changed = encoder_writability,
    .handler_removed = encoder_removed,
    .destroy = encoder_destroy,
};
