/* Points in words, for people. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "bench/run/experiment.h"

/* Text that grows within its room. */
struct line {
    char *text;  /* where the rest goes */
    size_t room; /* for it */
};

static void add(struct line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(l->text, l->room, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= l->room)
        n = l->room ? (int)l->room - 1 : 0;
    l->text += n;
    l->room -= (size_t)n;
}

/* "200", or of a sweep "50 to 10,000" */
static void add_number(struct line *l, const struct point *p, int param,
                       bool sweep)
{
    bool range = sweep && p->swept == param;
    char a[32], b[32];

    metric_format_whole(range ? p->swept_from : p->param[param], a, sizeof(a));
    metric_format_whole(p->swept_to, b, sizeof(b));
    add(l, "%s%s%s", a, range ? " to " : "", range ? b : "");
}

static void describe(const struct point *p, double rate, bool sweep,
                     struct line l)
{
    static const char *const lead[MODE_COUNT] = {[MODE_CLOSED] = "closed loop",
                                                 [MODE_OPEN] = "open loop",
                                                 [MODE_KNEE] =
                                                     "highest rate carried",
                                                 [MODE_HOLD] = "idle"};
    static const char *const does[] = {"spinning", "sleeping"};
    char number[32];

    add(&l, "%s, ", lead[p->mode]);
    add_number(&l, p, PARAM_CONNS, sweep);
    add(&l, " connections in rooms of ");
    add_number(&l, p, PARAM_ROOM_SIZE, sweep);
    if (p->mode == MODE_CLOSED) {
        add(&l, ", ");
        add_number(&l, p, PARAM_WINDOW, sweep);
        add(&l, " in flight a room");
    } else if (p->mode == MODE_OPEN && isfinite(rate)) {
        metric_format(rate, number, sizeof(number));
        add(&l, ", %s messages/s", number);
    }
    for (int i = PARAM_SPIN; i <= PARAM_SLEEP; i++) {
        if (!(p->param[i] > 0) || (sweep && p->swept == i))
            continue;
        add(&l, ", handlers %s ", does[i - PARAM_SPIN]);
        add_number(&l, p, i, false);
        add(&l, " µs");
    }
    if (p->param[PARAM_IDLE] > 0)
        add(&l, ", %.3g %% of the rooms silent", p->param[PARAM_IDLE] * 100);
    if (p->param[PARAM_CHURN] > 0) {
        add(&l, ", ");
        add_number(&l, p, PARAM_CHURN, sweep);
        add(&l, " users a second come and go");
    }
    if (p->param[PARAM_SLOW] > 0)
        add(&l, ", %.3g %% of the readers stopped", p->param[PARAM_SLOW] * 100);
    if (p->shared)
        add(&l, ", all on the same cores");
}

void point_describe(const struct point *p, double rate, char *text, size_t size)
{
    describe(p, rate, false, (struct line){text, size});
}

void point_describe_sweep(const struct point *p, char *text, size_t size)
{
    describe(p, NAN, true, (struct line){text, size});
}
