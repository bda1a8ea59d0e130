/*
 * codec_byte_to_message - Netty's ByteToMessageDecoder: bytes into messages.
 *
 * TCP keeps no boundaries: what the peer sent as one message may come in as
 * three reads, and three as one. A decoder keeps what has come in and is not
 * yet a message (the cumulation), and has its decode() called as long as that
 * makes a message of some of it.
 *
 * A decoder of one's own is a struct that begins with a struct
 * byte_to_message_decoder, and one function:
 *
 *     decode(d, ctx, in, out): reads from `in` what makes one message, adds the
 *         message to `out`, returns 0. If there is not enough yet, it reads
 *         nothing and adds nothing. `in` is borrowed; a message that is a part
 *         of it is a retained slice. -errno: goes to exception_caught.
 *
 * DOC(netty.decoder)
 * The rules, as in Netty, since handlers may do anything while they are called:
 * - Messages are passed on in the order decoded, before decode() is called
 *   again. What was decoded before an error is passed on before the error.
 * - A read that comes in while it is at work (from a handler behind it that
 *   fires one) is queued, and decoded when the first one is done.
 * - Not reading but adding a message is an error, or it would go on for ever.
 * - A decoder that is taken out of the pipeline, even while it is at work,
 *   passes on what it has decoded, then hands the bytes left to the next
 *   handler: so a protocol can be upgraded.
 * - When the channel goes inactive or the peer shuts its half, what can be is
 *   decoded, decode_last() is called once, and the rest is released.
 * - The cumulation is the buffer that was read, not a copy. Only what is left
 *   of one and continued in the next is copied together; not into a buffer
 *   that others hold slices of, if it would have to move for that.
 * END
 *
 * Not sharable: one for each channel. Runs in the handler's executor.
 * Source: io.netty.handler.codec.ByteToMessageDecoder.
 */
#ifndef NETTY_CODEC_BYTE_TO_MESSAGE_H
#define NETTY_CODEC_BYTE_TO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/bytebuf.h"
#include "models/netty/channel_handler.h"

struct byte_to_message_decoder;

/* The messages that decode() has made and that are not passed on yet. */
struct decoder_output {
    struct reference_counted **items;  /* `few`, or malloc'ed */
    size_t count;                      /* in items */
    size_t room;                       /* that fit */
    bool any;                          /* one was added, ever */
    struct reference_counted *few[16]; /* enough for nearly all */
};

/* Takes the message over, also when it fails: 0 or -ENOMEM. */
int decoder_output_add(struct decoder_output *out,
                       struct reference_counted *msg);

typedef int decode_fn(struct byte_to_message_decoder *d,
                      struct channel_handler_context *ctx, struct bytebuf *in,
                      struct decoder_output *out);

/* What kinds of decoders differ in. One static constant a kind. */
struct byte_to_message_decoder_ops {
    decode_fn *decode;
    /* There will be no more input; `in` may be empty. NULL: decode() is called
     * once more if there are bytes. */
    decode_fn *decode_last;
    /* It has left the pipeline, the bytes left have been handed on. */
    void (*removed)(struct byte_to_message_decoder *d,
                    struct channel_handler_context *ctx);
};

struct byte_to_message_decoder {
    struct channel_handler handler; /* first */

    /* set once: */
    const struct byte_to_message_decoder_ops *kind; /* what it does */
    bool single_decode; /* one message for each read (default: false) */
    uint16_t discard_after_reads; /* give room back every so many (16) */

    /* the handler's executor only: */
    uint8_t state;              /* at work, removed meanwhile, or neither */
    bool closed;                /* the input ended while at work */
    bool inactive;              /* because the channel is inactive */
    bool first;                 /* the cumulation is what was read last */
    bool has_read;              /* something came in since read complete */
    bool has_fired;             /* a message was passed on since then */
    uint16_t n_reads;           /* since room was given back */
    struct bytebuf *cumulation; /* what is not yet a message, or NULL */
    struct reference_counted **queued; /* reads that came while at work */
    size_t n_queued;                   /* in it */
};

/* Fills in the base. `ops` are the handler's, made with the macro below. */
void byte_to_message_decoder_init(
    struct byte_to_message_decoder *d, const struct channel_handler_ops *ops,
    const struct byte_to_message_decoder_ops *kind);

/* Gives what it holds back, and `d` itself (free): the handler's destroy. */
void byte_to_message_decoder_destroy(struct channel_handler *handler);

/* The handler's callbacks, for its struct channel_handler_ops:
 *     static const struct channel_handler_ops handler_ops = {
 *         .name = "my_decoder", BYTE_TO_MESSAGE_DECODER_OPS};
 */
#define BYTE_TO_MESSAGE_DECODER_OPS                                            \
    .handler_removed = byte_to_message_handler_removed,                        \
    .channel_read = byte_to_message_channel_read,                              \
    .channel_read_complete = byte_to_message_channel_read_complete,            \
    .channel_inactive = byte_to_message_channel_inactive,                      \
    .user_event_triggered = byte_to_message_user_event_triggered,              \
    .destroy = byte_to_message_decoder_destroy

int byte_to_message_handler_removed(struct channel_handler_context *ctx);
int byte_to_message_channel_read(struct channel_handler_context *ctx,
                                 struct reference_counted *msg);
int byte_to_message_channel_read_complete(struct channel_handler_context *ctx);
int byte_to_message_channel_inactive(struct channel_handler_context *ctx);
int byte_to_message_user_event_triggered(struct channel_handler_context *ctx,
                                         const struct user_event *event);

/* For decode(): a frame of `len` bytes from the reader index on, which moves,
 * as a retained slice into `out`. 0 or -ENOMEM. */
int decoder_output_add_slice(struct decoder_output *out, struct bytebuf *in,
                             size_t len);

#endif
