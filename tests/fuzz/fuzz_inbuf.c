/*
 * fuzz_inbuf - framing and parsing of any bytes, cut anywhere.
 *
 * The input is the stream itself; two bytes in it are instructions and not part
 * of the stream:
 *   |   a read ends here
 *   ^   the pass is ended here with lines left (backpressure), and resumed
 * The lines must be those that a plain automaton sees in the stream; each must
 * come out of the parser as irc.h promises.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inbuf.h"
#include "common/irc.h"
#include "tests/unit/plain_framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(truth)                                                           \
    do {                                                                       \
        if (!(truth)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,         \
                    #truth);                                                   \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* What came out, one after the other: 'L', the line, LF; or 'T', overlong. */
struct log {
    char *text;
    size_t len;
};

static void check_parsed(const struct irc_message *m, const char *line,
                         size_t len)
{
    CHECK(m->command.len > 0);
    CHECK(strlen(m->command.ptr) == m->command.len);
    CHECK(!strchr(m->command.ptr, ' '));
    CHECK(strlen(m->prefix.ptr) == m->prefix.len);
    CHECK(m->n_params >= 0 && m->n_params <= IRC_PARAMS_MAX);
    for (int i = 0; i < m->n_params; i++) {
        const struct irc_text *p = &m->params[i];
        CHECK(p->ptr >= line && p->ptr + p->len <= line + len);
        CHECK(strlen(p->ptr) == p->len);
        CHECK(!strpbrk(p->ptr, "\r\n"));
        if (i < m->n_params - 1)
            CHECK(p->len > 0 && !strchr(p->ptr, ' ') && p->ptr[0] != ':');
    }
}

/* What the parser makes of a copy that ends where the line does. */
static void check_line(const char *line, size_t len)
{
    struct irc_message m;
    char *copy = malloc(len + 1);

    CHECK(copy);
    memcpy(copy, line, len);
    if (irc_parse(copy, len, &m))
        check_parsed(&m, copy, len);
    free(copy);
}

/* Takes up to `most` results; whether nothing is left. */
static bool take(struct inbuf_scan *scan, struct log *log, size_t most)
{
    char *line;
    size_t len;

    for (size_t i = 0; i < most; i++) {
        switch (inbuf_scan_next(scan, &line, &len)) {
        case INBUF_NONE: return true;
        case INBUF_TOO_LONG: log->text[log->len++] = 'T'; break;
        case INBUF_LINE:
            CHECK(len <= IRC_LINE_MAX - 1);
            CHECK(!memchr(line, '\n', len));
            check_line(line, len);
            log->text[log->len++] = 'L';
            memcpy(log->text + log->len, line, len);
            log->len += len;
            log->text[log->len++] = '\n';
            memset(line, '#', len + 1);
            break;
        }
    }
    return false;
}

/* One read. With `pauses` the pass is given up after each line and resumed. */
static void feed(struct inbuf *in, struct log *log, const char *bytes, size_t n,
                 bool pauses)
{
    struct inbuf_scan scan;
    char *scratch = malloc(INBUF_HEADROOM + n);
    size_t most = pauses ? 1 : SIZE_MAX;

    CHECK(scratch);
    memcpy(scratch + INBUF_HEADROOM, bytes, n);
    inbuf_scan_start(&scan, in, scratch + INBUF_HEADROOM, n);
    bool all = take(&scan, log, most);
    CHECK(inbuf_scan_end(&scan) == 0);
    free(scratch);
    while (!all) {
        inbuf_scan_resume(&scan, in);
        all = take(&scan, log, most);
        CHECK(inbuf_scan_end(&scan) == 0);
    }
    CHECK(in->len < IRC_LINE_MAX);
    CHECK((in->len == 0) == !in->held);
}

static struct log new_log(size_t size)
{
    /* A byte of the stream gives two at most: an empty line's 'L' and LF. */
    struct log log = {malloc(2 * size + 2), 0};

    CHECK(log.text);
    return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log want = new_log(size), cut = new_log(size);
    struct inbuf in = {0};
    char *stream = malloc(size + 1), *part = malloc(size + 1);
    size_t len = 0, part_len = 0;
    bool pauses = false;

    CHECK(stream && part);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '|') {
            feed(&in, &cut, part, part_len, pauses);
            part_len = 0;
            pauses = false;
        } else if (data[i] == '^') {
            pauses = true;
        } else {
            stream[len++] = part[part_len++] = (char)data[i];
        }
    }
    feed(&in, &cut, part, part_len, pauses);
    want.len = frame_plainly(want.text, stream, len);
    CHECK(want.len == cut.len);
    CHECK(memcmp(want.text, cut.text, cut.len) == 0);
    inbuf_free(&in);
    free(want.text);
    free(cut.text);
    free(stream);
    free(part);
    return 0;
}
