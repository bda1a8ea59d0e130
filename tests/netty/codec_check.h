/*
 * codec_check - a channel with one handler under test and a story behind it.
 */
#ifndef TEST_CODEC_CHECK_H
#define TEST_CODEC_CHECK_H

#include <criterion/criterion.h>
#include <stddef.h>

#include "models/netty/allocator.h"
#include "models/netty/embedded.h"
#include "tests/netty/codec_story.h"

struct codec_check {
    struct channel *ch; /* embedded */
    struct story story; /* behind the handler */
};

/* Paranoid leak detection is on from here to codec_check_end. `handler` is the
 * pipeline's from now on, under the name "codec". */
void codec_check_begin(struct codec_check *c, struct channel_handler *handler);

/* Lets these bytes come in, as one read of their own. */
void codec_check_feed(struct codec_check *c, const void *bytes, size_t len);
#define feed(c, text) codec_check_feed((c), (text), sizeof(text) - 1)

/* Closes the channel; the story of that must be this; nothing may be left. */
void codec_check_end(struct codec_check *c, const char *story);

/*
 * All ways to cut the bytes into two reads, and all of them in single bytes,
 * must tell the same story, but for the ends of bursts: a new channel each
 * time, with a handler from `make`.
 */
void codec_check_cuts(struct channel_handler *(*make)(void), const char *bytes,
                      size_t len, const char *story);

#endif
