/* Programs under test: start, wait, read what they said. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/e2e.h"

struct program program_start(const char *path, const char *words)
{
    char name[512], all[2048], *argv[ARGS_MAX + 2] = {name};
    struct program p = {.err = memfd_create("err", MFD_CLOEXEC)};
    int out[2], n = 1;

    CHECK(p.err >= 0 && pipe2(out, O_CLOEXEC) == 0);
    snprintf(name, sizeof(name), "%s", path);
    snprintf(all, sizeof(all), "%s", words);
    for (char *save, *word = strtok_r(all, " ", &save); word && n <= ARGS_MAX;
         word = strtok_r(NULL, " ", &save))
        argv[n++] = word;
    p.pid = fork();
    CHECK(p.pid >= 0);
    if (p.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a killed case */
        dup2(out[1], 1);
        dup2(p.err, 2);
        execv(path, argv);
        _exit(127);
    }
    close(out[1]);
    p.out = fdopen(out[0], "r");
    CHECK(p.out);
    return p;
}

void program_expect(struct program *p, const char *start, char line[256])
{
    while (fgets(line, 256, p->out))
        if (strncmp(line, start, strlen(start)) == 0)
            return;
    FAIL("it ended without '%s'", start);
}

void program_wait(struct program *p, struct outcome *o)
{
    int status;

    o->out[fread(o->out, 1, TEXT_MAX - 1, p->out)] = '\0';
    fclose(p->out);
    while (waitpid(p->pid, &status, 0) < 0)
        CHECK(errno == EINTR);
    o->status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ssize_t n = pread(p->err, o->err, TEXT_MAX - 1, 0);
    o->err[n > 0 ? n : 0] = '\0';
    close(p->err);
}

int server_start(const char *words, struct program *started)
{
    char path[512], line[256], rest[512];
    const char *space = strchr(words, ' ');
    int name = space ? (int)(space - words) : (int)strlen(words), port;
    bool mutant = strncmp(words, "mutant ", 7) == 0;

    if (mutant)
        snprintf(path, sizeof(path), "%s", e2e_mutant);
    else
        snprintf(path, sizeof(path), "%s/chat-%.*s", e2e_bin, name, words);
    snprintf(rest, sizeof(rest), "%s %s", mutant ? "" : "--port 0",
             space ? space : "");
    struct program p = program_start(path, rest);
    program_expect(&p, "ready ", line);
    CHECK(sscanf(strrchr(line, ':'), ":%d", &port) == 1);
    if (started)
        *started = p;
    return port; /* the pipe stays open: it may say more */
}

void load_start(struct load *l, int port, const char *words)
{
    char path[512], all[1024];
    int fd;

    strcpy(l->json, "/tmp/chat-load-e2e-XXXXXX");
    fd = mkstemp(l->json);
    CHECK(fd >= 0);
    close(fd);
    unlink(l->json); /* chat-load makes it; the name is ours by its mark */
    snprintf(path, sizeof(path), "%s/chat-load", e2e_bin);
    snprintf(all, sizeof(all), "--port %d --json %s %s", port, l->json, words);
    l->program = program_start(path, all);
}

cJSON *load_end(struct load *l, struct outcome *o)
{
    program_wait(&l->program, o);
    return json_take(l->json);
}

cJSON *json_take(const char *path)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "re");

    if (!f)
        return NULL;
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    unlink(path);
    cJSON *result = cJSON_Parse(text);
    if (!result)
        FAIL("the result is not JSON: %s", text);
    return result;
}

cJSON *load_run(int port, const char *words, struct outcome *o)
{
    struct load l;

    load_start(&l, port, words);
    return load_end(&l, o);
}

double result_number(const cJSON *result, const char *path)
{
    char word[64];
    const char *dot = strchr(path, '.');

    snprintf(word, sizeof(word), "%.*s",
             dot ? (int)(dot - path) : (int)strlen(path), path);
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(result, word);
    if (v && dot)
        return result_number(v, dot + 1);
    if (!cJSON_IsNumber(v))
        FAIL("the result has no number %s", path);
    return v->valuedouble;
}
