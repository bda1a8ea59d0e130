#include "tests/netty/pipeline_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/netty/recorder.h"

struct channel *ch;
struct channel_pipeline *p;

void pipeline_setup(void)
{
    ch = embedded_channel_new();
    p = channel_pipeline(ch);
    recorder_clear();
}

void pipeline_teardown(void)
{
    embedded_channel_free(ch);
}

void add_last(const char *name, struct channel_handler *h)
{
    cr_assert_eq(channel_pipeline_add_last(p, NULL, name, h), 0);
}

void expect_names(const char *expected)
{
    const char *names[32];
    char got[256] = "";
    size_t n = channel_pipeline_names(p, names, 32), len = 0;

    for (size_t i = 0; i < n; i++) {
        int more = snprintf(got + len, sizeof(got) - len, "%s%s",
                            i > 0 ? " " : "", names[i]);
        cr_assert_lt(len + (size_t)more, sizeof(got));
        len += (size_t)more;
    }
    cr_assert_str_eq(got, expected);
}
