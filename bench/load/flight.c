#include "bench/load/flight.h"

#include <stdlib.h>

#include "common/die.h"

enum { PLACES_MIN = 8, PLACES_MAX = 1 << 20 };

void flights_clear(struct flights *fs)
{
    free(fs->places);
    *fs = (struct flights){0};
}

/* Two that had different places have different ones in twice as many. */
static void grow(struct flights *fs)
{
    struct flights old = *fs;
    uint32_t places = old.places ? (old.mask + 1) * 2 : PLACES_MIN;

    fs->places = xcalloc(places, sizeof(*fs->places));
    fs->mask = places - 1;
    for (uint32_t i = 0; old.places && i <= old.mask; i++)
        if (old.places[i].remaining)
            fs->places[old.places[i].number & fs->mask] = old.places[i];
    free(old.places);
}

uint32_t flights_depart(struct flights *fs, uint32_t number, uint32_t sender,
                        uint32_t seq, uint32_t readers)
{
    struct flight *f;

    /* Half of the places stay free: the next free one is near. */
    if (!fs->places || (fs->count > fs->mask / 2 && fs->mask < PLACES_MAX - 1))
        grow(fs);
    if (fs->count > fs->mask / 2)
        return number;
    while ((f = &fs->places[number & fs->mask])->remaining)
        number++;
    *f = (struct flight){.number = number,
                         .sender = sender,
                         .seq = seq,
                         .remaining = readers};
    fs->count++;
    return number;
}
