/*
 * recorder - a handler that notes what it sees and hands it on.
 *
 * All recorders of a test write to one log: "a.active b.active b.inactive".
 */
#ifndef TEST_RECORDER_H
#define TEST_RECORDER_H

#include "models/netty/channel.h"

/* The log; one space between entries. */
extern char recorder_log[4096];

void recorder_clear(void);
void recorder_add(const char *who, const char *what);

/* A new recorder that notes all events; `who` must stay. */
struct channel_handler *recorder_new(const char *who);

/* One that notes inbound, or outbound, events only. */
struct channel_handler *recorder_new_inbound(const char *who);
struct channel_handler *recorder_new_outbound(const char *who);

/* One that answers -EIO to one event, named as in Netty ("channel_read"). It
 * hands on what it notes otherwise, and does not implement exception_caught
 * unless `catches`: then it notes and keeps it. */
struct channel_handler *recorder_new_failing(const char *who, const char *event,
                                             bool catches);

/* A message for tests: a bytebuf with this text. */
struct reference_counted *text_message(const char *text);

/* Whether `msg` is a bytebuf with exactly this text; releases it. */
bool is_text(struct reference_counted *msg, const char *text);

#endif
