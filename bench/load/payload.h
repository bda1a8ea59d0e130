/*
 * payload - the text of a measured message.
 *
 * Lower-case hex at fixed places, so that it reads in a capture and decodes
 * without a scan, and no space, so that a server may drop the ':' before it:
 *
 *   offset  0  run       8   tells this run's messages from all others
 *           8  sender    8   index of the connection that sent it
 *          16  seq       8   0, 1, 2 ... for each sender
 *          24  number    8   rises within the room; names it while in flight
 *          32  intended 12   when it was to be sent, ns since the run's epoch
 *          44  late     12   how much later than that it was, ns
 *          56  checksum  8   over all the other bytes
 *          64  padding       up to --size, a pattern that depends on seq
 *
 * Pure functions; any thread. No allocation.
 */
#ifndef CHAT_LOAD_PAYLOAD_H
#define CHAT_LOAD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAYLOAD_MIN 64  /* bytes: the fields alone */
#define PAYLOAD_MAX 384 /* leaves 128 of a 512-byte line to prefix and room */

struct payload {
    uint32_t run;      /* identifies the run */
    uint32_t sender;   /* connection index */
    uint32_t seq;      /* in the sender's order */
    uint32_t number;   /* in the room */
    uint64_t intended; /* ns since the epoch, below 2^48 (three days) */
    uint64_t late;     /* actual send time less intended, below 2^48 */
};

/* Writes `size` bytes (PAYLOAD_MIN to PAYLOAD_MAX) to `to`; no NUL. */
void payload_encode(char *to, size_t size, const struct payload *p);

/* The fields of PAYLOAD_MIN bytes at `from`, whatever they are: unchecked. */
void payload_read(const char *from, struct payload *p);

/*
 * Reads `size` bytes at `from`. False if they are not exactly what
 * payload_encode() wrote for this run: too short, or a byte changed.
 */
bool payload_decode(const char *from, size_t size, uint32_t run,
                    struct payload *p);

#endif
