/*
 * room - who speaks when, and the account of what each member must get.
 *
 * The worker's thread only; nothing blocks.
 */
#ifndef CHAT_LOAD_ROOM_H
#define CHAT_LOAD_ROOM_H

#include <stddef.h>
#include <stdint.h>

#include "bench/load/payload.h"
#include "bench/load/worker.h"

enum { ROOM_LINE_MAX = 40 + PAYLOAD_MAX + 2 }; /* a message as it is sent */

/* Names the room, makes its tables and gives its members their roles.
 * `number` counts over all workers. */
void room_init(struct worker *w, struct room *r, uint32_t number,
               struct conn *members);
void room_clear(struct room *r);

/* The line that says `p` in the room, of --size bytes of payload; returns its
 * length. No NUL. */
size_t room_compose(const struct worker *w, const struct room *r,
                    const struct payload *p, char line[ROOM_LINE_MAX]);

/* The next sender in turn says one message, which was to be said at `intended`
 * (0: now). False: nobody is left to speak or to listen. */
bool room_send(struct worker *w, struct room *r, uint64_t intended);

/* Closed loop: fills the windows of all rooms on the ready list. */
void room_send_ready(struct worker *w);
void room_make_ready(struct worker *w, struct room *r);

/* A line of text to `c`'s room, received at `now`. */
void room_on_message(struct worker *w, struct conn *c, const char *text,
                     size_t size, uint64_t now);

void room_gained_member(struct room *r, const struct conn *c);

/* `c` gets no more: nobody waits for what it has not got, but what it has must
 * be all up to there. */
void room_lost_member(struct worker *w, struct conn *c);

#endif
