/*
 * promise_internal - what the promise's two files share.
 */
#ifndef NETTY_PROMISE_INTERNAL_H
#define NETTY_PROMISE_INTERNAL_H

#include "models/netty/promise.h"

/* The future is done: calls its listeners in its executor, now or as a task.
 * The caller holds a reference. */
void future_notify_listeners(struct future *f);

#endif
