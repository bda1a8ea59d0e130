/*
 * peer - the other end: a small IRC client for tests.
 *
 * A case holds any number of peers in one thread. Whenever one waits, the
 * sockets of all the others are read too, so that none is slow by accident;
 * peer_pause() makes one slow on purpose. The server's PINGs are answered and
 * not shown, unless peer_show_pings() was called. Every line that arrives is
 * checked: CRLF at its end, at most 512 bytes with it, no NUL or CR within, no
 * empty parameter but the last.
 *
 * Waiting is for something, never for a time: each wait ends with the line or
 * the close it waits for, or fails the case at the hang guard. That nothing
 * comes is shown by a fence: PING a fresh token, and look at all that precedes
 * its PONG.
 *
 * Patterns are glob.h's, after printf formatting.
 */
#ifndef CONTRACT_PEER_H
#define CONTRACT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/contract/case.h"
#include "tests/contract/server.h"

struct peer {
    int fd;            /* non-blocking; -1 once closed by us */
    char name[64];     /* in messages: the nick, or peer-N */
    char *in;          /* what arrived and has not been taken */
    size_t in_len;     /* bytes in `in` */
    size_t in_cap;     /* allocated */
    size_t taken;      /* bytes of `in` already handed out */
    size_t checked;    /* bytes of `in` up to the last whole line */
    bool eof;          /* the server closed, all has been read */
    bool reset;        /* it ended in an error, ECONNRESET mostly */
    bool paused;       /* do not read */
    bool show_pings;   /* hand the server's PINGs out, answer none */
    uint64_t sent;     /* bytes the kernel took from us */
    uint64_t received; /* bytes it gave us */
};

/* Connects; `rcvbuf` bytes of SO_RCVBUF, 0 for the default. The peers belong
 * to the module and last until the case ends. */
struct peer *peer_connect(const struct server *s, int rcvbuf);

/* Begins to connect and does not wait for it to be established. */
struct peer *peer_connect_start(const struct server *s);

/* Gives it a name in messages. */
void peer_name(struct peer *p, const char *name);

/* NICK and USER; reads up to the end of the MOTD (376 or 422). */
void peer_register(struct peer *p, const char *nick);
struct peer *peer_enter(const struct server *s, const char *nick);

/* JOIN, reads up to its 366. */
void peer_join(struct peer *p, const char *room);

/* Sends these bytes; waits while the kernel takes no more. A connection the
 * server has closed takes them silently, as a real client's would. */
void peer_send_raw(struct peer *p, const void *data, size_t len);
/* As much as the kernel takes now; the count. */
size_t peer_try_send(struct peer *p, const void *data, size_t len);
/* One line; CRLF is added. */
void peer_send(struct peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line, without CRLF, waiting for it; NULL when the server closed.
 * Valid until the next call with this peer. */
const char *peer_line(struct peer *p);
/* The same of what has arrived; NULL when there is no whole line yet. */
const char *peer_line_now(struct peer *p);
/* The next line must match; returned. */
const char *peer_expect(struct peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Drops lines until one matches; returned. */
const char *peer_skip_to(struct peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends a PING with a fresh token; the token (static buffer). */
const char *peer_ping(struct peer *p);
/* PING; drops all up to its PONG: what was sent before has been handled. */
void peer_fence(struct peer *p);
/* PING; the next line must be its PONG: nothing else had come. */
void peer_quiet(struct peer *p);
/* All of these (end with NULL) are fenced, then must be quiet. */
void peer_all_quiet(struct peer *p, ...) __attribute__((sentinel));

/* Reads to the end; it must be an orderly close (no reset). Lines that come
 * before it are dropped, the next ones must be none for peer_expect_close. */
void peer_skip_to_close(struct peer *p);
void peer_expect_close(struct peer *p);
/* Waits until the connection is over, no matter how. */
void peer_wait_gone(struct peer *p);

/* Ends the connection: close(2); with RST; sending only. */
void peer_close(struct peer *p);
void peer_reset(struct peer *p);
void peer_half_close(struct peer *p);

void peer_pause(struct peer *p);
void peer_resume(struct peer *p);
void peer_show_pings(struct peer *p);

/*
 * Reads what there is for every peer, waiting up to `timeout_ms` (-1: for
 * ever) for it, for room to send to `writer` (may be NULL), or for `extra_fd`
 * (-1: none) to be readable; true when extra_fd is.
 */
bool peers_pump(struct peer *writer, int extra_fd, int timeout_ms);

/* `text` with unprintable bytes as \xNN, cut at 160; "the end" for NULL. One of
 * four static buffers in turn. */
const char *peer_show(const char *text);

/* The checks, which remember their line. */
#define CONNECT(s)       (CASE_AT, peer_connect(s, 0))
#define ENTER(s, nick)   (CASE_AT, peer_enter(s, nick))
#define REGISTER(p, n)   (CASE_AT, peer_register(p, n))
#define JOIN(p, room)    (CASE_AT, peer_join(p, room))
#define SEND(p, ...)     (CASE_AT, peer_send(p, __VA_ARGS__))
#define LINE(p)          (CASE_AT, peer_line(p))
#define EXPECT(p, ...)   (CASE_AT, peer_expect(p, __VA_ARGS__))
#define SKIP_TO(p, ...)  (CASE_AT, peer_skip_to(p, __VA_ARGS__))
#define FENCE(p)         (CASE_AT, peer_fence(p))
#define QUIET(p)         (CASE_AT, peer_quiet(p))
#define ALL_QUIET(...)   (CASE_AT, peer_all_quiet(__VA_ARGS__, NULL))
#define EXPECT_CLOSE(p)  (CASE_AT, peer_expect_close(p))
#define SKIP_TO_CLOSE(p) (CASE_AT, peer_skip_to_close(p))
#define WAIT_GONE(p)     (CASE_AT, peer_wait_gone(p))

#endif
