/*
 * Pattern matching with one backtracking point: after a '*' fails to match at
 * one place it is tried one byte further, and only the last '*' has to be.
 */
#include "tests/contract/glob.h"

#include <stddef.h>

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL; /* just after the last '*' seen */
    const char *retry = NULL;

    if (!text)
        return false;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        const char *literal = pattern;
        if (*literal == '\\' && literal[1])
            literal++;
        if (*literal && *literal == *text) {
            pattern = literal + 1;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
