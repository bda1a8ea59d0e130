/*
 * expect_misuse - checks that a call is refused as misuse, and in which words.
 *
 * The text is part of the contract: it has to name the mistake.
 */
#ifndef TEST_EXPECT_MISUSE_H
#define TEST_EXPECT_MISUSE_H

#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "models/netty/misuse.h"

extern jmp_buf expect_misuse_jump;
extern char expect_misuse_text[512];
void expect_misuse_catch(const char *text);

/* `call` must end in misuse() with a text that contains `part`. */
#define expect_misuse(call, part)                                              \
    do {                                                                       \
        misuse_set_handler(expect_misuse_catch);                               \
        if (setjmp(expect_misuse_jump) == 0) {                                 \
            (void)(call);                                                      \
            misuse_set_handler(NULL);                                          \
            cr_assert_fail("was not refused: %s", #call);                      \
        }                                                                      \
        misuse_set_handler(NULL);                                              \
        cr_assert_not_null(strstr(expect_misuse_text, part),                   \
                           "%s says '%s', not '%s'", #call,                    \
                           expect_misuse_text, part);                          \
    } while (0)

#endif
