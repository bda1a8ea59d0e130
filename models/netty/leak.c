#include "models/netty/leak.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/misuse.h"

/* What is known of an object that is followed. */
struct leak_record {
    /* guarded by lock: */
    struct leak_record *next;
    struct leak_record **link;

    /* set once: */
    struct reference_counted *obj; /* alive as long as the record is */

    /* atomic: any holder of a reference touches. The two may come from two
     * threads that touched at the same moment; either is true. */
    const char *_Atomic what; /* what was done to it last, or by whom */
    const char *_Atomic site; /* where */
};

_Atomic int leak_level_now = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct leak_record *alive; /* guarded by lock */
static size_t n_alive;            /* guarded by lock */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const level_names[] = {"off", "sampled", "paranoid"};

int leak_parse_level(const char *name, enum leak_level *level)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum leak_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

static void report_at_exit(void)
{
    leak_report(stderr);
}

static void arrange_report(void)
{
    atexit(report_at_exit);
}

void leak_set_level(enum leak_level level)
{
    if (level != LEAK_OFF)
        pthread_once(&once, arrange_report);
    atomic_store_explicit(&leak_level_now, level, memory_order_relaxed);
}

int leak_read_level(void)
{
    const char *name = getenv("NETTY_LEAK_DETECTION");
    enum leak_level level = LEAK_OFF;

    if (name && leak_parse_level(name, &level) < 0) {
        fprintf(stderr,
                "NETTY_LEAK_DETECTION takes off, sampled or paranoid, got "
                "'%s': off\n",
                name);
    }
    leak_set_level(level);
    return level;
}

/* One in LEAK_SAMPLING, by chance: a counter would miss whatever is allocated
 * in step with it. xorshift32, a state a thread. */
bool leak_draw(void)
{
    static _Thread_local uint32_t state;

    if (state == 0)
        state = (uint32_t)((uintptr_t)&state >> 4) | 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % LEAK_SAMPLING == 0;
}

void leak_track_always(struct reference_counted *obj)
{
    struct leak_record *record = malloc(sizeof(*record));

    if (!record)
        return;
    record->obj = obj;
    atomic_init(&record->what, "made");
    atomic_init(&record->site, reference_made_at(obj));
    obj->leak = record;
    pthread_mutex_lock(&lock);
    record->next = alive;
    record->link = &alive;
    if (record->next)
        record->next->link = &record->next;
    alive = record;
    n_alive++;
    pthread_mutex_unlock(&lock);
}

void leak_untrack(struct reference_counted *obj)
{
    struct leak_record *record = obj->leak;

    if (!record)
        return;
    obj->leak = NULL;
    pthread_mutex_lock(&lock);
    *record->link = record->next;
    if (record->next)
        record->next->link = record->link;
    n_alive--;
    pthread_mutex_unlock(&lock);
    free(record);
}

void reference_touched(struct reference_counted *obj, const char *what,
                       const char *site)
{
    atomic_store_explicit(&obj->leak->what, what, memory_order_relaxed);
    atomic_store_explicit(&obj->leak->site, site, memory_order_relaxed);
}

size_t leak_count(void)
{
    pthread_mutex_lock(&lock);
    size_t n = n_alive;
    pthread_mutex_unlock(&lock);
    return n;
}

static void report_one(const struct leak_record *record, FILE *out)
{
    const struct reference_counted *obj = record->obj;
    char text[200];

    if (obj->type->describe)
        obj->type->describe(obj, text, sizeof(text));
    else
        snprintf(text, sizeof(text), "%s(refs=%u)", obj->type->name,
                 reference_count(obj));
    fprintf(out,
            "LEAK: %s was never released; made at %s, last touched at %s"
            " (%s)\n",
            text, reference_made_at(obj),
            atomic_load_explicit(&record->site, memory_order_relaxed),
            atomic_load_explicit(&record->what, memory_order_relaxed));
}

size_t leak_report(FILE *out)
{
    pthread_mutex_lock(&lock);
    for (const struct leak_record *r = alive; r; r = r->next)
        report_one(r, out);
    size_t n = n_alive;
    pthread_mutex_unlock(&lock);
    return n;
}
