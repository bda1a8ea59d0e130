/*
 * fuzz_chat - the chat core under any sequence of connects, lines, losses and
 * failed allocations.
 *
 * The input is a script, a step a line; the first byte says what it is:
 *   a-h   that client, connected if it is not, sends the rest of the line
 *   A-H   that client is lost; the next byte gives the cause
 *   .     the next byte's client gets the next chunk of a long reply
 *   *     24 more clients come, register and join #bots (up to 96)
 *   -     one of them goes; the next byte says which
 *   $     an allocation fails: the one whose number, from '0' on, is next
 *   >     the clock goes on
 * A line that comes while a long reply is under way first gets the next chunk
 * only if a '.' asked for it: the core must stand lines that do not wait.
 *
 * Every line delivered must be a whole line of the protocol to someone who is
 * there, and delivered to it once; every few steps the chat's structures must
 * agree with each other; in the end nothing may be left (leaks are seen by the
 * sanitizer).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chat.h"
#include "tests/fuzz/chat_check.h"
#include "tests/fuzz/fail_alloc.h"
#include "tests/unit/line_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CLIENTS = 8,
    BOTS = 96, /* with them a WHO takes two chunks */
    BOTS_A_STEP = 24,
    STEPS = 300,     /* lines of input looked at */
    CHECK_EVERY = 8, /* steps; the check costs more than they do */
};

/* A connection: what deliver's owner points to. */
struct client {
    struct user *user; /* NULL: not there */
    struct msg *last;  /* the message delivered last, or NULL */
};

static struct chat *chat;
static struct client clients[CLIENTS], bots[BOTS];
static unsigned n_bots; /* bots that have come */
static time_t now;

static _Noreturn void fail(const char *what, const char *bytes, size_t len)
{
    fprintf(stderr, "%s: %.*s\n", what, (int)len, bytes);
    abort();
}

static void forget_last(struct client *c)
{
    if (c->last)
        msg_unref(c->last);
    c->last = NULL;
}

static void deliver(void *owner, struct msg *msg)
{
    struct client *c = owner;
    const char *fault = line_fault(msg->data, msg->len);

    if (fault)
        fail(fault, msg->data, msg->len);
    if (!c->user)
        fail("delivered to nobody", msg->data, msg->len);
    if (c->last == msg)
        fail("delivered twice", msg->data, msg->len);
    forget_last(c);
    c->last = msg_ref(msg);
}

static time_t clock_now(void)
{
    return now;
}

static void lose(struct client *c, enum chat_cause cause)
{
    if (!c->user)
        return;
    chat_disconnect(chat, c->user, cause);
    c->user = NULL;
    forget_last(c);
}

/* One line, in a copy that ends where it does. */
static void say(struct client *c, const char *line, size_t len)
{
    struct irc_message m;
    char *copy = fail_alloc_exempt_malloc(len + 1);

    if (!c->user)
        c->user = chat_connect(chat, c, "192.0.2.1");
    memcpy(copy, line, len);
    if (c->user && len > IRC_LINE_MAX - 2)
        chat_line_too_long(chat, c->user);
    else if (c->user && irc_parse(copy, len, &m) &&
             chat_handle(chat, c->user, &m) == CHAT_CLOSE)
        lose(c, CHAT_QUIT);
    free(copy);
}

static void add_bots(void)
{
    char line[64];

    for (int i = 0; i < BOTS_A_STEP && n_bots < BOTS; i++) {
        struct client *c = &bots[n_bots];
        int len = snprintf(line, sizeof(line), "NICK bot%u", n_bots++);
        say(c, line, (size_t)len);
        say(c, "USER b 0 * :Bot", 15);
        say(c, "JOIN #bots", 10);
    }
}

static void step(const char *line, size_t len)
{
    char what = len > 0 ? line[0] : ' ';
    char next = len > 1 ? line[1] : ' ';

    if (what >= 'a' && what < 'a' + CLIENTS) {
        say(&clients[what - 'a'], line + 1, len - 1);
    } else if (what >= 'A' && what < 'A' + CLIENTS) {
        /* CHAT_QUIT is only for who was told to close. */
        lose(&clients[what - 'A'],
             (enum chat_cause)(CHAT_EOF + (unsigned char)next %
                                              (CHAT_SHUTDOWN - CHAT_EOF + 1)));
    } else if (what == '.') {
        struct client *c = &clients[(unsigned char)next % CLIENTS];
        if (c->user && chat_continue(chat, c->user) == CHAT_CLOSE)
            lose(c, CHAT_QUIT);
    } else if (what == '*') {
        add_bots();
    } else if (what == '-' && n_bots > 0) {
        lose(&bots[((unsigned char)next - ' ') % n_bots], CHAT_EOF);
    } else if (what == '$' && next >= '0') {
        fail_alloc_after((unsigned)(next - '0'));
    } else if (what == '>') {
        now += 1000;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct chat_config config = {
        .name = "fuzz.test",
        .password = size > 0 && data[0] == '#' ? "secret" : NULL,
        .motd = size > 0 && data[0] == '%' ? "a\r\n\nb" : NULL,
        .deliver = deliver,
        .now = clock_now,
    };
    const char *p = (const char *)data, *end = p + size;

    now = 1000000000;
    n_bots = 0;
    chat = chat_new(&config);
    for (int steps = 0; p < end && steps < STEPS; steps++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((lf ? lf : end) - p);
        step(p, len);
        if (steps % CHECK_EVERY == 0)
            chat_check(chat);
        p += len + (lf != NULL);
    }
    fail_alloc_after(FAIL_ALLOC_NEVER);
    for (int i = 0; i < CLIENTS; i++)
        lose(&clients[i], CHAT_SHUTDOWN);
    for (unsigned i = 0; i < n_bots; i++)
        lose(&bots[i], CHAT_EOF);
    chat_check(chat);
    chat_free(chat);
    return 0;
}
