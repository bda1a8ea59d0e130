#include "common/inbuf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void inbuf_free(struct inbuf *in)
{
    free(in->held);
    *in = (struct inbuf){0};
}

void inbuf_scan_start(struct inbuf_scan *scan, struct inbuf *in, char *data,
                      size_t len)
{
    assert(in->len < INBUF_HEADROOM);
    scan->in = in;
    scan->owned = NULL;
    scan->pos = data - in->len;
    scan->end = data + len;
    if (in->len > 0)
        memcpy(scan->pos, in->held, in->len);
    free(in->held);
    in->held = NULL;
    in->len = 0;
}

void inbuf_scan_resume(struct inbuf_scan *scan, struct inbuf *in)
{
    scan->in = in;
    scan->owned = in->held;
    scan->pos = in->held;
    scan->end = in->held ? in->held + in->len : NULL;
    in->held = NULL;
    in->len = 0;
}

enum inbuf_result inbuf_scan_next(struct inbuf_scan *scan, char **line,
                                  size_t *len)
{
    while (scan->pos < scan->end) {
        size_t left = (size_t)(scan->end - scan->pos);
        char *lf = memchr(scan->pos, '\n', left);
        size_t with_end = lf ? (size_t)(lf + 1 - scan->pos) : left;
        char *start = scan->pos;

        if (scan->in->discarding) {
            scan->pos += with_end;
            scan->in->discarding = !lf;
            continue;
        }
        /* Without its LF, 512 bytes can no longer become a legal line. */
        if (with_end > IRC_LINE_MAX || (!lf && with_end == IRC_LINE_MAX)) {
            scan->pos += with_end;
            scan->in->discarding = !lf;
            return INBUF_TOO_LONG;
        }
        if (!lf)
            return INBUF_NONE;
        scan->pos = lf + 1;
        *line = start;
        *len = with_end - 1;
        if (*len > 0 && start[*len - 1] == '\r')
            (*len)--;
        return INBUF_LINE;
    }
    return INBUF_NONE;
}

int inbuf_scan_end(struct inbuf_scan *scan)
{
    struct inbuf *in = scan->in;
    size_t left = (size_t)(scan->end - scan->pos);
    int err = 0;

    if (left > 0) {
        in->held = malloc(left);
        if (in->held) {
            memcpy(in->held, scan->pos, left);
            in->len = (uint32_t)left;
        } else {
            err = -ENOMEM;
        }
    }
    free(scan->owned);
    scan->owned = NULL;
    return err;
}
