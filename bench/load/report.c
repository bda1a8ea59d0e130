#include "bench/load/report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/guest.h"
#include "common/die.h"

typedef int (*write_fn)(FILE *f, const void *what);

static void number(cJSON *to, const char *key, double value)
{
    if (!cJSON_AddNumberToObject(to, key, value))
        die_errno(ENOMEM, "JSON");
}

/* Rounded: a nanosecond's worth of digits would be noise in every row. */
static void rounded(cJSON *to, const char *key, double value, double digits)
{
    double scale = digits;

    number(to, key, (double)(long long)(value * scale + 0.5) / scale);
}

static void text(cJSON *to, const char *key, const char *value)
{
    if (!cJSON_AddStringToObject(to, key, value))
        die_errno(ENOMEM, "JSON");
}

static cJSON *object(cJSON *to, const char *key)
{
    cJSON *o = cJSON_AddObjectToObject(to, key);

    if (!o)
        die_errno(ENOMEM, "JSON");
    return o;
}

static void list(cJSON *to, const char *key, char *const *lines, int count)
{
    cJSON *a = cJSON_AddArrayToObject(to, key);

    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(a, cJSON_CreateString(lines[i]));
}

static void histogram(cJSON *to, const char *key, const struct hist *h)
{
    cJSON *o = object(to, key);

    number(o, "count", (double)h->total);
    number(o, "overflow", (double)h->overflow);
    rounded(o, "min", h->total ? (double)h->min / 1e3 : 0, 1e3);
    rounded(o, "mean", hist_mean(h) / 1e3, 1e3);
    rounded(o, "p50", (double)hist_percentile(h, 50) / 1e3, 1e3);
    rounded(o, "p90", (double)hist_percentile(h, 90) / 1e3, 1e3);
    rounded(o, "p99", (double)hist_percentile(h, 99) / 1e3, 1e3);
    rounded(o, "p999", (double)hist_percentile(h, 99.9) / 1e3, 1e3);
    rounded(o, "max", (double)h->max / 1e3, 1e3);
}

static double between(uint64_t from, uint64_t to)
{
    return from && to > from ? (double)(to - from) / 1e9 : 0;
}

static void add_setup(cJSON *to, const struct phase_times *t)
{
    cJSON *o = object(to, "setup");

    rounded(o, "connect_s", between(t->start, t->connected), 1e6);
    rounded(o, "register_s", between(t->connected, t->registered), 1e6);
    rounded(o, "join_s", between(t->registered, t->joined), 1e6);
    rounded(o, "total_s", between(t->start, t->joined), 1e6);
}

static void add_parameters(cJSON *to, const struct worker *w)
{
    const struct options *opt = w->run->opt;

    text(to, "target", w->run->target);
    text(to, "mode", opt->rate > 0 ? "open" : "closed");
    number(to, "window", opt->window);
    number(to, "rate", opt->rate);
    text(to, "arrivals",
         opt->rate <= 0 ? "none" : (opt->poisson ? "poisson" : "fixed"));
    number(to, "conns", opt->conns);
    number(to, "rooms", opt->rooms);
    number(to, "room_size", opt->room_size);
    number(to, "size", opt->size);
    number(to, "senders", opt->senders);
    number(to, "idle", opt->idle);
    number(to, "idle_conns", opt->idle_rooms * opt->room_size);
    number(to, "slow", opt->slow);
    number(to, "slow_conns", opt->slow_conns);
    number(to, "seed", (double)opt->seed);
    if (opt->hold_s >= 0)
        number(to, "hold_s", opt->hold_s);
}

static void add_counters(cJSON *to, const struct counters *n)
{
    uint64_t expected = n->expected - n->abandoned;
    uint64_t lost = expected > n->received ? expected - n->received : 0;
    lost += n->guest_lost;

    number(to, "sent", (double)n->sent);
    number(to, "expected", (double)expected);
    number(to, "received", (double)n->received);
    number(to, "lost", (double)lost);
    number(to, "gaps", (double)n->gaps);
    number(to, "duplicates", (double)n->duplicates);
    number(to, "reordered", (double)n->reordered);
    number(to, "corrupt", (double)n->corrupt);
    number(to, "misrouted", (double)n->misrouted);
    number(to, "refused", (double)n->refused);
    number(to, "unexpected_closes", (double)n->unexpected_closes);
    number(to, "slow_cut", (double)n->slow_cut);
    number(to, "reads", (double)n->reads);
    number(to, "writes", (double)n->writes);
}

static void add_churn(cJSON *to, const struct worker *w)
{
    const struct guest_results *results = guests_results(w);

    if (!results)
        return;
    const struct guest_counters *n = &results->count;
    cJSON *o = object(to, "churn");
    number(o, "rate", w->run->opt->churn);
    number(o, "started", (double)n->started);
    number(o, "joined", (double)n->joined);
    for (int i = 0; i < EXIT_COUNT; i++)
        number(o, guest_exit_names[i], (double)n->left[i]);
    number(o, "cut", (double)n->cut);
    number(o, "early", (double)n->early);
    number(o, "failed", (double)n->failed);
    number(o, "stuck", (double)n->stuck);
    number(o, "late", (double)n->late);
    number(o, "said", (double)n->said);
    number(o, "heard", (double)w->count.guest_heard);
    number(o, "received", (double)w->count.guest_received);
    histogram(o, "join_us", results->join_time);
}

static void add_figures(cJSON *to, const struct worker *w)
{
    bool closed = w->run->opt->rate <= 0;
    struct rates r;

    rates_compute(&r, w);
    rounded(to, "warmup_s", w->run->opt->warmup_s, 1e6);
    rounded(to, "measure_s", r.seconds, 1e6);
    rounded(to, "drain_s", between(w->times.stop, w->times.drained), 1e6);
    rounded(to, "messages_per_s", r.messages_per_s, 1e3);
    rounded(to, "deliveries_per_s", r.deliveries_per_s, 1e3);
    histogram(to, "latency_us", w->latency);
    /* Closed loop: a message is due when it is sent, so both are one. */
    histogram(to, "uncorrected_us", closed ? w->latency : w->uncorrected);
    histogram(to, "send_lag_us", w->lag);
    rounded(to, "cpu_user_s", r.user_s, 1e6);
    rounded(to, "cpu_sys_s", r.sys_s, 1e6);
    rounded(to, "cpu_us_per_delivery", r.us_per_delivery, 1e6);
    rounded(to, "core_share", r.core_share, 1e4);
    rounded(to, "steal_percent", r.steal_percent, 1e3);
}

/* What write_whole() hands on to print_json(). */
struct json_args {
    const struct worker *w;
    const struct verdict *v;
};

static int print_json(FILE *f, const void *what)
{
    const struct json_args *args = what;
    cJSON *root = cJSON_CreateObject();

    text(root, "tool", "chat-load");
    text(root, "version", CHAT_VERSION);
    if (!cJSON_AddBoolToObject(root, "valid", args->v->reason_count == 0))
        die_errno(ENOMEM, "JSON");
    list(root, "reasons", args->v->reasons, args->v->reason_count);
    list(root, "warnings", args->v->warnings, args->v->warning_count);
    add_parameters(root, args->w);
    add_setup(root, &args->w->times);
    add_counters(root, &args->w->count);
    add_churn(root, args->w);
    add_figures(root, args->w);
    char *printed = cJSON_Print(root);
    if (!printed)
        die_errno(ENOMEM, "JSON");
    int n = fprintf(f, "%s\n", printed);
    free(printed);
    cJSON_Delete(root);
    return n < 0 ? -EIO : 0;
}

static int print_hgrm(FILE *f, const void *what)
{
    return hist_print_hgrm(what, f);
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

void report_check_path(const char *path)
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

static void print_spectrum(const char *name, const struct hist *h)
{
    printf("  %-12s p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n",
           name, (double)hist_percentile(h, 50) / 1e3,
           (double)hist_percentile(h, 90) / 1e3,
           (double)hist_percentile(h, 99) / 1e3,
           (double)hist_percentile(h, 99.9) / 1e3, (double)h->max / 1e3);
}

static void print_churn(const struct worker *w)
{
    const struct guest_results *results = guests_results(w);

    if (!results)
        return;
    const struct guest_counters *n = &results->count;
    printf("  churn        %ju came, %ju joined; left by",
           (uintmax_t)n->started, (uintmax_t)n->joined);
    for (int i = 0; i < EXIT_COUNT; i++)
        printf("%s %s %ju", i ? "," : "", guest_exit_names[i],
               (uintmax_t)n->left[i]);
    printf("; %ju cut off, %ju early\n", (uintmax_t)n->cut,
           (uintmax_t)n->early);
    print_spectrum("to join", results->join_time);
}

static void print_load(const struct worker *w)
{
    const struct counters *n = &w->count;
    struct rates r;

    rates_compute(&r, w);
    printf("  sent         %ju messages, %ju deliveries expected, %ju "
           "received\n",
           (uintmax_t)n->sent, (uintmax_t)(n->expected - n->abandoned),
           (uintmax_t)n->received);
    printf("  measured     %.0f messages/s, %.0f deliveries/s over %.2f s\n",
           r.messages_per_s, r.deliveries_per_s, r.seconds);
    if (w->run->opt->slow_conns)
        printf("  slow         %u readers stopped, %ju cut off by the server\n",
               w->run->opt->slow_conns, (uintmax_t)n->slow_cut);
    print_churn(w);
    print_spectrum("latency", w->latency);
    if (w->run->opt->rate > 0) {
        print_spectrum("uncorrected", w->uncorrected);
        print_spectrum("send lag", w->lag);
    }
    printf("  generator    %.3f us CPU a delivery (user %.3f s, sys %.3f s), "
           "%.0f %% of a core, steal %.1f %%\n",
           r.us_per_delivery, r.user_s, r.sys_s, r.core_share * 100,
           r.steal_percent);
}

static void print_summary(const struct worker *w, const struct verdict *v)
{
    const struct options *opt = w->run->opt;
    const struct phase_times *t = &w->times;

    printf("%s: %u connections in rooms of %u, ", w->run->target, opt->conns,
           opt->room_size);
    if (opt->hold_s >= 0)
        printf("held %g s", opt->hold_s);
    else if (opt->rate > 0)
        printf("open loop, %g messages/s (%s), %u bytes", opt->rate,
               opt->poisson ? "poisson" : "fixed", opt->size);
    else
        printf("closed loop, %u in flight a room, %u bytes", opt->window,
               opt->size);
    if (t->joined)
        printf("\n  set up       %.3f s: connect %.3f, register %.3f, join "
               "%.3f\n",
               between(t->start, t->joined), between(t->start, t->connected),
               between(t->connected, t->registered),
               between(t->registered, t->joined));
    else
        printf("\n  set up       not completed: %ju connected, %ju registered, "
               "%ju joined\n",
               (uintmax_t)w->count.connected, (uintmax_t)w->count.registered,
               (uintmax_t)w->count.joined);
    if (t->stop && opt->hold_s < 0)
        print_load(w);
    for (int i = 0; i < v->warning_count; i++)
        printf("  note         %s\n", v->warnings[i]);
    printf("  verdict      %s\n", v->reason_count ? "NOT VALID" : "valid");
}

int report_write(const struct worker *w, const struct verdict *v)
{
    const struct options *opt = w->run->opt;
    struct json_args args = {w, v};
    int err = 0;

    if (opt->hgrm)
        err = write_whole(opt->hgrm, print_hgrm, w->latency);
    if (opt->json && strcmp(opt->json, "-") == 0) {
        print_json(stdout, &args);
    } else {
        if (opt->json) {
            int failed = write_whole(opt->json, print_json, &args);
            err = err ? err : failed;
        }
        print_summary(w, v);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        err = -errno;
        fprintf(stderr, "%s: cannot write to standard output: %s\n",
                die_program(), strerror(errno));
    }
    return err;
}
