/*
 * drives - what each variant is driven by; main.c says whom they are for.
 */
#ifndef CHAT_TESTS_VARIANTS_DRIVES_H
#define CHAT_TESTS_VARIANTS_DRIVES_H

#include "tests/variants/drive.h"

extern const struct drive drive_no_order;
extern const struct drive drive_workers_read;
extern const struct drive drive_own_first;
extern const struct drive drive_message_without_wakeup;
extern const struct drive drive_newcomer_without_wakeup;
extern const struct drive drive_send_locked;

#endif
