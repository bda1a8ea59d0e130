/*
 * The logging handler. Netty's LoggingHandlerTest.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "models/netty/codec_string.h"
#include "models/netty/handler_logging.h"
#include "tests/netty/codec_check.h"

static char *text;  /* all that was logged */
static size_t size; /* bytes of it */
static size_t seen; /* bytes that a test has looked at */
static FILE *out;

static void begin_log(void)
{
    pthread_setname_np(pthread_self(), "logger");
    out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    seen = 0;
}

static void end_log(void)
{
    fclose(out);
    free(text);
}

/* What was logged since the last call, without "[thread] [id ...] " at the
 * start of each line; the ids are not the test's. */
static void expect_log(const char *expected)
{
    char stripped[2048] = "";
    char *copy, *save, *line;

    fflush(out);
    copy = strdup(text + seen);
    seen = size;
    for (line = strtok_r(copy, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (strstr(line, "] [id: 0x")) {
            cr_assert_eq(strncmp(line, "[logger] [id: 0x", 16), 0, "%s", line);
            line = strchr(line + 16, ']') + 2;
        }
        strcat(stripped, line);
        strcat(stripped, "\n");
    }
    cr_assert_str_eq(stripped, expected);
    free(copy);
}

Test(handler_logging, says_what_passes_by)
{
    struct channel *ch = embedded_channel_new_unregistered();
    struct channel_handler *log;

    begin_log();
    log = logging_handler_new(out, true);
    channel_pipeline_add_last(channel_pipeline(ch), NULL, "log", log);
    embedded_channel_register(ch);
    expect_log("REGISTERED\nACTIVE\n");

    struct bytebuf *in = unpooled_copied_buffer("hi\r\n", 4);
    embedded_channel_write_inbound(ch, &in->ref);
    expect_log("READ: 4B\n"
               "bytebuf(unpooled heap, r=0 w=4 cap=4 max=2147483647 refs=1)\n"
               "         +-------------------------------------------------+\n"
               "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
               "+--------+-------------------------------------------------"
               "+----------------+\n"
               "|00000000| 68 69 0d 0a                                     "
               "|hi..            |\n"
               "+--------+-------------------------------------------------"
               "+----------------+\n"
               "READ COMPLETE\n");
    struct reference_counted *msg = embedded_channel_read_inbound(ch);
    cr_assert_eq(msg, &in->ref); /* looked at, and passed on */
    reference_release(msg);

    embedded_channel_write_outbound(ch, &string_new("text")->ref);
    expect_log("WRITE: string(\"text\", len=4)\nFLUSH\n");
    reference_release(embedded_channel_read_outbound(ch));

    channel_pipeline_fire_exception_caught(channel_pipeline(ch),
                                           exception_new(-EIO,
                                                         "something broke"));
    channel_pipeline_fire_user_event_triggered(channel_pipeline(ch),
                                               &channel_input_shutdown_event);
    expect_log("EXCEPTION: something broke (EIO)\n"
               "USER_EVENT: channel_input_shutdown\n");
    exception_release(embedded_channel_check_exception(ch));

    embedded_channel_finish(ch);
    expect_log("CLOSE\nINACTIVE\nUNREGISTERED\n");
    embedded_channel_free(ch);
    free(log);
    end_log();
}

/* Without the bytes; and one handler may serve several channels. */
Test(handler_logging, is_sharable_and_may_be_brief)
{
    struct channel *a = embedded_channel_new(), *b = embedded_channel_new();
    struct channel_handler *log;

    begin_log();
    log = logging_handler_new(out, false);
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(a), NULL, "l", log),
                 0);
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(b), NULL, "l", log),
                 0);
    embedded_channel_write_outbound(a, &unpooled_copied_buffer("a", 1)->ref);
    embedded_channel_write_outbound(b, &unpooled_copied_buffer("bb", 2)->ref);
    expect_log("WRITE: 1B\nFLUSH\nWRITE: 2B\nFLUSH\n");
    embedded_channel_free(a);
    embedded_channel_free(b);
    free(log);
    end_log();
}
