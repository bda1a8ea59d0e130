/*
 * log - lines on stderr, each with the name of the thread that wrote it.
 *
 * log_info is for the operator: always shown. log_step is for the learner: one
 * line for each step of the server, shown with -v, as in
 *     [reader-12] alice joined #lobby
 * Steps are kept in the thread until log_flush, because they come about under
 * the chat's lock, and a write to stderr is a system call. Call log_flush
 * after unlocking. Without -v a step costs one load.
 *
 * Any thread. log_info and log_flush may block on stderr.
 */
#ifndef CHAT_LOG_H
#define CHAT_LOG_H

#include <stdbool.h>

extern bool log_verbose; /* set once, by main, before threads start */

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void log_step_always(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
#define log_step(...)                                                          \
    do {                                                                       \
        if (log_verbose)                                                       \
            log_step_always(__VA_ARGS__);                                      \
    } while (0)

/* Writes the calling thread's steps, and frees what held them. */
void log_flush_always(void);
static inline void log_flush(void)
{
    if (log_verbose)
        log_flush_always();
}

#endif
