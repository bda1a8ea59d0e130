#include "tests/netty/expect_misuse.h"

jmp_buf expect_misuse_jump;
char expect_misuse_text[512];

void expect_misuse_catch(const char *text)
{
    snprintf(expect_misuse_text, sizeof(expect_misuse_text), "%s", text);
    longjmp(expect_misuse_jump, 1);
}
