/*
 * outbuf_test - what is owed, against a plain array that forgets nothing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/outbuf.h"
#include "tests/unit/random.h"

enum { MODEL_SIZE = 1 << 22 };

/* All that was ever appended, and how much of it has been consumed. */
struct model {
    char *bytes;
    size_t sent; /* consumed */
    size_t end;  /* appended */
};

static struct model model_new(void)
{
    struct model m = {.bytes = malloc(MODEL_SIZE)};

    cr_assert(m.bytes);
    return m;
}

/* A line of `len` bytes, to both. */
static void append(struct outbuf *ob, struct model *m, size_t len, uint64_t *x)
{
    char *line = m->bytes + m->end;

    cr_assert_leq(m->end + len, MODEL_SIZE);
    for (size_t i = 0; i + 1 < len; i++)
        line[i] = (char)('a' + next_random(x) % 26);
    line[len - 1] = '\n';
    m->end += len;
    cr_assert_eq(outbuf_append(ob, line, len), 0);
}

static void consume(struct outbuf *ob, struct model *m, size_t n)
{
    outbuf_consume(ob, n);
    m->sent += n;
}

static void expect_same(const struct outbuf *ob, const struct model *m)
{
    size_t size = m->end - m->sent;

    cr_assert_eq(outbuf_size(ob), size);
    cr_assert(ob->start <= ob->end && ob->end <= ob->cap);
    cr_assert_eq(ob->data == NULL, size == 0, "empty holds no memory");
    if (size > 0)
        cr_assert_eq(memcmp(ob->data + ob->start, m->bytes + m->sent, size), 0);
    bool mid_line = m->sent > 0 && m->bytes[m->sent - 1] != '\n';
    cr_assert_eq(ob->mid_line, mid_line);
}

Test(outbuf, random_operations_match_the_array)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct outbuf ob = {0};
        struct model m = model_new();
        uint64_t x = seed;
        /* Some seeds append more than they take, some less. */
        unsigned taking = 30 + 2 * (unsigned)seed;
        while (m.end + 600 < MODEL_SIZE / 8) {
            if (next_random(&x) % 100 >= taking) {
                append(&ob, &m, 1 + next_random(&x) % 512, &x);
            } else {
                size_t n = next_random(&x) % 700;
                consume(&ob, &m, n < outbuf_size(&ob) ? n : outbuf_size(&ob));
            }
            expect_same(&ob, &m);
        }
        consume(&ob, &m, outbuf_size(&ob));
        expect_same(&ob, &m);
        free(m.bytes);
        outbuf_free(&ob);
    }
}

/* A peer that is always a little behind: the front is used again, so that the
 * memory stays in proportion to what is owed. */
Test(outbuf, steady_state_does_not_grow)
{
    struct outbuf ob = {0};
    struct model m = model_new();
    uint64_t x = 1;

    append(&ob, &m, 3000, &x);
    for (int i = 0; i < 20000; i++) {
        append(&ob, &m, 100, &x);
        consume(&ob, &m, 100);
        cr_assert_leq(ob.cap, 8192, "after %d lines: %u", i, ob.cap);
    }
    expect_same(&ob, &m);
    outbuf_free(&ob);
    free(m.bytes);
}

Test(outbuf, refuses_to_grow_without_bound)
{
    struct outbuf ob = {0};

    cr_assert_eq(outbuf_append(&ob, "a\n", 2), 0);
    cr_expect_eq(outbuf_grow(&ob, UINT32_MAX), -ENOMEM);
    cr_expect_eq(outbuf_grow(&ob, UINT32_MAX / 4), -ENOMEM);
    cr_expect_eq(outbuf_size(&ob), 2);
    cr_expect_eq(memcmp(ob.data, "a\n", 2), 0);
    outbuf_free(&ob);
}

static void expect_owed(const struct outbuf *ob, const char *text)
{
    size_t len = strlen(text);

    cr_expect_eq(outbuf_size(ob), len);
    cr_expect(len == 0 || memcmp(ob->data + ob->start, text, len) == 0,
              "owes '%.*s', not '%s'", (int)outbuf_size(ob),
              ob->data + ob->start, text);
}

/* "one\ntwo\nthree\n" with every number of bytes sent, then dropped. */
Test(outbuf, drop_lines_keeps_the_rest_of_a_begun_line_only)
{
    static const char lines[] = "one\ntwo\nthree\n";
    static const char *const left[] = {
        "", "ne\n",   "e\n",   "\n",   "",    "wo\n", "o\n", "\n",
        "", "hree\n", "ree\n", "ee\n", "e\n", "\n",   "",
    };

    for (size_t sent = 0; sent < sizeof(lines); sent++) {
        struct outbuf ob = {0};
        cr_assert_eq(outbuf_append(&ob, lines, sizeof(lines) - 1), 0);
        outbuf_consume(&ob, sent);
        outbuf_drop_lines(&ob);
        expect_owed(&ob, left[sent]);
        cr_expect(outbuf_size(&ob) > 0 || !ob.data);
        cr_assert_eq(outbuf_append(&ob, "ERROR\n", 6), 0);
        char want[32];
        strcat(strcpy(want, left[sent]), "ERROR\n");
        expect_owed(&ob, want);
        outbuf_free(&ob);
    }
}

Test(outbuf, drop_lines_of_an_empty_one)
{
    struct outbuf ob = {0};

    outbuf_drop_lines(&ob);
    cr_expect_null(ob.data);
    cr_assert_eq(outbuf_append(&ob, "a\n", 2), 0);
    outbuf_consume(&ob, 0);
    expect_owed(&ob, "a\n");
    outbuf_consume(&ob, 2);
    outbuf_drop_lines(&ob);
    expect_owed(&ob, "");
    outbuf_free(&ob);
    outbuf_free(&ob);
}

/* ---- sending ---- */

static void open_pair(int fds[2])
{
    int size = 4096;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    cr_assert_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
                 0);
}

/* Reads what there is; checks that it goes on in the array. */
static size_t receive(int fd, const struct model *m, size_t at)
{
    char got[4096];
    ssize_t n;

    while ((n = recv(fd, got, sizeof(got), 0)) > 0) {
        cr_assert_leq(at + (size_t)n, m->sent, "more than was counted as sent");
        cr_assert_eq(memcmp(got, m->bytes + at, (size_t)n), 0);
        at += (size_t)n;
    }
    cr_assert(n < 0 && errno == EAGAIN);
    return at;
}

Test(outbuf, sends_all_and_in_order_through_a_small_buffer)
{
    struct outbuf ob = {0};
    struct model m = model_new();
    uint64_t x = 5;
    int fds[2], refused = 0;
    size_t received = 0;

    open_pair(fds);
    while (m.end < MODEL_SIZE / 4) {
        for (unsigned n = next_random(&x) % 40; n > 0; n--)
            append(&ob, &m, 1 + next_random(&x) % 512, &x);
        size_t before = outbuf_size(&ob);
        int err = outbuf_send(&ob, fds[0]);
        m.sent += before - outbuf_size(&ob);
        cr_assert(err == 0 || err == -EAGAIN);
        cr_assert_eq(err == 0, outbuf_size(&ob) == 0);
        refused += err == -EAGAIN;
        if (next_random(&x) % 3 == 0)
            received = receive(fds[1], &m, received);
    }
    while (outbuf_size(&ob) > 0) {
        received = receive(fds[1], &m, received);
        size_t before = outbuf_size(&ob);
        outbuf_send(&ob, fds[0]);
        m.sent += before - outbuf_size(&ob);
    }
    received = receive(fds[1], &m, received);
    cr_expect_eq(received, m.end);
    cr_expect_gt(refused, 10, "the buffer was to be small");
    cr_expect_null(ob.data);
    close(fds[0]);
    close(fds[1]);
    free(m.bytes);
}

Test(outbuf, sending_nothing_is_done_at_once)
{
    struct outbuf ob = {0};

    cr_expect_eq(outbuf_send(&ob, -1), 0);
}

Test(outbuf, sending_to_who_has_gone_says_so)
{
    struct outbuf ob = {0};
    int fds[2];

    open_pair(fds);
    close(fds[1]);
    cr_assert_eq(outbuf_append(&ob, "a\n", 2), 0);
    cr_expect_eq(outbuf_send(&ob, fds[0]), -EPIPE);
    expect_owed(&ob, "a\n");
    outbuf_free(&ob);
    close(fds[0]);
}
