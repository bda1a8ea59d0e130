/*
 * A promise: the end of a future that one completes oneself.
 *
 * The third of three. The futures before came from a task; a promise is
 * completed by whoever has the result, from any thread: so it can stand for
 * anything that ends, once. The two sides are two types: the producer holds a
 * struct promise, all others look at its struct future.
 *
 * See that sync() re-raises the failure while await() does not, that
 * completing it twice is a mistake that the try_ form answers with "no", and
 * that many futures can be awaited as one.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "models/netty/examples/say.h"
#include "models/netty/promise_combiner.h"

static void *produce(void *arg)
{
    struct promise *p = arg;
    static int result = 80;

    pthread_setname_np(pthread_self(), "producer");
    say("the result is there");
    promise_set_success(p, &result);
    return NULL;
}

static void *give_up(void *arg)
{
    pthread_setname_np(pthread_self(), "producer");
    say("it cannot be done");
    promise_set_failure(arg, exception_new(-EDOM, "no result for -1"));
    return NULL;
}

/* A thread of our own that completes `p`. */
static void in_thread(void *(*run)(void *), struct promise *p)
{
    pthread_t thread;

    check(-pthread_create(&thread, NULL, run, p), "start a thread");
    check(future_await(&p->future), "wait");
    pthread_join(thread, NULL);
}

static void on_all(struct future *f, void *unused)
{
    (void)unused;
    say("all are done; the first failure: %s",
        future_cause(f) ? future_cause(f)->text : "none");
}

/* Three promises, one of which fails, and one future for all of them. */
static void combine(void)
{
    struct promise *parts[3], *all = made(promise_new(NULL), "a promise");
    struct promise_combiner *c = made(promise_combiner_new(NULL), "a combiner");

    for (int i = 0; i < 3; i++) {
        parts[i] = made(promise_new(NULL), "a promise");
        check(promise_combiner_add(c, &parts[i]->future), "combine");
    }
    check(future_add_listener(&all->future, on_all, NULL), "add a listener");
    promise_combiner_finish(c, all);
    promise_set_success(parts[2], NULL);
    promise_set_failure(parts[0], exception_new(-EIO, "the first part broke"));
    say("two of three are done; all: %s",
        future_is_done(&all->future) ? "yes" : "no");
    promise_set_success(parts[1], NULL);
    for (int i = 0; i < 3; i++)
        promise_release(parts[i]);
    promise_release(all);
}

int main(void)
{
    void *result = NULL;
    struct promise *p = made(promise_new(NULL), "a promise");

    in_thread(produce, p);
    check(future_get(&p->future, &result), "get the result");
    say("got %d", *(int *)result);
    say("complete it again: %s",
        promise_try_success(p, NULL) ? "yes" : "no, it stays as it is");
    promise_release(p);

    p = made(promise_new(NULL), "a promise");
    in_thread(give_up, p);
    say("await only waits: %s", strerror(-future_await(&p->future)));
    say("sync re-raises: %s", strerror(-future_sync(&p->future)));
    say("and why: %s", future_cause(&p->future)->text);
    promise_release(p);

    p = made(promise_new(NULL), "a promise");
    say("nobody completes this one; after 5 ms: %s",
        strerror(-future_await_for(&p->future, 5 * TICKER_MS)));
    say("cancelled by who waited: %s",
        future_cancel(&p->future) ? "yes" : "no");
    say("so the producer need not begin: %s",
        promise_set_uncancellable(p) ? "it may" : "it is told");
    promise_release(p);

    combine();
    return 0;
}
