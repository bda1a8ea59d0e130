/*
 * What ends each model first, and at how many connections: the limits read on
 * the machine (manifest.json) over what a connection was measured to take.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"

/* A thread's stack and the guard page below it. */
enum { MAPS_PER_THREAD = 2 };

enum resource { DESCRIPTORS, THREADS, MAPS, MEMORY, CPU, RESOURCES };

static const char *const names[RESOURCES] = {[DESCRIPTORS] = "descriptors",
                                             [THREADS] = "threads",
                                             [MAPS] = "memory maps",
                                             [MEMORY] = "memory",
                                             [CPU] = "CPU"};

/* What is there, of each. NAN: the manifest does not say. */
struct supply {
    double of[RESOURCES];
};

/* What a connection takes, of each. NAN: not measured. */
struct need {
    double of[RESOURCES];
};

static double least(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : fmin(a, b);
}

/* A limit of -1 is none. */
static double limit(const struct report *r, const char *name)
{
    const cJSON *m = cJSON_GetObjectItem(r->manifest, "machine");
    const cJSON *v = cJSON_GetArrayItem(
        cJSON_GetObjectItem(cJSON_GetObjectItem(m, "limits"), name), 1);

    return cJSON_IsNumber(v) && v->valuedouble >= 0 ? v->valuedouble : NAN;
}

static double sysctl(const struct report *r, const char *name)
{
    const cJSON *m = cJSON_GetObjectItem(r->manifest, "machine");
    const cJSON *v =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItem(m, "sysctls"),
                                         name);

    return cJSON_IsString(v) ? strtod(v->valuestring, NULL) : NAN;
}

static struct supply supply_of(const struct report *r)
{
    struct supply s;

    s.of[DESCRIPTORS] = least(limit(r, "nofile"), sysctl(r, "fs.file-max"));
    s.of[THREADS] = least(least(sysctl(r, "kernel.pid_max"),
                                sysctl(r, "kernel.threads-max")),
                          limit(r, "nproc"));
    s.of[MAPS] = sysctl(r, "vm.max_map_count");
    s.of[MEMORY] = report_fact(r, "machine", "memory_kib");
    s.of[CPU] = 1e6; /* microseconds a second, of one core */
    return s;
}

/* Where most connections were held; NULL: nowhere. */
static const struct point *held(const struct report *r, const char *server)
{
    const struct experiment *e = r->job->e;
    const struct point *best = NULL;

    for (size_t i = 0; i < e->point_count; i++) {
        const struct point *p = &e->points[i];
        if (p->mode == MODE_HOLD &&
            isfinite(report_median(r, server, p, "rss_kib_per_conn")) &&
            (!best || p->param[PARAM_CONNS] > best->param[PARAM_CONNS]))
            best = p;
    }
    return best;
}

/*
 * What a delivery costs when nothing is batched: the dearest open point without
 * a handler's cost. NAN: none.
 */
static double delivery_us(const struct report *r, const char *server)
{
    const struct experiment *e = r->job->e;
    double most = NAN;

    for (size_t i = 0; i < e->point_count; i++) {
        const struct point *p = &e->points[i];
        bool works = p->param[PARAM_SPIN] > 0 || p->param[PARAM_SLEEP] > 0 ||
                     p->server_args || p->param[PARAM_CHURN] > 0;
        if (p->mode != MODE_OPEN || works)
            continue;
        double us = report_median(r, server, p, "cpu_us_per_delivery");
        most = isnan(most) ? us : isnan(us) ? most : fmax(most, us);
    }
    return most;
}

static struct need need_of(const struct report *r, const char *server,
                           const struct point *p)
{
    static const char *const memory[] = {"rss_kib_per_conn",
                                         "kernel_stack_kib_per_conn",
                                         "page_table_kib_per_conn"};
    struct need n = {.of = {1, NAN, NAN, 0, NAN}};

    n.of[THREADS] = report_median(r, server, p, "threads_per_conn");
    n.of[MAPS] = n.of[THREADS] * MAPS_PER_THREAD;
    for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        double kib = report_median(r, server, p, memory[i]);
        n.of[MEMORY] += isnan(kib) ? 0 : kib;
    }
    n.of[CPU] = delivery_us(r, server);
    return n;
}

/* How many connections that allows; INFINITY: it sets no end; NAN: unknown. */
static double allows(double have, double takes)
{
    return isnan(have) || isnan(takes) ? NAN
           : takes < 0.001             ? INFINITY
                                       : have / takes;
}

/* Two digits: the rest would be made up. */
static void print_count(struct report *r, double count, bool first)
{
    char text[32];

    if (isnan(count)) {
        fputs("<span class=\"faint\">unknown</span>", r->out);
    } else if (isinf(count)) {
        fputs("<span class=\"faint\">no end</span>", r->out);
    } else {
        double unit = pow(10, fmax(floor(log10(fmax(count, 1))) - 1, 0));
        metric_format_whole(floor(count / unit) * unit, text, sizeof(text));
        fprintf(r->out, first ? "<b>%s</b>" : "%s", text);
    }
}

static void print_row(struct report *r, const struct supply *have,
                      const char *server, const struct point *p)
{
    struct need n = need_of(r, server, p);
    double count[RESOURCES];
    int first = -1;
    char text[32];

    for (int i = 0; i < RESOURCES; i++) {
        count[i] = allows(have->of[i], n.of[i]);
        /* CPU depends on what is said; it ends nobody by itself. */
        if (i != CPU && isfinite(count[i]) &&
            (first < 0 || count[i] < count[first]))
            first = i;
    }
    fputs("<tr><td>", r->out);
    report_server(r, server);
    fputs("</td><td data-is=\"ends first\">", r->out);
    if (first >= 0)
        fprintf(r->out, "<b>%s</b>", names[first]);
    fputs("</td>", r->out);
    for (int i = 0; i < RESOURCES; i++) {
        fprintf(r->out, "<td class=\"n\" data-is=\"%s\">", names[i]);
        print_count(r, count[i], i == first);
        if (i == DESCRIPTORS)
            metric_format_whole(n.of[i], text, sizeof(text));
        else
            metric_format(n.of[i], text, sizeof(text));
        if (isfinite(count[i]))
            fprintf(r->out, "<span class=\"aside\">%s%s</span>", text,
                    i == MEMORY ? " KiB each"
                    : i == CPU  ? " µs each"
                                : " each");
        fputs("</td>", r->out);
    }
    fputs("</tr>\n", r->out);
}

static void print_supply(struct report *r, const struct supply *have)
{
    char text[32];

    fputs("<tr class=\"faint\"><td>the machine has</td><td></td>", r->out);
    for (int i = 0; i < RESOURCES; i++) {
        if (i == MEMORY)
            snprintf(text, sizeof(text), "%.1f GiB", have->of[i] / 1024 / 1024);
        else if (i == CPU)
            snprintf(text, sizeof(text), "1 core");
        else
            metric_format(have->of[i], text, sizeof(text));
        fprintf(r->out, "<td class=\"n\" data-is=\"%s\">%s</td>", names[i],
                text);
    }
    fputs("</tr>\n", r->out);
}

void report_capacity(struct report *r)
{
    const struct words *servers = r->job->servers;
    struct supply have = supply_of(r);
    size_t rows = 0;

    fputs("<h3 id=\"capacity\">What ends each model first</h3>\n", r->out);
    for (size_t s = 0; s < servers->count; s++) {
        const struct point *p = held(r, servers->word[s]);
        if (!p)
            continue;
        if (rows++ == 0) {
            fputs("<div class=\"wide\"><table class=\"cards\"><thead><tr>"
                  "<th>Connections until</th><th>Ends first</th>",
                  r->out);
            for (int i = 0; i < RESOURCES; i++)
                fprintf(r->out, "<th class=\"n\">%s</th>", names[i]);
            fputs("</tr></thead><tbody>\n", r->out);
            print_supply(r, &have);
        }
        print_row(r, &have, servers->word[s], p);
    }
    if (rows == 0) {
        fputs("<p class=\"faint\">No point of this run holds idle "
              "connections.</p>\n",
              r->out);
        return;
    }
    fputs("</tbody></table></div>\n<p class=\"faint\">Read on the machine: its "
          "limits (hard ones; a server that runs as root raises its "
          "descriptors further, up to fs.nr_open). Measured: threads and "
          "memory of a connection (resident, kernel stacks and page tables; "
          "socket buffers fill only when a reader is slow), where most were "
          "held; CPU of a delivery, at its dearest. Computed: one descriptor "
          "a connection, two maps a thread (stack and guard), and the "
          "counts, which are limits over what each takes, rounded down to two "
          "digits. CPU: how many connections one core serves if each is sent "
          "one message a second and nothing is batched; it ends nobody, "
          "it makes all wait.</p>\n",
          r->out);
}
