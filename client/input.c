/*
 * input - standard input: bytes to lines, and lines to the session when it
 * takes them.
 *
 * A pipe is read no faster than the session takes its lines: what does not go
 * out stays in the pipe, and its writer waits. A terminal is always read.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"

enum {
    READ_BYTES = 4096,
    LINE_BYTES_MAX = 1024 * 1024, /* a longer "line" is not text */
};

/* Typed bytes go through the editor; its lines join the others'. */
static void take_keys(struct client *c, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !c->input_ended; i++) {
        const struct text *line = &c->term.edit.line;
        switch (term_key(&c->term, (unsigned char)bytes[i])) {
        case EDIT_LINE:
            text_add(&c->input, line->data, line->len);
            text_add(&c->input, "\n", 1);
            edit_accept(&c->term.edit);
            break;
        case EDIT_EOF: c->input_ended = true; break;
        case EDIT_NONE:
        case EDIT_DRAW:
        case EDIT_SCREEN: break;
        }
    }
}

static void on_keys(struct ev_loop *loop, struct ev_io *w, int revents)
{
    struct client *c = w->data;
    char bytes[READ_BYTES];

    (void)revents;
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0 && c->term.editing)
        take_keys(c, bytes, (size_t)n);
    else if (n > 0)
        text_add(&c->input, bytes, (size_t)n);
    else
        c->input_ended = true; /* or a terminal that is gone: EIO */
    if (c->input_ended)
        ev_io_stop(loop, w);
}

/* The length of the line at input[at..], and with its end. False: there is
 * none yet. */
static bool find_line(const struct client *c, size_t at, size_t *len,
                      size_t *with_end)
{
    size_t left = c->input.len - at;
    const char *start = c->input.data + at;
    const char *lf = left > 0 ? memchr(start, '\n', left) : NULL;

    if (!lf && (!c->input_ended || left == 0))
        return false;
    *len = lf ? (size_t)(lf - start) : left;
    *with_end = lf ? *len + 1 : left;
    if (*len > 0 && start[*len - 1] == '\r')
        (*len)--;
    return true;
}

/* Drops what cannot be a line before it fills the memory. */
static void drop_overlong(struct client *c)
{
    if (c->input.len < LINE_BYTES_MAX)
        return;
    if (!c->skipping) {
        client_note(c, VIEW_ERROR, "not sent: a line of more than 1 MiB");
        c->session.n_unsent++;
    }
    c->skipping = true;
    text_clear(&c->input);
}

void input_pump(struct client *c)
{
    size_t at = 0;
    size_t len = 0;
    size_t with_end = 0;
    bool waiting;

    while ((waiting = find_line(c, at, &len, &with_end)) && !c->leaving &&
           session_is_ready(&c->session)) {
        if (!c->skipping)
            session_input(&c->session, c->input.data + at, len);
        c->skipping = false;
        at += with_end;
        if (c->session.state == SESSION_LEAVING)
            break;
    }
    text_remove(&c->input, 0, at);
    if (!waiting)
        drop_overlong(c);
    if (!c->input_ended && !c->leaving && (c->term.editing || !waiting))
        ev_io_start(c->loop, &c->keys);
    else
        ev_io_stop(c->loop, &c->keys);
}

bool input_is_done(const struct client *c)
{
    return c->input_ended && c->input.len == 0;
}

void input_start(struct client *c)
{
    ev_io_init(&c->keys, on_keys, STDIN_FILENO, EV_READ);
    c->keys.data = c;
    ev_io_start(c->loop, &c->keys);
}
