/*
 * codec_length_field - frames that say how long they are, and the handler that
 * makes them say so.
 *
 * Netty's LengthFieldBasedFrameDecoder takes a header of `offset` bytes, a
 * length field of `length` bytes, and as many more as the field says, corrected
 * by `adjustment` (a field that counts the header too: minus its size). The
 * first `strip` bytes of the frame are not passed on.
 *
 *     offset 1, length 2, adjustment -3, strip 3:
 *     +------+--------+----------+        +----------+
 *     | 0xCA | 0x0010 | "HELLO.."|   ->   | "HELLO.."|   0x0010 = 3 + 13
 *     +------+--------+----------+        +----------+
 *
 * Frames are retained slices. One longer than `max_length` is reported, as an
 * exception with the code -EMSGSIZE, and skipped: with `fail_fast` as soon as
 * its length field is read, else once it has gone by. A field that makes no
 * sense (negative, or a frame shorter than its header) is reported with the
 * code -EPROTO; its header is skipped and decoding goes on, as in Netty, but
 * whoever catches that does best to close the channel.
 *
 * Source: io.netty.handler.codec.LengthFieldBasedFrameDecoder,
 * LengthFieldPrepender.
 */
#ifndef NETTY_CODEC_LENGTH_FIELD_H
#define NETTY_CODEC_LENGTH_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/channel_handler.h"

struct length_field {
    uint32_t max_length; /* of a whole frame, header included; at least 1 */
    uint32_t offset;     /* bytes before the length field */
    uint32_t length;     /* of the field: 1, 2, 3, 4 or 8 */
    int32_t adjustment;  /* added to what the field says */
    uint32_t strip;      /* bytes dropped from the frame's start */
    bool little_endian;  /* the field's byte order (default: big) */
    bool fail_lazily;    /* report a long frame after it (default: at once) */
};

/* NULL with errno: ENOMEM; EINVAL for a length that is none of the above, or a
 * header that does not fit into max_length. */
struct channel_handler *
length_field_based_frame_decoder_new(const struct length_field *field);

/*
 * Writes, before each ByteBuf that is written, its length in `length` bytes (1,
 * 2, 3, 4 or 8), plus `adjustment`, plus the field's own size if `inclusive`.
 * The message itself is not copied: two buffers are written. A length that does
 * not fit into the field, or is negative, fails the write with -ERANGE.
 * Sharable: one may serve all channels, and then is its owner's to free (free()
 * once no pipeline has it). NULL with errno: EINVAL, ENOMEM.
 */
struct channel_handler *length_field_prepender_new(uint32_t length,
                                                   int32_t adjustment,
                                                   bool inclusive,
                                                   bool little_endian);

#endif
