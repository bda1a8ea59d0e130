/*
 * phase - the course of a run: what ends each phase and begins the next.
 *
 * The worker's thread only; nothing blocks, writing an --events line apart.
 */
#ifndef CHAT_LOAD_PHASE_H
#define CHAT_LOAD_PHASE_H

#include <stdint.h>

#include "bench/load/worker.h"

/* Once a turn of the loop. The phase is PHASE_DONE when the run is over. */
void phase_step(struct worker *w, uint64_t now);

/* How long the loop may sleep, ns. */
uint64_t phase_patience(const struct worker *w, uint64_t now);

#endif
