#include "common/work.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/signals.h"

int work_parse(struct work *work, const char *text)
{
    struct work w = {.percent = 100};
    const char *colon = strchr(text, ':');
    char *end;

    if (!colon)
        return -EINVAL;
    size_t len = (size_t)(colon - text);
    if (len == 4 && strncmp(text, "spin", len) == 0)
        w.kind = WORK_SPIN;
    else if (len == 5 && strncmp(text, "sleep", len) == 0)
        w.kind = WORK_SLEEP;
    else
        return -EINVAL;
    if (colon[1] < '0' || colon[1] > '9')
        return -EINVAL;
    errno = 0;
    w.usec = strtoll(colon + 1, &end, 10);
    if (errno || w.usec > 3600LL * 1000000)
        return -EINVAL;
    if (*end == '@') {
        if (end[1] < '0' || end[1] > '9')
            return -EINVAL;
        w.percent = strtod(end + 1, &end);
        if (!(w.percent > 0 && w.percent <= 100))
            return -EINVAL;
    }
    if (*end)
        return -EINVAL;
    *work = w;
    return 0;
}

/* CPU time, not wall time: a thread that is not running does not get its work
 * done, so more threads than cores cannot make spinning faster. */
static void spin(long long usec)
{
    struct timespec start, now;
    long long ns = usec * 1000;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000LL +
                 (now.tv_nsec - start.tv_nsec) <
             ns);
}

/* Where in its hundred percent the calling thread begins to count. The golden
 * ratio spreads any number of threads: whoever comes lands in a widest gap. */
static double first_share(void)
{
    static atomic_uint n_threads;
    unsigned number =
        atomic_fetch_add_explicit(&n_threads, 1, memory_order_relaxed);

    return 100 * fmod(number * 0.6180339887, 1);
}

void work_run(const struct work *work)
{
    /* percent gathered since the last hit; before the first message, -1 */
    static _Thread_local double share = -1;

    if (work->kind == WORK_NONE || work->usec == 0)
        return;
    if (share < 0)
        share = first_share();
    share += work->percent;
    if (share < 100)
        return;
    share -= 100;
    if (work->kind == WORK_SPIN)
        spin(work->usec);
    else
        signals_sleep(work->usec);
}
