/* A server of this project, as the client's users run it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/client/e2e/e2e.h"

struct proc *server_start(int port, const char *const *args)
{
    const char *all[16] = {"--port", NULL};
    char text[8];
    int n = 2;

    snprintf(text, sizeof(text), "%d", port);
    all[1] = text;
    while (args && *args && n < 15)
        all[n++] = *args++;
    struct proc *p = proc_start(e2e_server, all);
    /* "ready MODEL ADDR:PORT", kept in p->got for server_port. */
    proc_expect(p, "ready ");
    while (!p->got.data || !strchr(p->got.data, '\n'))
        CHECK(proc_read(p));
    return p;
}

const char *server_port_text(const struct proc *server)
{
    static char text[16];

    snprintf(text, sizeof(text), "%d", server_port(server));
    return text;
}

int server_port(const struct proc *server)
{
    const char *colon = strrchr(server->got.data, ':');

    CHECK(colon);
    return (int)strtol(colon + 1, NULL, 10);
}
