/*
 * inbuf - line framing: bytes as they come in, lines as they are meant.
 *
 * A connection keeps only what it must: the start of an unfinished line, or
 * whole lines that it was told to leave for later. An idle connection holds no
 * memory. The bytes just read lie in a scratch buffer of the reading thread and
 * are framed in place; the unfinished start from last time is copied in front
 * of them (at most one line), so that every line is one run of bytes.
 *
 *     char scratch[INBUF_HEADROOM + N];
 *     n = recv(fd, scratch + INBUF_HEADROOM, N);
 *     inbuf_scan_start(&scan, &in, scratch + INBUF_HEADROOM, n);
 *     while (inbuf_scan_next(&scan, &line, &len) != INBUF_NONE) ...
 *     inbuf_scan_end(&scan);
 *
 * One thread at a time. Nothing blocks, nothing here does I/O.
 * A line ends at LF; a CR before it belongs to the end. With its end it may be
 * 512 bytes; a longer one is reported once as INBUF_TOO_LONG and dropped up to
 * its LF, however many reads that takes.
 */
#ifndef CHAT_INBUF_H
#define CHAT_INBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/irc.h"

enum { INBUF_HEADROOM = IRC_LINE_MAX };

struct inbuf {
    char *held;      /* malloc'ed bytes left from earlier reads, or NULL */
    uint32_t len;    /* bytes in held */
    bool discarding; /* within an overlong line, waiting for its LF */
};

/* One pass over new bytes. Short-lived: between start and end, the inbuf must
 * not be touched but through it. */
struct inbuf_scan {
    struct inbuf *in; /* whose line state this is */
    char *pos;        /* the next byte to look at */
    char *end;        /* behind the last byte */
    char *owned;      /* held bytes being scanned in place (resume), or NULL */
};

enum inbuf_result { INBUF_NONE, INBUF_LINE, INBUF_TOO_LONG };

/* A zeroed struct inbuf is empty and ready. */
void inbuf_free(struct inbuf *in);

/*
 * Begins a pass over data[0..len). The INBUF_HEADROOM bytes before `data` must
 * be writable. What the inbuf holds must be less than a line: finish an
 * earlier pass with inbuf_scan_resume first.
 */
void inbuf_scan_start(struct inbuf_scan *scan, struct inbuf *in, char *data,
                      size_t len);

/* Begins a pass over the lines that an earlier pass left (backpressure). */
void inbuf_scan_resume(struct inbuf_scan *scan, struct inbuf *in);

/*
 * INBUF_LINE: *line[0..*len) is a line without its end; line[len] may be
 * overwritten. Valid until inbuf_scan_end. INBUF_TOO_LONG: a line passed the
 * limit. INBUF_NONE: no whole line is left.
 */
enum inbuf_result inbuf_scan_next(struct inbuf_scan *scan, char **line,
                                  size_t *len);

/*
 * Ends the pass; what was not taken stays in the inbuf. May be called with
 * lines left. 0, or -ENOMEM (what was left is lost: close the connection).
 */
int inbuf_scan_end(struct inbuf_scan *scan);

#endif
