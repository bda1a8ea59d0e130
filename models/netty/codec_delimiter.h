/*
 * codec_delimiter - Netty's DelimiterBasedFrameDecoder: frames that end with
 * one of several sequences of bytes.
 *
 * Of several delimiters that match, the one that makes the shortest frame
 * counts; of two that start at the same byte, the first given. Frames are
 * retained slices. A frame longer than `max_length` (its delimiter not counted)
 * is reported once, as an exception with the code -EMSGSIZE, and dropped up to
 * its delimiter.
 *
 * Differs from Netty: a delimiter that comes in piece by piece is neither
 * counted into the frame's length nor lost with the part that is dropped.
 *
 * Source: io.netty.handler.codec.DelimiterBasedFrameDecoder.
 */
#ifndef NETTY_CODEC_DELIMITER_H
#define NETTY_CODEC_DELIMITER_H

#include <stdbool.h>
#include <stddef.h>

#include "models/netty/channel_handler.h"

struct delimiter {
    const void *bytes; /* copied */
    size_t len;        /* at least 1 */
};

/* `strip`: without the delimiter. NULL with errno: ENOMEM; EINVAL for no
 * delimiter or an empty one. */
struct channel_handler *
delimiter_based_frame_decoder_new(size_t max_length, bool strip, bool fail_fast,
                                  const struct delimiter *delimiters,
                                  size_t count);

#endif
