/*
 * inbuf_test - framing: however the bytes are cut into reads, the lines are
 * the same.
 *
 * What is expected comes from a plain automaton that looks at one byte at a
 * time. Each read lies in a buffer of its own that ends with it, so that a
 * build with SAN=address sees a step past it.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inbuf.h"
#include "tests/unit/plain_framing.h"
#include "tests/unit/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What came out: for each line "L", its bytes and LF; for an overlong "T". */
struct log {
    char text[16384];
    size_t len;
};

struct stream {
    char bytes[8192];
    size_t len;
};

static void log_line(struct log *log, const char *line, size_t len)
{
    cr_assert_lt(log->len + len + 2, sizeof(log->text));
    log->text[log->len++] = 'L';
    memcpy(log->text + log->len, line, len);
    log->len += len;
    log->text[log->len++] = '\n';
}

static void log_too_long(struct log *log)
{
    cr_assert_lt(log->len, sizeof(log->text));
    log->text[log->len++] = 'T';
}

static void frame(struct log *log, const struct stream *s)
{
    cr_assert_leq(2 * s->len, sizeof(log->text));
    log->len = frame_plainly(log->text, s->bytes, s->len);
}

/* Takes up to `most` results of the pass. Whether it came to INBUF_NONE. */
static bool take(struct inbuf_scan *scan, struct log *log, int most)
{
    char *line;
    size_t len;

    for (int i = 0; i < most; i++) {
        enum inbuf_result r = inbuf_scan_next(scan, &line, &len);
        if (r == INBUF_NONE)
            return true;
        if (r == INBUF_TOO_LONG) {
            log_too_long(log);
            continue;
        }
        log_line(log, line, len);
        memset(line, '#', len + 1); /* it is ours to overwrite */
    }
    return false;
}

/* One read: its bytes, framed until nothing is left or `most` were taken. */
static bool feed(struct inbuf *in, struct log *log, const char *bytes, size_t n,
                 int most)
{
    struct inbuf_scan scan;
    char *scratch = malloc(INBUF_HEADROOM + n);

    cr_assert(scratch);
    memcpy(scratch + INBUF_HEADROOM, bytes, n);
    inbuf_scan_start(&scan, in, scratch + INBUF_HEADROOM, n);
    bool all = take(&scan, log, most);
    cr_assert_eq(inbuf_scan_end(&scan), 0);
    free(scratch);
    return all;
}

static bool resume(struct inbuf *in, struct log *log, int most)
{
    struct inbuf_scan scan;

    inbuf_scan_resume(&scan, in);
    bool all = take(&scan, log, most);
    cr_assert_eq(inbuf_scan_end(&scan), 0);
    return all;
}

static void expect_same(const struct log *want, const struct log *got,
                        size_t cut1, size_t cut2)
{
    cr_assert(want->len == got->len &&
                  memcmp(want->text, got->text, want->len) == 0,
              "cut at %zu and %zu:\n%.*s\ninstead of\n%.*s", cut1, cut2,
              (int)got->len, got->text, (int)want->len, want->text);
}

/* The stream in three reads (an empty one is none), against the automaton. */
static void check_cuts(const struct stream *s, const struct log *want,
                       size_t cut1, size_t cut2)
{
    static struct log got;
    const size_t ends[] = {cut1, cut2, s->len};
    struct inbuf in = {0};
    size_t start = 0;

    got.len = 0;
    for (int i = 0; i < 3; i++) {
        if (ends[i] > start)
            feed(&in, &got, s->bytes + start, ends[i] - start, INT32_MAX);
        start = ends[i];
        cr_assert_lt(in.len, INBUF_HEADROOM, "at most an unfinished line");
        cr_assert_eq(in.held == NULL, in.len == 0);
    }
    expect_same(want, &got, cut1, cut2);
    inbuf_free(&in);
}

static void add(struct stream *s, const char *bytes)
{
    size_t len = strlen(bytes);

    cr_assert_leq(s->len + len, sizeof(s->bytes));
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

/* A line of `total` bytes, with its end. */
static void add_long(struct stream *s, size_t total, const char *end)
{
    char line[4096];
    size_t len = total - strlen(end);

    for (size_t i = 0; i < len; i++)
        line[i] = (char)('a' + i % 26);
    line[len] = '\0';
    add(s, line);
    add(s, end);
}

static void fill_short(struct stream *s)
{
    add(s, "a\nbc\r\n\n\r\n\r\r\nx\ry\n");
    add(s, "NICK alice\r\nUSER alice 0 * :Alice\r\n");
    add(s, "\xC3\xA9\xFF\x01\nlast, unfinished\r");
}

static void fill_limits(struct stream *s)
{
    add(s, "a\n");
    add_long(s, 512, "\r\n");
    add_long(s, 512, "\n");
    add(s, "b\n");
}

static void fill_overlong(struct stream *s)
{
    add_long(s, 513, "\r\n");
    add(s, "a\n");
    add_long(s, 600, "\n");
    add(s, "b");
}

static void (*const fills[])(struct stream *) = {fill_short, fill_limits,
                                                 fill_overlong};

Test(inbuf, every_cut_into_two_and_three_gives_the_same_lines)
{
    for (size_t f = 0; f < COUNT(fills); f++) {
        static struct stream s;
        static struct log want;
        s.len = 0;
        fills[f](&s);
        frame(&want, &s);
        for (size_t cut1 = 0; cut1 <= s.len; cut1++)
            for (size_t cut2 = cut1; cut2 <= s.len; cut2++)
                check_cuts(&s, &want, cut1, cut2);
    }
}

/* All kinds of lines in one stream, the lengths around the limit with each
 * kind of end, some of many times the limit, one unterminated. */
static void fill_everything(struct stream *s)
{
    static const char *const ends[] = {"\n", "\r\n", "\r\r\n"};

    fill_short(s);
    add(s, "\n");
    for (size_t total = 510; total <= 514; total++) {
        add_long(s, total, ends[total % COUNT(ends)]);
        add(s, "ok\r\n");
    }
    add_long(s, 1024, "\n");
    add(s, "\n");
    add_long(s, 2000, "\r\n");
    add(s, "end\n");
    add_long(s, 700, "");
}

Test(inbuf, every_cut_of_a_stream_of_everything)
{
    static struct stream s;
    static struct log want;

    fill_everything(&s);
    frame(&want, &s);
    for (size_t cut = 0; cut <= s.len; cut++)
        check_cuts(&s, &want, cut, s.len);
}

/* In reads of 1 byte, of 2, of 3 ... up to beyond two lines. */
Test(inbuf, reads_of_every_size)
{
    static struct stream s;
    static struct log want, got;

    fill_everything(&s);
    frame(&want, &s);
    for (size_t size = 1; size <= 1100; size++) {
        struct inbuf in = {0};
        got.len = 0;
        for (size_t at = 0; at < s.len; at += size)
            feed(&in, &got, s.bytes + at, s.len - at < size ? s.len - at : size,
                 INT32_MAX);
        expect_same(&want, &got, size, 0);
        inbuf_free(&in);
    }
}

Test(inbuf, the_automaton_agrees_with_a_list_by_hand)
{
    static struct log want;
    static const char bytes[] = "a\nbc\r\n\n\r\r\nx\ry\nrest";

    want.len = frame_plainly(want.text, bytes, sizeof(bytes) - 1);
    want.text[want.len] = '\0';
    cr_expect_str_eq(want.text, "La\nLbc\nL\nL\r\nLx\ry\n");
}

/* Overlong: once, however long and however many reads it takes; what follows
 * its LF is a line again. */
Test(inbuf, overlong_is_reported_once)
{
    struct inbuf in = {0};
    static struct log got;
    char chunk[300];

    memset(chunk, 'x', sizeof(chunk));
    for (int i = 0; i < 100; i++) {
        feed(&in, &got, chunk, sizeof(chunk), INT32_MAX);
        cr_assert_lt(in.len, INBUF_HEADROOM);
    }
    cr_expect_eq(got.len, 1);
    cr_expect_eq(got.text[0], 'T');
    cr_expect_null(in.held, "what is thrown away is not kept");
    feed(&in, &got, "x\nok\n", 5, INT32_MAX);
    cr_expect_eq(got.len, 5);
    cr_expect_eq(memcmp(got.text, "TLok\n", 5), 0);
    inbuf_free(&in);
}

/* Backpressure: some lines are taken, the rest is left for later. New bytes
 * come only once nothing is left, as the contract says. */
Test(inbuf, lines_left_for_later_come_in_order)
{
    static struct stream s;
    static struct log want, got;
    uint64_t x = 4;

    fill_everything(&s);
    frame(&want, &s);
    for (int round = 0; round < 5000; round++) {
        struct inbuf in = {0};
        size_t at = 0;
        got.len = 0;
        while (at < s.len) {
            size_t n = 1 + next_random(&x) % 1500;
            if (n > s.len - at)
                n = s.len - at;
            bool all =
                feed(&in, &got, s.bytes + at, n, (int)(next_random(&x) % 4));
            at += n;
            while (!all)
                all = resume(&in, &got, 1 + (int)(next_random(&x) % 3));
        }
        expect_same(&want, &got, 0, 0);
        inbuf_free(&in);
    }
}

Test(inbuf, resuming_with_nothing_held_is_harmless)
{
    struct inbuf in = {0};
    static struct log got;

    cr_expect(resume(&in, &got, 5));
    feed(&in, &got, "unfinished", 10, INT32_MAX);
    cr_expect(resume(&in, &got, 5));
    cr_expect_eq(in.len, 10);
    feed(&in, &got, "\n", 1, INT32_MAX);
    cr_expect_eq(memcmp(got.text, "Lunfinished\n", 12), 0);
    inbuf_free(&in);
}

Test(inbuf, idle_holds_no_memory)
{
    struct inbuf in = {0};
    static struct log got;

    feed(&in, &got, "one\r\ntw", 7, INT32_MAX);
    cr_expect_eq(in.len, 2);
    cr_expect_not_null(in.held);
    feed(&in, &got, "o\r\n", 3, INT32_MAX);
    cr_expect_null(in.held);
    cr_expect_eq(in.len, 0);
    feed(&in, &got, "a\nb\nc\n", 6, 1);
    cr_expect_eq(in.len, 4);
    resume(&in, &got, INT32_MAX);
    cr_expect_null(in.held);
    inbuf_free(&in);
    inbuf_free(&in);
}
