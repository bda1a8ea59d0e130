/*
 * room - rooms full of peers, and numbered messages to fill them with.
 *
 * A numbered message is "PRIVMSG #room :NAME SEQ ...": who sent it and the
 * how-many-th it is, so that a loss, a duplicate or a swap is seen at once.
 */
#ifndef CONTRACT_ROOM_H
#define CONTRACT_ROOM_H

#include "tests/contract/peer.h"

/* Registers `count` peers PREFIX0, PREFIX1, ... and has all join `room`; when
 * it returns every one has seen all the JOINs that concern it. */
void room_fill(struct peer **out, size_t count, const struct server *s,
               const char *prefix, const char *room);

/* Sends messages first .. first+count-1 of `p` to `room`, padded so that each
 * text is at least `size` bytes. Waits while the server does not read. */
void room_send_numbered(struct peer *p, const char *room, unsigned first,
                        unsigned count, size_t size);

/* If `line` is a numbered message: its number, and its sender in `who` (32
 * bytes, may be NULL); else -1. */
long room_number(const char *line, char *who);

/* Reads lines: numbered messages first .. first+count-1 of `sender`, in this
 * order; other lines in between fail the case. */
void room_expect_numbered(struct peer *p, const char *sender, unsigned first,
                          unsigned count);

#define ROOM_FILL(...)       (CASE_AT, room_fill(__VA_ARGS__))
#define SEND_NUMBERED(...)   (CASE_AT, room_send_numbered(__VA_ARGS__))
#define EXPECT_NUMBERED(...) (CASE_AT, room_expect_numbered(__VA_ARGS__))

#endif
