#include "client/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

static struct room_entry *find(const struct rooms *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (irc_equals(r->all[i].name, name))
            return &r->all[i];
    }
    return NULL;
}

void rooms_free(struct rooms *r)
{
    free(r->all);
    *r = (struct rooms){0};
}

void rooms_select(struct rooms *r, const char *name)
{
    snprintf(r->current, sizeof(r->current), "%s", name);
}

void rooms_add(struct rooms *r, const char *name)
{
    if (find(r, name))
        return;
    r->all = xrealloc(r->all, (r->n + 1) * sizeof(r->all[0]));
    struct room_entry *e = &r->all[r->n++];
    *e = (struct room_entry){0};
    snprintf(e->name, sizeof(e->name), "%s", name);
    if (!r->current[0])
        rooms_select(r, name);
}

void rooms_remove(struct rooms *r, const char *name)
{
    struct room_entry *e = find(r, name);

    if (!e)
        return;
    bool was_current = irc_equals(e->name, r->current);
    size_t behind = (size_t)(r->all + r->n - (e + 1));
    memmove(e, e + 1, behind * sizeof(*e));
    r->n--;
    if (!was_current)
        return;
    r->current[0] = '\0';
    const char *other = rooms_target(r);
    if (!other && r->n > 0)
        other = r->all[0].name;
    if (other)
        rooms_select(r, other);
}

void rooms_set_joined(struct rooms *r, const char *name)
{
    rooms_add(r, name);
    struct room_entry *e = find(r, name);
    if (e) /* a name cut to size would not be found again */
        e->joined = true;
}

bool rooms_is_joined(const struct rooms *r, const char *name)
{
    const struct room_entry *e = find(r, name);

    return e && e->joined;
}

void rooms_leave_all(struct rooms *r)
{
    for (size_t i = 0; i < r->n; i++)
        r->all[i].joined = false;
}

void rooms_forget_refused(struct rooms *r)
{
    for (size_t i = r->n; i-- > 0;) {
        char name[IRC_ROOM_MAX + 1];
        if (r->all[i].joined)
            continue;
        memcpy(name, r->all[i].name, sizeof(name));
        rooms_remove(r, name);
    }
}

const char *rooms_target(const struct rooms *r)
{
    if (rooms_is_joined(r, r->current))
        return r->current;
    for (size_t i = 0; i < r->n; i++) {
        if (r->all[i].joined)
            return r->all[i].name;
    }
    return NULL;
}

size_t rooms_count_joined(const struct rooms *r)
{
    size_t joined = 0;

    for (size_t i = 0; i < r->n; i++)
        joined += r->all[i].joined;
    return joined;
}
