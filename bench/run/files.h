/*
 * files - reading and writing files whole, and files that only grow.
 *
 * Results must survive a full disk and a killed run: a file is either written
 * whole (temp name, then rename) or grows by whole records, and a record that
 * does not fit is taken back. All functions block; errors are -errno.
 */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include <stddef.h>
#include <sys/types.h>

/* The file's text, NUL-terminated; NULL with errno. Caller frees. */
char *file_read(const char *path);

/* Replaces `path` by `text`, whole or not at all. */
int file_write_whole(const char *path, const char *text);

/* A file that grows by whole records. */
struct growing {
    int fd;      /* -1 when closed */
    off_t whole; /* length up to the end of the last whole record */
};

/* Creates or opens `path` to append to it. */
int growing_open(struct growing *g, const char *path);

/*
 * Appends `text`. On a short write (a full disk) the file is cut back to the
 * record before, so that what is there stays readable.
 */
int growing_append(struct growing *g, const char *text);

/* Cuts it back to `length`, the end of an earlier record. */
int growing_cut(struct growing *g, off_t length);

/* Flushes to the disk and closes; safe on a closed one. */
int growing_close(struct growing *g);

/*
 * A fingerprint of a file's content (FNV-1a, 64 bit, hexadecimal): tells an
 * accidental change, not a deliberate one. "" if it cannot be read.
 */
struct fingerprint {
    char text[17];
};
struct fingerprint file_fingerprint(const char *path);

/* The same of a text. */
struct fingerprint text_fingerprint(const char *text);

/* The last line of a file that is not empty, cut at `size`; "" if none. */
void file_last_line(const char *path, char *line, size_t size);

/* The folder the running program is in, newly allocated. */
char *file_own_dir(void);

#endif
