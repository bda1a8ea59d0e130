/* The table of the peers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/peers/names.h"
#include "bench/peers/peer.h"
#include "bench/run/files.h"
#include "bench/run/output.h"
#include "common/die.h"

#define JARS "/usr/share/java/netty-"

static const struct peer peers[] = {
    {.name = "inspircd",
     .title = "InspIRCd",
     .package = "inspircd",
     .program = "/usr/sbin/inspircd",
     .conf = "inspircd.conf",
     .socket = PEER_BINDS,
     .flags = {"--nofork", "--nolog", "--nopid"},
     .version_option = "--version",
     .caveats =
         {"a full IRC server: its channel modes, bans and message tags are "
          "looked at for each message",
          "leaves Nagle's algorithm on: in a closed loop, and for a lone "
          "message, it waits about 40 ms for a delayed acknowledgement; "
          "compare its CPU time, not its latency or deliveries/s",
          "registers clients on a timer of 1 s: set-up time says nothing",
          "stalls up to 1 s on a full read when no other socket is active",
          "one thread; keeps no counters of writes, wakeups or queues"}},
    {.name = "netty-java",
     .title = "Netty (Java)",
     .package = "libnetty-java",
     .program = "/usr/bin/java",
     .needs = {JARS "buffer.jar", JARS "codec.jar", JARS "common.jar",
               JARS "handler.jar", JARS "resolver.jar", JARS "transport.jar"},
     .built = "netty-java.jar",
     .socket = PEER_BINDS,
     .threads = true,
     .warmup_s = 6,
     .flags = {"-Xms512m", "-Xmx512m", "-Djava.net.preferIPv4Stack=true",
               "--add-opens=java.base/java.nio=ALL-UNNAMED",
               "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
               "-Dio.netty.tryReflectionSetAccessible=true",
               "-Dio.netty.leakDetection.level=disabled"},
     .version_option = "--version",
     .caveats =
         {"a group chat of our own on Debian's Netty 4.1.48 (2020), with NIO: "
          "Debian leaves out the native epoll transport",
          "warmed up by load, until it has used 6 s of CPU time, before each "
          "trial that measures CPU, "
          "latency or throughput; trials that only hold connections get none",
          "CPU time is the whole process's: compiler and collector threads "
          "are in it",
          "its heap is 512 MiB, touched as it is used: memory a connection is "
          "mostly that",
          "speaks the part of the protocol a group chat needs; sends no PING, "
          "has no time limits",
          "keeps no counters of writes, wakeups or queues"}},
    {.name = "ngircd",
     .title = "ngircd",
     .package = "ngircd",
     .program = "/usr/sbin/ngircd",
     .conf = "ngircd.conf",
     .socket = PEER_INHERITS,
     .flags = {"-n"},
     .version_option = "--version",
     .caveats =
         {"a full IRC server; MaxPenaltyTime = 0, which it calls not "
          "recommended, or it would throttle who talks fast",
          "leaves Nagle's algorithm on: in a closed loop, and for a lone "
          "message, it waits about 40 ms for a delayed acknowledgement; "
          "compare its CPU time, not its latency or deliveries/s",
          "its listen backlog of 10 loses connects of a crowd: it is given a "
          "listening socket with ours, 4096, as systemd would",
          "a client's write buffer over 32 KiB ends the connection",
          "handles 3 commands of a client in a pass",
          "its cost grows with its connection pool: each trial has a fresh "
          "process",
          "one thread; keeps no counters of writes, wakeups or queues"}},
};

const struct peer *peer_at(size_t index)
{
    return index < sizeof(peers) / sizeof(peers[0]) ? &peers[index] : NULL;
}

const struct peer *peer_find(const char *name)
{
    const struct peer *p;

    for (size_t i = 0; (p = peer_at(i)); i++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

int peer_check(const struct peer *p, const char *data_dir, char *why,
               size_t size)
{
    const char *missing = access(p->program, X_OK) == 0 ? NULL : p->program;

    for (size_t i = 0; p->needs[i] && !missing; i++)
        missing = access(p->needs[i], R_OK) == 0 ? NULL : p->needs[i];
    if (missing) {
        snprintf(why, size,
                 "%s is not installed (no %s); scripts/setup --peers does it",
                 p->title, missing);
        return -1;
    }
    const char *ours[] = {p->built, p->conf};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!ours[i])
            continue;
        char *path = xasprintf("%s/%s", data_dir, ours[i]);
        bool there = access(path, R_OK) == 0;
        free(path);
        if (there)
            continue;
        snprintf(why, size, "%s is not built (no %s); make peers does it",
                 p->title, ours[i]);
        return -1;
    }
    return 0;
}

static void add_list(cJSON *o, const char *key, const char *const *list)
{
    cJSON *a = cJSON_AddArrayToObject(o, key);

    for (; *list; list++)
        cJSON_AddItemToArray(a, cJSON_CreateString(*list));
}

/* The settings without comments, a line an entry. */
static void add_settings(cJSON *o, const struct peer *p, const char *data_dir)
{
    char *path = xasprintf("%s/%s", data_dir, p->conf);
    char *text = file_read(path), *rest = text, *line;
    cJSON *a = cJSON_AddArrayToObject(o, "settings");

    while (text && (line = strsep(&rest, "\n"))) {
        line += strspn(line, " ");
        if (*line && *line != '#')
            cJSON_AddItemToArray(a, cJSON_CreateString(line));
    }
    free(text);
    free(path);
}

static void add_output(cJSON *o, const char *key, char *const *argv)
{
    char *text = output_first_line(argv);

    cJSON_AddStringToObject(o, key, *text ? text : "unknown");
    free(text);
}

cJSON *peer_describe(const struct peer *p, const char *data_dir)
{
    char program[64], option[32], package[64];
    char *version[] = {program, option, NULL};
    char *query[] = {"/usr/bin/dpkg-query", "-W", "-f=${Version}\n", package,
                     NULL};
    cJSON *o = cJSON_CreateObject();

    snprintf(program, sizeof(program), "%s", p->program);
    snprintf(option, sizeof(option), "%s", p->version_option);
    snprintf(package, sizeof(package), "%s", p->package);
    cJSON_AddStringToObject(o, "name", p->name);
    cJSON_AddStringToObject(o, "title", p->title);
    cJSON_AddStringToObject(o, "program", p->program);
    add_output(o, "version", version);
    cJSON_AddStringToObject(o, "package", p->package);
    add_output(o, "package_version", query);
    add_list(o, "flags", p->flags);
    if (p->conf)
        add_settings(o, p, data_dir);
    if (p->built)
        cJSON_AddStringToObject(
            o, "collector",
            "-XX:+UseSerialGC on one CPU, -XX:+UseG1GC on more; "
            "-XX:ActiveProcessorCount is the CPUs it may run on");
    cJSON_AddNumberToObject(o, "warmup_s", p->warmup_s);
    add_list(o, "caveats", p->caveats);
    return o;
}
