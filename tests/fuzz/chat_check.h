/*
 * chat_check - whether the chat's structures agree with each other.
 *
 * Looks inside, so it is for tests only.
 */
#ifndef CHAT_TESTS_CHAT_CHECK_H
#define CHAT_TESTS_CHAT_CHECK_H

#include "common/chat.h"

/* Aborts with a line on stderr if anything is wrong. Changes nothing. */
void chat_check(struct chat *chat);

#endif
