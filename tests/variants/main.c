/*
 * variants-test - each variant fails, and its model does not, under the very
 * same drive (drive.h).
 *
 *     variants-test [--filter GLOB] [--list] SERVER_BINARY...
 */
#include "tests/stress/driver.h"
#include "tests/variants/drives.h"

DRIVE_CASES(drive_no_order)
DRIVE_CASES(drive_workers_read)
DRIVE_CASES(drive_own_first)
DRIVE_CASES(drive_message_without_wakeup)
DRIVE_CASES(drive_newcomer_without_wakeup)
DRIVE_CASES(drive_send_locked)

int main(int argc, char **argv)
{
    static const struct driver_row rows[] = {
        DRIVE_ROWS(drive_workers_read, "variant-workers-read", "chat-pool"),
        DRIVE_ROWS(drive_message_without_wakeup, "variant-no-wakeup",
                   "chat-mainsub"),
        DRIVE_ROWS(drive_newcomer_without_wakeup, "variant-no-wakeup",
                   "chat-mainsub"),
        DRIVE_ROWS(drive_no_order, "variant-no-order", "chat-pool"),
        DRIVE_ROWS(drive_own_first, "variant-own-first", "chat-mainsub"),
        DRIVE_ROWS(drive_send_locked, "variant-send-locked", "chat-blocking"),
    };

    return driver_main(rows, sizeof(rows) / sizeof(rows[0]),
                       "Drive each variant until it fails, and its model, "
                       "which does not.",
                       argc, argv);
}
