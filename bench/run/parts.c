/* What a run does with the experiments that its own includes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/run/run_impl.h"
#include "common/die.h"

bool run_leave_out(struct experiment *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t left = 0;

    for (size_t part = 0; part <= e->part_count; part++) {
        int needed = experiment_cores(e, part);
        if (needed <= cores)
            continue;
        fprintf(stderr,
                "%s: %s is left out: it needs %d cores, this machine has %ld\n",
                die_program(), part ? e->parts[part - 1].name : e->name, needed,
                cores);
        for (size_t i = 0; i < e->point_count; i++)
            if (e->points[i].part == part)
                e->points[i].blocks = 0;
    }
    for (size_t i = 0; i < e->point_count; i++)
        left += e->points[i].blocks > 0;
    return left > 0;
}

int run_write_experiment(const struct run *r)
{
    int err = results_write(&r->results, "experiment.conf", r->e->text);

    for (size_t i = 0; i < r->e->part_count && !err; i++) {
        char *name = xasprintf("%s.conf", r->e->parts[i].name);
        err = results_write(&r->results, name, r->e->parts[i].text);
        free(name);
    }
    return err;
}
