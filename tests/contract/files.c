#include "tests/contract/files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "tests/contract/case.h"

char *file_read(const char *path, size_t *len)
{
    size_t used = 0, cap = 4096;
    char *text = xcalloc(1, cap + 1);
    FILE *f = fopen(path, "re");
    while (f) {
        used += fread(text + used, 1, cap - used, f);
        if (used < cap)
            break;
        text = xrealloc(text, 2 * cap + 1);
        cap *= 2;
    }
    if (f)
        fclose(f);
    text[used] = '\0';
    if (len)
        *len = used;
    return text;
}

void file_write(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "we");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
        case_broken(errno, path);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "cannot remove %s: %s\n", path, strerror(errno));
}
