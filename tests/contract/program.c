#include "tests/contract/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/args.h"
#include "common/die.h"
#include "tests/contract/files.h"

char *program_find(const char *name)
{
    const char *options = case_find_options(name);
    char *program = xasprintf("%.*s", (int)(options - name), name);
    char *path = realpath(program, NULL);

    if (!path || access(path, X_OK) != 0)
        args_fail("SERVER_BINARY takes a program, got '%s': %s", program,
                  strerror(errno));
    char *command = xasprintf("%s%s", path, options);
    free(path);
    free(program);
    return command;
}

/* Cases with hundreds of peers need more than the usual soft limit. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int program_run(const struct runner_job *jobs, size_t count, int at_once,
                bool keep)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = xasprintf("%s/chat-contract.XXXXXX", tmp ? tmp : "/tmp");

    if (!mkdtemp(folder))
        die_errno(errno, "%s", folder);
    raise_descriptors();
    struct runner_result result = runner_run(jobs, count, at_once, folder);

    if (keep)
        printf("logs: %s\n", folder);
    else
        folder_remove(folder);
    free(folder);
    if (result.interrupted)
        puts("interrupted");
    printf("%d passed, %d failed", result.passed, result.failed);
    if (result.skipped)
        printf(", %d skipped", result.skipped);
    putchar('\n');
    if (result.interrupted)
        return 130;
    return result.failed ? 1 : 0;
}
