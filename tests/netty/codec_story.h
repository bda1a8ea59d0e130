/*
 * codec_story - a handler at the end of a pipeline that writes down what comes.
 *
 *     <text>   a ByteBuf or string was read
 *     !NAME    an exception, by the name of its code: !EMSGSIZE
 *     .        channel_read_complete
 *     ~        channel_inactive
 *     {name}   a user event
 *
 * So that a test can compare a whole story with one string.
 */
#ifndef TEST_CODEC_STORY_H
#define TEST_CODEC_STORY_H

#include <criterion/criterion.h>

#include "models/netty/channel_handler.h"

struct story {
    struct channel_handler handler; /* first */
    char text[4096];                /* what came, as above */
    char exception[256];            /* the text of the last exception */
    size_t messages;                /* how many were read */
};

/* Static storage: one a test. */
void story_init(struct story *r);

/* The story up to now must be this one; then it begins anew. */
#define expect_story(r, expected)                                              \
    do {                                                                       \
        cr_assert_str_eq((r)->text, expected);                                 \
        (r)->text[0] = '\0';                                                   \
    } while (0)

#endif
