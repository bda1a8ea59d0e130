#include "models/netty/reference_counted.h"

#include "models/netty/misuse.h"

/* Takes the add back first: an error leaves the count as it was. */
void reference_retain_failed(struct reference_counted *obj, uint32_t old,
                             uint32_t n, const char *site)
{
    struct reference_counted *c = obj->counter;

    atomic_fetch_sub_explicit(&c->raw, 2 * n, memory_order_relaxed);
    if (n == 0)
        misuse("%s: retain(0) at %s; it takes 1 or more", obj->type->name,
               site);
    if (old & REFERENCE_DEAD)
        misuse("%s: retain at %s of a dead object, released at %s",
               obj->type->name, site, reference_made_at(c));
    misuse("%s: retain(%u) at %s overflows its count of %u", obj->type->name, n,
           site, old / 2);
}

void reference_release_failed(struct reference_counted *obj, uint32_t old,
                              uint32_t n, const char *site)
{
    if (n == 0)
        misuse("%s: release(0) at %s; it takes 1 or more", obj->type->name,
               site);
    if (old & REFERENCE_DEAD)
        misuse("%s: release at %s of a dead object, released at %s",
               obj->type->name, site, reference_made_at(obj));
    misuse("%s: release(%u) at %s of an object with a count of %u",
           obj->type->name, n, site, old / 2);
}
