#include "bench/report/workload.h"

/* From so many members on a room is a busy one: a message is mostly fan-out. */
enum { BUSY_ROOM = 50 };

enum workload workload_of(const struct point *p)
{
    if (p->param[PARAM_SPIN] > 0 || p->param[PARAM_SLEEP] > 0 || p->server_args)
        return WORKLOAD_SLOW_HANDLERS;
    if (p->param[PARAM_SLOW] > 0)
        return WORKLOAD_SLOW_READERS;
    if (p->param[PARAM_CHURN] > 0)
        return WORKLOAD_CHURN;
    if (p->mode == MODE_HOLD || p->param[PARAM_IDLE] >= 0.5)
        return WORKLOAD_IDLE;
    return p->param[PARAM_ROOM_SIZE] >= BUSY_ROOM ? WORKLOAD_BUSY_ROOMS
                                                  : WORKLOAD_SMALL_ROOMS;
}

const char *workload_title(enum workload w)
{
    static const char *const titles[WORKLOADS] = {
        [WORKLOAD_BUSY_ROOMS] = "Few busy rooms",
        [WORKLOAD_SMALL_ROOMS] = "Many small rooms",
        [WORKLOAD_IDLE] = "Mostly idle connections",
        [WORKLOAD_SLOW_HANDLERS] = "Slow handlers",
        [WORKLOAD_CHURN] = "Users who come and go",
        [WORKLOAD_SLOW_READERS] = "Readers who do not read"};

    return titles[w];
}
