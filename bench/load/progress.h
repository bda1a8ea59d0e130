/*
 * progress - one line on a terminal that says how far a run is.
 *
 * Silent unless stderr is a terminal. One thread.
 */
#ifndef CHAT_LOAD_PROGRESS_H
#define CHAT_LOAD_PROGRESS_H

#include <stdint.h>

#include "bench/load/director.h"

/* Rewrites the line, at most a few times a second; cheap otherwise. */
void progress_show(const struct director *d, const struct tally *t,
                   uint64_t now);

/* Takes the line away. */
void progress_clear(void);

#endif
