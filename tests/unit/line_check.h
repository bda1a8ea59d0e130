/*
 * line_check - what every line that a server sends must be.
 *
 * Shared by the unit tests and the fuzzers, which stop in different ways.
 */
#ifndef CHAT_TESTS_LINE_CHECK_H
#define CHAT_TESTS_LINE_CHECK_H

#include <stddef.h>
#include <string.h>

#include "common/irc.h"

/* What is wrong with the bytes as one protocol line; NULL when nothing is. */
static inline const char *line_fault(const char *bytes, size_t len)
{
    if (len > IRC_LINE_MAX)
        return "longer than 512 bytes";
    if (len < 2 || memcmp(bytes + len - 2, "\r\n", 2) != 0)
        return "does not end in CR LF";
    if (len == 2)
        return "empty";
    if (memchr(bytes, '\0', len))
        return "holds a NUL";
    if (memchr(bytes, '\r', len - 2) || memchr(bytes, '\n', len - 2))
        return "holds a CR or LF within";
    if (bytes[0] == ' ')
        return "starts with a space";
    /* Only the last parameter, behind " :", may be empty or hold spaces. */
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] != ' ')
            continue;
        if (bytes[i + 1] == ':')
            break;
        if (bytes[i + 1] == ' ')
            return "holds an empty parameter";
    }
    return NULL;
}

#endif
