/*
 * codec_fixed_length - Netty's FixedLengthFrameDecoder: frames of one length.
 *
 * Frames are retained slices. What is left when the channel closes is dropped.
 * Source: io.netty.handler.codec.FixedLengthFrameDecoder.
 */
#ifndef NETTY_CODEC_FIXED_LENGTH_H
#define NETTY_CODEC_FIXED_LENGTH_H

#include <stddef.h>

#include "models/netty/channel_handler.h"

/* NULL with errno: ENOMEM; EINVAL for a length of 0. */
struct channel_handler *fixed_length_frame_decoder_new(size_t length);

#endif
