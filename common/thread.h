/*
 * thread - what every thread of a server does first and last.
 *
 * A thread carries its role as its name, so that top -H, perf, traces and -v
 * agree; it has counters of its own; and with --pin it keeps to one CPU.
 */
#ifndef CHAT_THREAD_H
#define CHAT_THREAD_H

#include <stddef.h>

#include "common/stats.h"

/*
 * Names the calling thread (15 bytes are kept), attaches `stats`, and pins it
 * to the next CPU of the --pin list. Call at the thread's start.
 */
void thread_enter(struct stats_set *stats, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes what the thread still has to log and folds its counters into the
 * sums. The last thing a thread does. */
void thread_leave(void);

/* Reads a CPU list such as "0,2-3". 0, or -EINVAL and nothing set. Once, from
 * main, before thread_enter. */
int thread_set_pins(const char *list);

#endif
