#include "tests/stress/stress.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GUARD_S = 300 /* for one case, whatever the sanitizer */ };

atomic_int stress_failures;
static const char *volatile running; /* read by the handler of SIGALRM */

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void on_alarm(int sig)
{
    (void)sig;
    say("HUNG   ");
    say(running);
    say("\n0 passed, 1 failed\n");
    _exit(1);
}

struct thread {
    pthread_t id;
    void (*body)(size_t number);
    size_t number; /* what body gets */
};

static void *run_thread(void *arg)
{
    const struct thread *t = arg;

    t->body(t->number);
    return NULL;
}

void stress_threads(void (*body)(size_t number), size_t count)
{
    struct thread *threads = calloc(count, sizeof(*threads));
    size_t started = 0;

    if (!threads)
        abort();
    for (; started < count; started++) {
        struct thread *t = &threads[started];
        *t = (struct thread){.body = body, .number = started};
        if (pthread_create(&t->id, NULL, run_thread, t) != 0)
            break;
    }
    CHECK(started == count);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i].id, NULL);
    free(threads);
}

static bool passes(const struct stress_case *c)
{
    atomic_store(&stress_failures, 0);
    running = c->name;
    alarm(GUARD_S);
    c->run();
    alarm(0);
    bool ok = atomic_load(&stress_failures) == 0;
    printf("%s %s\n", ok ? "ok    " : "FAILED", c->name);
    fflush(stdout);
    return ok;
}

int stress_main(const struct stress_case *cases, size_t count, int argc,
                char **argv)
{
    int passed = 0, failed = 0;

    signal(SIGALRM, on_alarm);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
            continue;
        passes(&cases[i]) ? passed++ : failed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
