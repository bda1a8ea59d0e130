/*
 * codec_string - Netty's StringDecoder and StringEncoder.
 *
 * The decoder makes a struct string of each ByteBuf that is read, the encoder
 * a ByteBuf of each string that is written; messages of other kinds pass by.
 * Where a string begins and ends is for a frame decoder before it: the pieces
 * that TCP delivers are not strings.
 *
 * Java's String is text in one encoding, bytes are in another, so that Netty's
 * have a Charset. C's text is bytes: nothing is converted, nor checked.
 *
 * Source: io.netty.handler.codec.string.StringDecoder, StringEncoder.
 */
#ifndef NETTY_CODEC_STRING_H
#define NETTY_CODEC_STRING_H

#include <stddef.h>

#include "models/netty/channel_handler.h"
#include "models/netty/reference_counted.h"

/* A text as a message. Never changed once made. */
struct string {
    struct reference_counted ref; /* first */
    size_t len;                   /* set once: without the NUL */
    char text[];                  /* set once: ends with a NUL; may hold more */
};

extern const struct reference_counted_type string_type;

/* A copy of the bytes (or of a C string), count 1. NULL: no memory. */
#define string_new_n(bytes, len) string_new_at((bytes), (len), REFERENCE_HERE)
#define string_new(text)         string_new_at((text), strlen(text), REFERENCE_HERE)
struct string *string_new_at(const char *bytes, size_t len, const char *site);

/* A message that is a string, else NULL. */
static inline struct string *string_of(struct reference_counted *msg)
{
    return msg->type == &string_type ? (struct string *)msg : NULL;
}

/* Both are sharable: there is one of each, for all channels. */
extern struct channel_handler string_decoder;
extern struct channel_handler string_encoder;

#endif
