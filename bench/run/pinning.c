#include "bench/run/pinning.h"

#include <stdio.h>

/* The set as "0-2,5". */
static void list_cpus(const cpu_set_t *set, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        size_t last = i;
        if (!CPU_ISSET(i, set))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
            last++;
        int n = last > i ? snprintf(text + len, size - len, "%s%zu-%zu",
                                    len ? "," : "", i, last)
                         : snprintf(text + len, size - len, "%s%zu",
                                    len ? "," : "", i);
        if (n < 0 || (size_t)n >= size - len)
            return;
        len += (size_t)n;
        i = last;
    }
}

void pinning_choose(struct pinning *p, bool split)
{
    cpu_set_t all;

    CPU_ZERO(&all);
    if (sched_getaffinity(0, sizeof(all), &all) != 0)
        CPU_SET(0, &all);
    int cores = CPU_COUNT(&all);
    int for_load = cores >= 8 ? cores / 4 : 1;

    split = split && cores > 1;
    p->name = split ? "split" : "shared";
    p->server = p->generator = all;
    if (split) {
        CPU_ZERO(&p->generator);
        for (size_t i = CPU_SETSIZE; i-- > 0 && for_load > 0;) {
            if (!CPU_ISSET(i, &all))
                continue;
            CPU_SET(i, &p->generator);
            CPU_CLR(i, &p->server);
            for_load--;
        }
    }
    list_cpus(&p->server, p->server_list, sizeof(p->server_list));
    list_cpus(&p->generator, p->load_list, sizeof(p->load_list));
}
