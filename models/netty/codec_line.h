/*
 * codec_line - Netty's LineBasedFrameDecoder: one message for each line.
 *
 * A line ends at LF; a CR before it belongs to its end. Lines are retained
 * slices of what was read: nothing is copied.
 *
 * A line longer than `max_length` bytes (its end not counted) is reported once,
 * as an exception with the code -EMSGSIZE, and dropped up to its end; then
 * decoding goes on. With `fail_fast` it is reported as soon as it is known to
 * be too long, else when its end has been seen.
 *
 * Differs from Netty: a line of exactly max_length bytes whose CR came in
 * without its LF is not too long (Netty counts that CR).
 *
 * Source: io.netty.handler.codec.LineBasedFrameDecoder.
 */
#ifndef NETTY_CODEC_LINE_H
#define NETTY_CODEC_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "models/netty/channel_handler.h"

/* `strip`: without the line's end. NULL: no memory. */
struct channel_handler *
line_based_frame_decoder_new(size_t max_length, bool strip, bool fail_fast);

#endif
