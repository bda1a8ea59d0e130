/*
 * leak - Netty's ResourceLeakDetector: who forgot to release?
 *
 * Java learns of a lost buffer when the collector finds it; C never does. So
 * the detector keeps a list of what is alive, and what is still on it at exit
 * was lost. For each it names where it was allocated and where it was last
 * touched (retained, released in part, sliced, or reference_touch, which the
 * pipeline calls with the name of each handler that a message is given to):
 * the one who touched it last is the one who should have released it.
 *
 *     LEAK: bytebuf(pooled heap, r=0 w=12 cap=256 max=2147483647 refs=1) was
 *     never released; made at models/netty/channel.c:88, last touched at
 *     models/netty/pipeline.c:201 (handler "chat")
 *
 * Levels: off costs one branch an allocation; sampled follows one in 128, by
 * chance, and is for production; paranoid follows all and is for tests.
 * The level is taken from the environment variable NETTY_LEAK_DETECTION (off,
 * sampled, paranoid) at the first allocation, else it is off.
 *
 * Any thread. Takes a mutex for each buffer that is followed.
 */
#ifndef NETTY_LEAK_H
#define NETTY_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "models/netty/reference_counted.h"

enum leak_level { LEAK_OFF, LEAK_SAMPLED, LEAK_PARANOID };

enum { LEAK_SAMPLING = 128 };

/* Overrides the environment. Objects made before are not followed. */
void leak_set_level(enum leak_level level);

extern _Atomic int leak_level_now; /* -1: the environment was not read yet */
int leak_read_level(void);

static inline enum leak_level leak_get_level(void)
{
    /* Relaxed: a setting, which publishes nothing. */
    int level = atomic_load_explicit(&leak_level_now, memory_order_relaxed);

    return (enum leak_level)(level < 0 ? leak_read_level() : level);
}

/* Reads a level's name. 0, or -EINVAL and *level as it was. */
int leak_parse_level(const char *name, enum leak_level *level);

void leak_track_always(struct reference_counted *obj);
bool leak_draw(void);

/* Follows an object from now on, if the level says so. Called by who makes
 * objects, once they can be described. No memory: it is not followed. */
static inline void leak_track(struct reference_counted *obj)
{
    enum leak_level level = leak_get_level();

    if (__builtin_expect(level != LEAK_OFF, 0) &&
        (level == LEAK_PARANOID || leak_draw()))
        leak_track_always(obj);
}

/* Its count has reached 0. Called first thing in deallocate. */
void leak_untrack(struct reference_counted *obj);

/* How many objects are followed and alive. */
size_t leak_count(void);

/* Prints one line for each object that is followed and alive; how many. Other
 * threads must not be releasing meanwhile. At exit this is done on stderr by
 * itself, unless the level is off. */
size_t leak_report(FILE *out);

#endif
