#include "bench/load/report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/json.h"
#include "common/die.h"

typedef int (*write_fn)(FILE *f, const void *what);

/* What write_whole() hands on to print_json(). */
struct result {
    const struct total *t;
    const struct verdict *v;
};

enum { SPECTRA = 6 };

static const char *const spectra_names[SPECTRA] = {
    "corrected",    "uncorrected", "send-lag",
    "first-reader", "last-reader", "spread",
};

static int print_json(FILE *f, const void *what)
{
    const struct result *result = what;

    return json_print(f, result->t, result->v);
}

static int print_hgrm(FILE *f, const void *what)
{
    return hist_print_hgrm(what, f);
}

/* Of --hgrm-dir. */
static void spectrum_path(char path[PATH_MAX], const char *dir, int i)
{
    snprintf(path, PATH_MAX, "%.4000s/%s.hgrm", dir, spectra_names[i]);
}

static void temp_name(char temp[PATH_MAX], const char *path)
{
    snprintf(temp, PATH_MAX, "%s.%ld.tmp", path, (long)getpid());
}

/* Under another name first: a reader never sees half a file. */
static int write_whole(const char *path, write_fn print, const void *what)
{
    char temp[PATH_MAX];

    temp_name(temp, path);
    FILE *f = fopen(temp, "we");
    int err = f ? -print(f, what) : errno;
    if (f && fclose(f) != 0 && !err)
        err = errno;
    if (!err && rename(temp, path) != 0)
        err = errno;
    if (err) {
        if (f)
            unlink(temp);
        fprintf(stderr, "%s: cannot write %s: %s\n", die_program(), path,
                strerror(err));
    }
    return -err;
}

static void check_path(const char *path)
{
    char temp[PATH_MAX];

    if (!path || strcmp(path, "-") == 0)
        return;
    temp_name(temp, path);
    FILE *f = fopen(temp, "we");
    if (!f)
        die_errno(errno, "cannot write %s", path);
    fclose(f);
    unlink(temp);
}

void report_check_paths(const struct options *opt)
{
    char path[PATH_MAX];

    check_path(opt->json);
    check_path(opt->hgrm);
    for (int i = 0; i < SPECTRA && opt->hgrm_dir; i++) {
        spectrum_path(path, opt->hgrm_dir, i);
        check_path(path);
    }
}

static void print_spectrum(const char *name, const struct hist *h)
{
    printf("  %-12s p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n",
           name, (double)hist_percentile(h, 50) / 1e3,
           (double)hist_percentile(h, 90) / 1e3,
           (double)hist_percentile(h, 99) / 1e3,
           (double)hist_percentile(h, 99.9) / 1e3, (double)h->max / 1e3);
}

static void print_churn(const struct total *t)
{
    const struct guest_counters *n = &t->guests.count;

    if (!t->guests.join_time)
        return;
    printf("  churn        %ju came, %ju joined; left by",
           (uintmax_t)n->started, (uintmax_t)n->joined);
    for (int i = 0; i < EXIT_COUNT; i++)
        printf("%s %s %ju", i ? "," : "", guest_exit_names[i],
               (uintmax_t)n->left[i]);
    printf("; %ju cut off, %ju early\n", (uintmax_t)n->cut,
           (uintmax_t)n->early);
    print_spectrum("to join", t->guests.join_time);
}

static void print_load(const struct total *t)
{
    const struct counters *n = &t->count;
    const struct rates *r = &t->rates;

    printf("  sent         %ju messages, %ju deliveries expected, %ju "
           "received\n",
           (uintmax_t)n->sent, (uintmax_t)(n->expected - n->abandoned),
           (uintmax_t)n->received);
    printf("  measured     %.0f messages/s, %.0f deliveries/s over %.2f s\n",
           r->messages_per_s, r->deliveries_per_s, r->seconds);
    if (t->run->opt->slow_conns)
        printf("  slow         %u readers stopped, %ju cut off by the server\n",
               t->run->opt->slow_conns, (uintmax_t)n->slow_cut);
    print_churn(t);
    print_spectrum("latency", t->latency);
    if (t->run->opt->rate > 0) {
        print_spectrum("uncorrected", t->uncorrected);
        print_spectrum("send lag", t->lag);
    }
    print_spectrum("first reader", t->first);
    print_spectrum("last reader", t->last);
    print_spectrum("spread", t->spread);
    printf("  generator    %.3f us CPU a delivery (user %.3f s, sys %.3f s), "
           "%.0f %% of a core, steal %.1f %%\n",
           r->us_per_delivery, r->user_s, r->sys_s, r->core_share * 100,
           r->steal_percent);
}

static void print_summary(const struct total *t, const struct verdict *v)
{
    const struct options *opt = t->run->opt;
    const struct phase_times *times = &t->times;

    printf("%s: %u connections in rooms of %u, ", t->run->target, opt->conns,
           opt->room_size);
    if (opt->hold_s >= 0)
        printf("held %g s", opt->hold_s);
    else if (opt->rate > 0)
        printf("open loop, %g messages/s (%s), %u bytes", opt->rate,
               opt->poisson ? "poisson" : "fixed", opt->size);
    else
        printf("closed loop, %u in flight a room, %u bytes", opt->window,
               opt->size);
    if (times->joined)
        printf("\n  set up       %.3f s: connect %.3f, register %.3f, join "
               "%.3f\n",
               seconds_between(times->start, times->joined),
               seconds_between(times->start, times->connected),
               seconds_between(times->connected, times->registered),
               seconds_between(times->registered, times->joined));
    else
        printf("\n  set up       not completed: %ju connected, %ju registered, "
               "%ju joined\n",
               (uintmax_t)t->count.connected, (uintmax_t)t->count.registered,
               (uintmax_t)t->count.joined);
    if (times->stop && opt->hold_s < 0)
        print_load(t);
    for (int i = 0; i < v->warning_count; i++)
        printf("  note         %s\n", v->warnings[i]);
    printf("  verdict      %s\n", v->reason_count ? "NOT VALID" : "valid");
}

/* All are there in every run. In the closed loop a message is due when it is
 * sent: both latencies are one, and nothing is late. */
static int write_spectra(const struct total *t, const char *dir)
{
    bool closed = t->run->opt->rate <= 0;
    const struct hist *const spectra[SPECTRA] = {
        t->latency, closed ? t->latency : t->uncorrected,
        t->lag,     t->first,
        t->last,    t->spread,
    };
    char path[PATH_MAX];
    int err = 0;

    for (int i = 0; i < SPECTRA; i++) {
        spectrum_path(path, dir, i);
        int failed = write_whole(path, print_hgrm, spectra[i]);
        err = err ? err : failed;
    }
    return err;
}

int report_write(const struct total *t, const struct verdict *v)
{
    const struct options *opt = t->run->opt;
    struct result result = {t, v};
    int err = 0;

    if (opt->hgrm)
        err = write_whole(opt->hgrm, print_hgrm, t->latency);
    if (opt->hgrm_dir) {
        int failed = write_spectra(t, opt->hgrm_dir);
        err = err ? err : failed;
    }
    if (opt->json && strcmp(opt->json, "-") == 0) {
        print_json(stdout, &result);
    } else {
        if (opt->json) {
            int failed = write_whole(opt->json, print_json, &result);
            err = err ? err : failed;
        }
        print_summary(t, v);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        err = -errno;
        fprintf(stderr, "%s: cannot write to standard output: %s\n",
                die_program(), strerror(errno));
    }
    return err;
}
