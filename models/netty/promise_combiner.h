/*
 * promise_combiner - one promise for the outcome of several futures.
 *
 * Add the futures, then finish with the promise that is to tell: it succeeds
 * when all have succeeded, and fails with the first failure's cause, but not
 * before all are done.
 *
 * One thread: the executor's (with none, one thread at a time).
 * Source: io.netty.util.concurrent.PromiseCombiner, PromiseNotifier.
 */
#ifndef NETTY_PROMISE_COMBINER_H
#define NETTY_PROMISE_COMBINER_H

#include "models/netty/promise.h"

struct promise_combiner;

/* Its listeners run in `executor`, where all its functions are to be called
 * too. NULL: no memory. Frees itself once finished and done. */
struct promise_combiner *promise_combiner_new(struct event_executor *executor);

/* 0 or -ENOMEM. After finish it is a misuse. */
int promise_combiner_add(struct promise_combiner *c, struct future *f);

/* All have been added: `all` is completed once they are done, maybe at once.
 * Takes a reference of `all`; `c` is not to be used any more. */
void promise_combiner_finish(struct promise_combiner *c, struct promise *all);

/* Completes `to` as `from` is completed. 0 or -ENOMEM. */
int promise_notifier_cascade(struct future *from, struct promise *to);

#endif
