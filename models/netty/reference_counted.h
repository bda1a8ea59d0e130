/*
 * reference_counted - objects that live as long as somebody counts on them.
 *
 * Netty's ReferenceCounted and ReferenceCountUtil: what travels through a
 * pipeline begins with a struct reference_counted, so that a handler can
 * retain and release a message without knowing what it is. The count starts
 * at 1, which is the creator's. Whoever hands an object on hands its count on
 * with it; whoever uses it last releases it; whoever keeps it past the call
 * that brought it retains it first.
 *
 * DOC(netty.refcount)
 * No resurrection. The field holds twice the count while the object lives
 * and 1 once it is dead (Netty's own trick). retain is a single relaxed add
 * of 2: on a dead object it leaves an odd number, so it can be told and taken
 * back, and no interleaving of threads brings the object to life again. The
 * add needs no order: the caller's own reference keeps the object alive.
 * release is acquire-release: what each holder did to the object comes before
 * the deallocation by the last. It is a compare-and-swap, since a plain
 * subtraction would take the count of a dead object down before it could be
 * seen to be dead.
 * END
 *
 * retain, release and touch may be called by any thread that holds a
 * reference. Nothing blocks. retain(0), overflow, and any use of a dead object
 * end the program with a text that names the mistake and the place where the
 * object was released (see misuse.h), as far as its memory has not been given
 * to another object since: such a use cannot be told from a right one.
 */
#ifndef NETTY_REFERENCE_COUNTED_H
#define NETTY_REFERENCE_COUNTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reference_counted;
struct leak_record;

/* What kinds of objects differ in. One static constant a kind. */
struct reference_counted_type {
    const char *name; /* for error texts: "bytebuf" */
    /* The count has reached 0: free what the object holds, and the object.
     * Called once, in the thread that released last. */
    void (*deallocate)(struct reference_counted *obj);
    /* Writes one line about it, for the leak detector; may be NULL. */
    void (*describe)(const struct reference_counted *obj, char *to,
                     size_t size);
};

struct reference_counted {
    /* set once: */
    const struct reference_counted_type *type; /* its kind */
    struct reference_counted *counter; /* whose count it lives by: itself, or
                                          the object it is a view of */
    struct leak_record *leak;          /* NULL when the detector skipped it */

    /* atomic: */
    _Atomic uint32_t raw; /* twice the count; odd: dead */
    uint32_t unused;      /* padding, so that it is seen */
    /* atomic, since a misuser on another thread may read it for his text: */
    const char *_Atomic made_at; /* alive: "file:line" where it was made; dead:
                                    where it was released */
};

enum { REFERENCE_DEAD = 1, REFERENCE_MAX = INT32_MAX };

static inline const char *reference_made_at(const struct reference_counted *obj)
{
    return atomic_load_explicit(&obj->counter->made_at, memory_order_relaxed);
}

#define REFERENCE_STR2(x) #x
#define REFERENCE_STR(x)  REFERENCE_STR2(x)
/* The place in the source, as the leak detector prints it. */
#define REFERENCE_HERE __FILE__ ":" REFERENCE_STR(__LINE__)

/* Starts the life of an object with a count of 1, the caller's. */
static inline void reference_init(struct reference_counted *obj,
                                  const struct reference_counted_type *type,
                                  const char *site)
{
    obj->type = type;
    obj->counter = obj;
    obj->leak = NULL;
    atomic_store_explicit(&obj->made_at, site, memory_order_relaxed);
    atomic_store_explicit(&obj->raw, 2, memory_order_relaxed);
}

/* The count; 0: dead. Only for tests, assertions and teaching: another thread
 * may change it at once. */
static inline uint32_t reference_count(const struct reference_counted *obj)
{
    uint32_t raw =
        atomic_load_explicit(&obj->counter->raw, memory_order_acquire);

    return raw & REFERENCE_DEAD ? 0 : raw / 2;
}

static inline bool reference_is_alive(const struct reference_counted *obj)
{
    return !(atomic_load_explicit(&obj->counter->raw, memory_order_relaxed) &
             REFERENCE_DEAD);
}

/* The out-of-line halves; use the macros. `n` is how many; 0 is misuse. */
_Noreturn void reference_retain_failed(struct reference_counted *obj,
                                       uint32_t old, uint32_t n,
                                       const char *site);
_Noreturn void reference_release_failed(struct reference_counted *obj,
                                        uint32_t old, uint32_t n,
                                        const char *site);
void reference_touched(struct reference_counted *obj, const char *what,
                       const char *site);

static inline void reference_retain_at(struct reference_counted *obj,
                                       uint32_t n, const char *site)
{
    struct reference_counted *c = obj->counter;
    uint32_t old =
        atomic_fetch_add_explicit(&c->raw, 2 * n, memory_order_relaxed);

    if (__builtin_expect((old & REFERENCE_DEAD) || n == 0 ||
                             n > REFERENCE_MAX - old / 2,
                         0))
        reference_retain_failed(obj, old, n, site);
    if (__builtin_expect(c->leak != NULL, 0))
        reference_touched(c, "retain", site);
}

/* Gives n references back; true if that was the last and the object is gone. */
static inline bool reference_release_at(struct reference_counted *obj,
                                        uint32_t n, const char *site)
{
    struct reference_counted *c = obj->counter;
    uint32_t old = atomic_load_explicit(&c->raw, memory_order_relaxed);
    uint32_t next;

    do {
        if (__builtin_expect((old & REFERENCE_DEAD) || n == 0 || n > old / 2,
                             0))
            reference_release_failed(obj, old, n, site);
        next = n == old / 2 ? REFERENCE_DEAD : old - 2 * n;
        /* The record goes with the last reference, so it is written before
         * ours is given up. */
        if (__builtin_expect(c->leak != NULL && next != REFERENCE_DEAD, 0))
            reference_touched(c, "release", site);
    } while (!atomic_compare_exchange_weak_explicit(&c->raw, &old, next,
                                                    memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (next != REFERENCE_DEAD)
        return false;
    atomic_store_explicit(&c->made_at, site, memory_order_relaxed);
    c->type->deallocate(c);
    return true;
}

/* ReferenceCountUtil.retain, release, touch: for messages of any kind. `msg`
 * points to a struct reference_counted. `what` is a string constant: who has
 * the object now, for the leak detector. */
#define reference_retain(msg)  reference_retain_at((msg), 1, REFERENCE_HERE)
#define reference_release(msg) reference_release_at((msg), 1, REFERENCE_HERE)
#define reference_touch(msg, what)                                             \
    reference_touch_at((msg), (what), REFERENCE_HERE)

static inline void reference_touch_at(struct reference_counted *obj,
                                      const char *what, const char *site)
{
    if (__builtin_expect(obj->counter->leak != NULL, 0))
        reference_touched(obj->counter, what, site);
}

#endif
