/*
 * flight - the messages of a room that are under way.
 *
 * A message is under way until its last reader has it; readers are the members
 * that are not slow by design. The closed loop counts by it, and both loops
 * learn from it when the first and the last reader had a message.
 *
 * A message's number names its place (number modulo places), so that finding it
 * costs no search; numbers whose place is taken are left out. The worker's
 * thread only. Out of memory ends the program.
 */
#ifndef CHAT_LOAD_FLIGHT_H
#define CHAT_LOAD_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight {
    uint32_t number;    /* of the message, in its room */
    uint32_t sender;    /* its place in the room */
    uint32_t seq;       /* of that sender */
    uint32_t remaining; /* readers still without it; 0: the place is free */
    uint64_t first;     /* ns: when the first reader had it; 0: not yet */
    bool spoiled;       /* a reader was lost: its last time says nothing */
};

/* Those of one room. A zeroed one is empty. */
struct flights {
    struct flight *places; /* NULL before the first */
    uint32_t mask;         /* places, less one */
    uint32_t count;        /* under way */
};

void flights_clear(struct flights *fs);

/*
 * Notes that the next message leaves for `readers` (> 0); returns its number,
 * `number` or the next one that is free. A backlog beyond reason (a million in
 * one room) is not noted any more; the number is good all the same.
 */
uint32_t flights_depart(struct flights *fs, uint32_t number, uint32_t sender,
                        uint32_t seq, uint32_t readers);

/* The message under way with this number, or NULL. */
static inline struct flight *flights_find(const struct flights *fs,
                                          uint32_t number)
{
    struct flight *f;

    if (!fs->places)
        return NULL;
    f = &fs->places[number & fs->mask];
    return f->number == number && f->remaining ? f : NULL;
}

/* A reader less waits for it. True: that was the last, and its place is free;
 * the rest of it may be read until the next one departs. */
static inline bool flights_arrive(struct flights *fs, struct flight *f)
{
    if (--f->remaining)
        return false;
    fs->count--;
    return true;
}

#endif
