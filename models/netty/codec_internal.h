/*
 * codec_internal - what byte_to_message_decoder is made of.
 */
#ifndef NETTY_CODEC_INTERNAL_H
#define NETTY_CODEC_INTERNAL_H

#include "models/netty/allocator.h"
#include "models/netty/codec_byte_to_message.h"

void decoder_output_init(struct decoder_output *out);

/* Passes on what there is. A handler may do anything meanwhile, but not add to
 * this output: only decode() does. */
void decoder_output_fire(struct decoder_output *out,
                         struct channel_handler_context *ctx);

/* It must be empty. */
void decoder_output_free(struct decoder_output *out);

/*
 * Adds what was read to what is left of earlier reads (*cumulation, NULL if
 * there is nothing): Netty's MERGE_CUMULATOR. Takes `in` over. 0, or -ENOMEM or
 * -ENOBUFS: `in` is lost, *cumulation is as it was.
 */
int decoder_cumulate(struct bytebuf **cumulation, const struct allocator *alloc,
                     struct bytebuf *in);

#endif
