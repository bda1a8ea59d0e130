#include "bench/run/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"

char *file_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    size_t len = 0, room = 0;

    if (fd < 0)
        return NULL;
    /* Read to the end rather than by st_size: /proc files say 0. */
    for (;;) {
        if (room - len < 4096) {
            room = room ? room * 2 : 16384;
            text = xrealloc(text, room);
        }
        ssize_t n = read(fd, text + len, room - len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int err = errno;
            close(fd);
            free(text);
            errno = err;
            return NULL;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    text[len] = '\0';
    return text;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int file_write_whole(const char *path, const char *text)
{
    char *temp = xasprintf("%s.tmp", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int err;

    if (fd < 0) {
        err = -errno;
        free(temp);
        return err;
    }
    err = write_all(fd, text, strlen(text));
    if (close(fd) != 0 && !err)
        err = -errno;
    if (!err && rename(temp, path) != 0)
        err = -errno;
    if (err)
        unlink(temp);
    free(temp);
    return err;
}

int growing_open(struct growing *g, const char *path)
{
    g->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (g->fd < 0)
        return -errno;
    g->whole = lseek(g->fd, 0, SEEK_END);
    if (g->whole < 0) {
        int err = -errno;
        close(g->fd);
        g->fd = -1;
        return err;
    }
    return 0;
}

int growing_append(struct growing *g, const char *text)
{
    int err = write_all(g->fd, text, strlen(text));

    if (!err) {
        g->whole += (off_t)strlen(text);
        return 0;
    }
    int cut_err = growing_cut(g, g->whole);
    return cut_err ? cut_err : err;
}

int growing_cut(struct growing *g, off_t length)
{
    if (ftruncate(g->fd, length) != 0 || lseek(g->fd, length, SEEK_SET) < 0)
        return -errno;
    g->whole = length;
    return 0;
}

int growing_close(struct growing *g)
{
    int err = 0;

    if (g->fd < 0)
        return 0;
    /* EINVAL: a pipe or a special file, which has nothing to flush. */
    if (fsync(g->fd) != 0 && errno != EINVAL)
        err = -errno;
    if (close(g->fd) != 0 && !err)
        err = -errno;
    g->fd = -1;
    return err;
}

#define FNV_START 0xcbf29ce484222325u

static uint64_t fnv(uint64_t hash, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

static struct fingerprint fingerprint_of(uint64_t hash)
{
    struct fingerprint f;

    snprintf(f.text, sizeof(f.text), "%016" PRIx64, hash);
    return f;
}

struct fingerprint text_fingerprint(const char *text)
{
    return fingerprint_of(fnv(FNV_START, text, strlen(text)));
}

struct fingerprint file_fingerprint(const char *path)
{
    FILE *f = fopen(path, "rbe");
    uint64_t hash = FNV_START;
    char part[16384];
    size_t n;

    if (!f)
        return (struct fingerprint){""};
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        hash = fnv(hash, part, n);
    bool bad = ferror(f);
    fclose(f);
    return bad ? (struct fingerprint){""} : fingerprint_of(hash);
}

void file_last_line(const char *path, char *line, size_t size)
{
    char *text = file_read(path);

    line[0] = '\0';
    if (!text)
        return;
    size_t end = strlen(text);
    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r'))
        end--;
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    snprintf(line, size, "%.*s", (int)(end - begin), text + begin);
    free(text);
}

char *file_own_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n < 0)
        die_errno(errno, "cannot read /proc/self/exe");
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return xstrdup(path);
}
