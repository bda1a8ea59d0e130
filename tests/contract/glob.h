/*
 * glob - the patterns lines are compared with.
 *
 * '*' matches any run of bytes, the empty one too; a backslash takes the next
 * byte literally ("\\*"); everything else is itself. No '?' and no brackets:
 * both are ordinary bytes in IRC nicks. A NULL text (no line) matches nothing.
 */
#ifndef CONTRACT_GLOB_H
#define CONTRACT_GLOB_H

#include <stdbool.h>

bool glob_match(const char *pattern, const char *text);

#endif
