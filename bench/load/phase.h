/*
 * phase - a worker's part in each phase of the run.
 *
 * The worker's thread only; nothing blocks.
 */
#ifndef CHAT_LOAD_PHASE_H
#define CHAT_LOAD_PHASE_H

#include <stdint.h>

#include "bench/load/worker.h"

/* Once a turn of the loop: enters the phase that the director or the clock
 * says, does its work, and posts on the board how far that is. */
void phase_step(struct worker *w, uint64_t now);

/* How long the loop may sleep, ns; UINT64_MAX: until an event. */
uint64_t phase_patience(const struct worker *w, uint64_t now);

#endif
