/*
 * crowd - which rooms are idle and who in a room is slow.
 *
 * Both are dealt out evenly over the rooms by arithmetic alone, so that every
 * part of the crowd, and so every thread, holds its share. Pure; any thread.
 */
#ifndef CHAT_LOAD_CROWD_H
#define CHAT_LOAD_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/options.h"

/* How many of `count` things fall to the first `i` of `places`. */
static inline uint32_t crowd_dealt(uint32_t count, uint32_t places, uint32_t i)
{
    return (uint32_t)((uint64_t)count * i / places);
}

static inline uint32_t crowd_busy_rooms(const struct options *opt)
{
    return opt->rooms - opt->idle_rooms;
}

static inline bool crowd_room_is_idle(const struct options *opt, uint32_t room)
{
    uint32_t busy = crowd_busy_rooms(opt);

    return crowd_dealt(busy, opt->rooms, room) ==
           crowd_dealt(busy, opt->rooms, room + 1);
}

/* Slow members of a room; none where nobody speaks. */
static inline uint32_t crowd_slow_in(const struct options *opt, uint32_t room)
{
    uint32_t busy = crowd_busy_rooms(opt);
    uint32_t rank = crowd_dealt(busy, opt->rooms, room);

    if (crowd_room_is_idle(opt, room))
        return 0;
    return crowd_dealt(opt->slow_conns, busy, rank + 1) -
           crowd_dealt(opt->slow_conns, busy, rank);
}

#endif
