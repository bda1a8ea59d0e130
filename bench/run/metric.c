#include "bench/run/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UP   false
#define DOWN true

static const struct metric metrics[] = {
    {"deliveries_per_s", "1/s", METRIC_THROUGHPUT, UP, "deliveries/s",
     "deliveries per second"},
    {"messages_per_s", "1/s", METRIC_THROUGHPUT, UP, "messages/s",
     "messages per second"},
    {"rate_offered", "1/s", METRIC_THROUGHPUT, UP, "offered/s",
     "messages per second offered"},

    {"knee_per_s", "1/s", METRIC_THROUGHPUT, UP, "knee, messages/s",
     "messages per second carried at most"},
    {"knee_deliveries_per_s", "1/s", METRIC_THROUGHPUT, UP,
     "knee, deliveries/s", "deliveries per second carried at most"},

    {"cpu_us_per_delivery", "us", METRIC_COST, DOWN, "CPU us/delivery",
     "server CPU per delivery, µs"},
    {"cpu_user_us_per_delivery", "us", METRIC_COST, DOWN, "user us/delivery",
     "server user CPU per delivery, µs"},
    {"cpu_sys_us_per_delivery", "us", METRIC_COST, DOWN, "kernel us/delivery",
     "server kernel CPU per delivery, µs"},
    {"server_cores", "cores", METRIC_COST, DOWN, "server cores",
     "cores the server kept busy"},
    {"deliveries_per_write", "1", METRIC_COST, UP, "deliveries/write",
     "deliveries per write"},
    {"reads_per_message", "1", METRIC_COST, DOWN, "reads/message",
     "reads per message"},
    {"wakeups_per_delivery", "1", METRIC_COST, DOWN, "wakeups/delivery",
     "thread wakeups per delivery"},
    {"switches_per_delivery", "1", METRIC_COST, DOWN, "switches/delivery",
     "context switches per delivery"},
    {"lock_wait_percent", "%", METRIC_COST, DOWN, "lock wait %",
     "lock wait, % of uptime × threads"},
    {"lock_wait_ns_per_delivery", "ns", METRIC_COST, DOWN,
     "lock wait ns/delivery", "lock wait per delivery, ns"},

    {"latency_p50_us", "us", METRIC_LATENCY, DOWN, "p50 us",
     "median latency, µs"},
    {"latency_p90_us", "us", METRIC_LATENCY, DOWN, "p90 us", "p90 latency, µs"},
    {"latency_p98_us", "us", METRIC_LATENCY, DOWN, "p98 us", "p98 latency, µs"},
    {"latency_p99_us", "us", METRIC_LATENCY, DOWN, "p99 us", "p99 latency, µs"},
    {"latency_p999_us", "us", METRIC_LATENCY, DOWN, "p99.9 us",
     "p99.9 latency, µs"},
    {"latency_max_us", "us", METRIC_LATENCY, DOWN, "max us",
     "largest latency, µs"},
    {"uncorrected_p50_us", "us", METRIC_LATENCY, DOWN, "p50 us (from send)",
     "median latency from the actual send, µs"},
    {"uncorrected_p99_us", "us", METRIC_LATENCY, DOWN, "p99 us (from send)",
     "p99 latency from the actual send, µs"},
    {"send_lag_p50_us", "us", METRIC_CHECK, DOWN, "send lag p50 us",
     "median send lag, µs"},
    {"send_lag_p99_us", "us", METRIC_CHECK, DOWN, "send lag p99 us",
     "p99 send lag, µs"},

    {"rss_kib_per_conn", "KiB", METRIC_MEMORY, DOWN, "RSS KiB/conn",
     "resident memory per idle connection, KiB"},
    {"anon_kib_per_conn", "KiB", METRIC_MEMORY, DOWN, "anon KiB/conn",
     "anonymous memory per idle connection, KiB"},
    {"heap_kib_per_conn", "KiB", METRIC_MEMORY, DOWN, "heap KiB/conn",
     "heap in use per idle connection, KiB"},
    {"page_table_kib_per_conn", "KiB", METRIC_MEMORY, DOWN,
     "page tables KiB/conn", "page tables per idle connection, KiB"},
    {"kernel_stack_kib_per_conn", "KiB", METRIC_MEMORY, DOWN,
     "kernel stacks KiB/conn", "kernel stacks per idle connection, KiB"},
    {"threads_per_conn", "1", METRIC_MEMORY, DOWN, "threads/conn",
     "threads per connection"},
    {"rss_ready_kib", "KiB", METRIC_MEMORY, DOWN, "RSS KiB, empty",
     "resident memory of the empty server, KiB"},

    {"connect_s", "s", METRIC_SETUP, DOWN, "connect s",
     "time to connect all, s"},
    {"register_s", "s", METRIC_SETUP, DOWN, "register s",
     "time to register all, s"},
    {"join_s", "s", METRIC_SETUP, DOWN, "join s", "time to join all, s"},
    {"setup_s", "s", METRIC_SETUP, DOWN, "setup s",
     "time until all are in their rooms, s"},

    {"trial", "1", METRIC_CHECK, UP, "trial", "1 if the trial counts"},
    {"warm_up_s", "s", METRIC_CHECK, DOWN, "warm-up s",
     "load before the measurement, s"},
    {"warm_up_steady", "1", METRIC_CHECK, UP, "steady",
     "1 if the rate was steady by then"},
    {"generator_us_per_delivery", "us", METRIC_COST, DOWN,
     "generator us/delivery", "generator CPU per verified delivery, µs"},
    {"generator_cores", "cores", METRIC_CHECK, DOWN, "generator cores",
     "cores the generator kept busy"},
    {"steal_percent", "%", METRIC_CHECK, DOWN, "steal %",
     "CPU time stolen by the host, %"},
    {"foreign_percent", "%", METRIC_CHECK, DOWN, "others' CPU %",
     "CPU time of other processes, % of a core"},
    {"sample_lag_us", "us", METRIC_CHECK, DOWN, "sample lag us",
     "delay of the CPU samples, µs"},
    {"sent", "1", METRIC_CHECK, UP, "sent", "messages sent"},
    {"expected", "1", METRIC_CHECK, UP, "expected", "deliveries expected"},
    {"received", "1", METRIC_CHECK, UP, "received", "deliveries received"},
    {"lost", "1", METRIC_CHECK, DOWN, "lost", "deliveries lost"},
    {"gaps", "1", METRIC_CHECK, DOWN, "gaps",
     "messages missing before later ones"},
    {"duplicates", "1", METRIC_CHECK, DOWN, "duplicates",
     "deliveries made twice"},
    {"reordered", "1", METRIC_CHECK, DOWN, "reordered",
     "deliveries out of order"},
    {"order_violations", "1", METRIC_CHECK, DOWN, "order violations",
     "deliveries in another order than another member's"},
    {"corrupt", "1", METRIC_CHECK, DOWN, "corrupt", "deliveries damaged"},
    {"misrouted", "1", METRIC_CHECK, DOWN, "misrouted",
     "deliveries to a wrong room"},
    {"refused", "1", METRIC_CHECK, DOWN, "refused", "commands refused"},
    {"slow_cut", "1", METRIC_CHECK, DOWN, "slow cut off",
     "stopped readers that the server cut off"},
    {"mib_past_slow", "MiB", METRIC_CHECK, UP, "MiB past the slow",
     "sent to a room while its slow readers stood still, MiB"},
    {"sendq_kills", "1", METRIC_CHECK, DOWN, "sendq kills",
     "connections cut off as too slow"},
    {"sendq_max_kib", "KiB", METRIC_CHECK, DOWN, "longest sendq KiB",
     "longest queue of a connection, KiB"},
    {"unexpected_closes", "1", METRIC_CHECK, DOWN, "closes",
     "connections closed by the server"},
};

const struct metric *metric_at(size_t index)
{
    return index < sizeof(metrics) / sizeof(metrics[0]) ? &metrics[index]
                                                        : NULL;
}

const struct metric *metric_find(const char *name)
{
    const struct metric *m;

    for (size_t i = 0; (m = metric_at(i)); i++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

/* "1234567" -> "1,234,567" */
static void group_digits(long long v, char *text, size_t size)
{
    char digits[32];
    size_t out = 0;

    snprintf(digits, sizeof(digits), "%lld", v < 0 ? -v : v);
    size_t len = strlen(digits);
    if (v < 0 && size > 1)
        text[out++] = '-';
    for (size_t i = 0; i < len && out + 2 < size; i++) {
        text[out++] = digits[i];
        if ((len - i) % 3 == 1 && i + 1 < len)
            text[out++] = ',';
    }
    text[out] = '\0';
}

void metric_format_whole(double value, char *text, size_t size)
{
    group_digits(llround(value), text, size);
}

void metric_format(double value, char *text, size_t size)
{
    double big = fabs(value);

    if (!isfinite(value))
        snprintf(text, size, "-");
    else if (big >= 99.95)
        group_digits(llround(value), text, size);
    else if (big >= 9.995)
        snprintf(text, size, "%.1f", value);
    else if (big >= 0.0995 || big == 0)
        snprintf(text, size, "%.2f", value);
    else
        snprintf(text, size, "%.4f", value);
}
