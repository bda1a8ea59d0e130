#include "bench/run/machine.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/run/files.h"
#include "bench/run/words.h"
#include "common/die.h"

/* A file's text without the newline at its end; "" if unreadable. */
static char *read_trimmed(const char *path)
{
    char *text = file_read(path);

    if (!text)
        return xstrdup("");
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* The value of "name<blanks>: value" in a /proc text; "" if absent. */
static char *field(const char *text, const char *name)
{
    size_t len = strlen(name);

    for (const char *l = text; l && *l; l = strchr(l, '\n')) {
        l += *l == '\n';
        if (strncmp(l, name, len) != 0)
            continue;
        const char *p = l + len + strspn(l + len, " \t");
        if (*p != ':')
            continue;
        p += 1 + strspn(p + 1, " \t");
        return xasprintf("%.*s", (int)strcspn(p, "\n"), p);
    }
    return xstrdup("");
}

static char *cpu_field(const char *name)
{
    char *text = file_read("/proc/cpuinfo");
    char *value = field(text ? text : "", name);

    free(text);
    return value;
}

static bool is_virtual(void)
{
    char *flags = cpu_field("flags");
    bool is = strstr(flags, " hypervisor") != NULL;

    free(flags);
    return is;
}

static long online_cores(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN);
}

void machine_line(char *text, size_t size)
{
    struct utsname u = {.release = "?", .machine = "?"};
    char *model = cpu_field("model name");

    (void)uname(&u); /* unknown stays "?" */
    snprintf(text, size, "%s, %ld cores, Linux %.*s%s",
             *model ? model : u.machine, online_cores(),
             (int)strcspn(u.release, "-"), u.release,
             is_virtual() ? ", virtual machine" : "");
    free(model);
}

static void add_file(cJSON *to, const char *name, const char *path)
{
    char *text = read_trimmed(path);

    if (*text)
        cJSON_AddStringToObject(to, name, text);
    free(text);
}

/* The kernel's boot options that change what is measured, and only these: the
 * rest is the machine's private business. */
static void add_boot_options(cJSON *to)
{
    static const char *const names[] = {
        "mitigations=", "isolcpus=",       "nohz_full=",   "rcu_nocbs=",
        "idle=",        "intel_pstate=",   "amd_pstate=",  "preempt=",
        "hugepages=",   "transparent_hug", "clocksource=", "tsc=",
        "maxcpus=",     "nosmt",           "threadirqs",   "skew_tick="};
    char *text = read_trimmed("/proc/cmdline");
    struct words w = words_split(text);
    cJSON *list = cJSON_AddArrayToObject(to, "boot_options");

    for (size_t i = 0; i < w.count; i++)
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
            if (strncmp(w.word[i], names[k], strlen(names[k])) == 0)
                cJSON_AddItemToArray(list, cJSON_CreateString(w.word[i]));
    words_free(&w);
    free(text);
}

static cJSON *mitigations(void)
{
    static const char *const names[] = {"meltdown",
                                        "spectre_v1",
                                        "spectre_v2",
                                        "spec_store_bypass",
                                        "l1tf",
                                        "mds",
                                        "tsx_async_abort",
                                        "retbleed",
                                        "srbds",
                                        "mmio_stale_data",
                                        "gather_data_sampling",
                                        "itlb_multihit",
                                        "spec_rstack_overflow",
                                        "reg_file_data_sampling",
                                        "indirect_target_selection",
                                        "tsa",
                                        "vmscape"};
    cJSON *o = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/vulnerabilities/%s", names[i]);
        add_file(o, names[i], path);
    }
    return o;
}

/* Those that change how many connections fit and how fast loopback is. */
static cJSON *sysctls(void)
{
    static const char *const names[] = {"net/core/somaxconn",
                                        "net/core/rmem_max",
                                        "net/core/wmem_max",
                                        "net/core/netdev_max_backlog",
                                        "net/core/busy_poll",
                                        "net/ipv4/tcp_rmem",
                                        "net/ipv4/tcp_wmem",
                                        "net/ipv4/tcp_mem",
                                        "net/ipv4/tcp_congestion_control",
                                        "net/ipv4/tcp_autocorking",
                                        "net/ipv4/tcp_max_syn_backlog",
                                        "net/ipv4/tcp_syncookies",
                                        "net/ipv4/tcp_notsent_lowat",
                                        "net/ipv4/tcp_tw_reuse",
                                        "net/ipv4/ip_local_port_range",
                                        "fs/file-max",
                                        "fs/nr_open",
                                        "kernel/pid_max",
                                        "kernel/threads-max",
                                        "vm/max_map_count",
                                        "vm/overcommit_memory",
                                        "vm/swappiness",
                                        "kernel/sched_autogroup_enabled"};
    cJSON *o = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128], dotted[64];
        snprintf(path, sizeof(path), "/proc/sys/%s", names[i]);
        snprintf(dotted, sizeof(dotted), "%s", names[i]);
        for (char *c = dotted; *c; c++)
            *c = *c == '/' ? '.' : *c;
        add_file(o, dotted, path);
    }
    return o;
}

static cJSON *limits(void)
{
    static const struct {
        const char *name;
        int which;
    } list[] = {{"nofile", RLIMIT_NOFILE},    {"nproc", RLIMIT_NPROC},
                {"stack", RLIMIT_STACK},      {"memlock", RLIMIT_MEMLOCK},
                {"address_space", RLIMIT_AS}, {"file_size", RLIMIT_FSIZE}};
    cJSON *o = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        struct rlimit r;
        if (getrlimit((__rlimit_resource_t)list[i].which, &r) != 0)
            continue;
        double both[2] = {r.rlim_cur == RLIM_INFINITY ? -1 : (double)r.rlim_cur,
                          r.rlim_max == RLIM_INFINITY ? -1
                                                      : (double)r.rlim_max};
        cJSON_AddItemToObject(o, list[i].name,
                              cJSON_CreateDoubleArray(both, 2));
    }
    return o;
}

cJSON *machine_json(void)
{
    cJSON *o = cJSON_CreateObject();
    char *meminfo = file_read("/proc/meminfo");
    char *total = field(meminfo ? meminfo : "", "MemTotal");
    char *model = cpu_field("model name");
    char *cache = cpu_field("cache size");
    struct utsname u;
    char line[256];

    machine_line(line, sizeof(line));
    cJSON_AddStringToObject(o, "line", line);
    cJSON_AddStringToObject(o, "cpu", model);
    cJSON_AddStringToObject(o, "cpu_cache", cache);
    cJSON_AddNumberToObject(o, "cores", (double)online_cores());
    cJSON_AddNumberToObject(o, "memory_kib", strtod(total, NULL));
    cJSON_AddBoolToObject(o, "virtual", is_virtual());
    if (uname(&u) == 0) {
        cJSON_AddStringToObject(o, "kernel", u.release);
        cJSON_AddStringToObject(o, "kernel_build", u.version);
        cJSON_AddStringToObject(o, "architecture", u.machine);
    }
    add_boot_options(o);
    add_file(o, "clock_source",
             "/sys/devices/system/clocksource/clocksource0/"
             "current_clocksource");
    add_file(o, "governor",
             "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    add_file(o, "smt", "/sys/devices/system/cpu/smt/control");
    add_file(o, "transparent_hugepage",
             "/sys/kernel/mm/transparent_hugepage/enabled");
    cJSON_AddItemToObject(o, "mitigations", mitigations());
    cJSON_AddItemToObject(o, "sysctls", sysctls());
    cJSON_AddItemToObject(o, "limits", limits());
    free(meminfo);
    free(total);
    free(model);
    free(cache);
    return o;
}

/*
 * KernelStack counts whole stacks; divided by the number of threads and brought
 * to a power of two it is the size of one (the kernel keeps a few stacks of
 * ended threads for reuse, so the quotient is a little high).
 */
double machine_kernel_stack_kib(void)
{
    char *meminfo = file_read("/proc/meminfo");
    char *load = file_read("/proc/loadavg");
    char *stacks = field(meminfo ? meminfo : "", "KernelStack");
    const char *slash = load ? strchr(load, '/') : NULL;
    double threads = slash ? strtod(slash + 1, NULL) : 0;
    double kib = strtod(stacks, NULL);

    free(meminfo);
    free(load);
    free(stacks);
    if (threads < 1 || kib < 1)
        return NAN;
    return exp2(round(log2(kib / threads)));
}

struct machine_time machine_time(void)
{
    struct machine_time t = {NAN, NAN, NAN};
    char *text = file_read("/proc/stat");
    double v[8] = {0};
    double tick = (double)sysconf(_SC_CLK_TCK);

    /* user nice system idle iowait irq softirq steal */
    if (text && sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0],
                       &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
        t.busy_s = (v[0] + v[1] + v[2] + v[5] + v[6]) / tick;
        t.steal_s = v[7] / tick;
        t.all_s = t.busy_s + t.steal_s + (v[3] + v[4]) / tick;
    }
    free(text);
    return t;
}
