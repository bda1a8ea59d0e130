#include "client/fence.h"

#include <stdlib.h>
#include <string.h>

#include "common/die.h"

void fence_free(struct fence *f)
{
    fence_reset(f);
    free(f->lines);
    *f = (struct fence){0};
}

void fence_reset(struct fence *f)
{
    for (size_t i = 0; i < f->n_lines; i++)
        free(f->lines[i].text);
    f->n_lines = 0;
    f->sent = f->answered = 0;
    f->wanted = false;
}

void fence_add_line(struct fence *f, const char *text, size_t len)
{
    if (f->n_lines == f->cap_lines) {
        f->cap_lines = f->cap_lines ? 2 * f->cap_lines : 16;
        f->lines = xrealloc(f->lines, f->cap_lines * sizeof(f->lines[0]));
    }
    char *copy = xcalloc(1, len + 1);
    memcpy(copy, text, len);
    f->lines[f->n_lines++] = (struct fence_line){copy, f->sent + 1};
}

unsigned fence_want(struct fence *f)
{
    f->wanted = true;
    return f->sent + 1;
}

bool fence_take_last(struct fence *f, unsigned *number)
{
    if (!f->wanted)
        return false;
    f->wanted = false;
    *number = ++f->sent;
    return true;
}

bool fence_take(struct fence *f, unsigned *number)
{
    return f->answered == f->sent && fence_take_last(f, number);
}

void fence_answer(struct fence *f, unsigned number)
{
    size_t taken = 0;

    if (number > f->sent || number <= f->answered)
        return;
    f->answered = number;
    while (taken < f->n_lines && f->lines[taken].number <= number)
        free(f->lines[taken++].text);
    f->n_lines -= taken;
    if (f->n_lines > 0)
        memmove(f->lines, f->lines + taken, f->n_lines * sizeof(f->lines[0]));
}

bool fence_is_settled(const struct fence *f)
{
    return !f->wanted && f->answered == f->sent;
}
