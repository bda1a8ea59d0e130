/*
 * plain_framing - the rules of inbuf.h, one byte at a time: what the framing is
 * held against, in the unit tests and by the fuzzer.
 */
#ifndef CHAT_TESTS_PLAIN_FRAMING_H
#define CHAT_TESTS_PLAIN_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/irc.h"

/*
 * Writes what should come out of the `n` bytes: for each line 'L', the line
 * and LF; for an overlong one 'T'. Returns the bytes written, at most 2 * n.
 */
static inline size_t frame_plainly(char *out, const char *bytes, size_t n)
{
    size_t written = 0, len = 0;
    bool discarding = false;

    for (size_t i = 0; i < n; i++) {
        bool lf = bytes[i] == '\n';
        if (discarding) {
            discarding = !lf;
            continue;
        }
        len++;
        if (lf) {
            size_t text = len - 1;
            const char *start = bytes + i - text;
            if (text > 0 && start[text - 1] == '\r')
                text--;
            out[written++] = 'L';
            memcpy(out + written, start, text);
            written += text;
            out[written++] = '\n';
            len = 0;
        } else if (len == IRC_LINE_MAX) {
            out[written++] = 'T';
            discarding = true;
            len = 0;
        }
    }
    return written;
}

#endif
