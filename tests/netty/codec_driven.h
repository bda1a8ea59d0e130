/*
 * codec_driven - a decoder that does what its input says, for the tests of the
 * base of decoders.
 */
#ifndef TESTS_NETTY_CODEC_DRIVEN_H
#define TESTS_NETTY_CODEC_DRIVEN_H

#include "models/netty/codec_byte_to_message.h"

/*
 * A decoder driven by its input, byte by byte:
 *     a-z   a message of that byte
 *     A-Z   with the byte behind it: a message of two; waits for that byte
 *     +     16 messages at once, and more
 *     0     a message, but reads nothing
 *     !     fails with EIO, having read it
 *     -     a message, and removes the decoder
 *     =     puts a fresh one, named "new", in its place
 *     anything else is read and makes no message
 */
struct driven {
    struct byte_to_message_decoder base;
    int lasts;      /* calls of decode_last */
    int gone;       /* calls of removed */
    int *destroyed; /* set when its memory is given back, or NULL */
};

/* Its last pipeline frees it. */
struct driven *driven_new(void);

/* The same as the handler that it is. */
struct channel_handler *driven_new_handler(void);

#endif
