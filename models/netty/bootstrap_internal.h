/*
 * bootstrap_internal - what both bootstraps do.
 */
#ifndef NETTY_BOOTSTRAP_INTERNAL_H
#define NETTY_BOOTSTRAP_INTERNAL_H

#include "models/netty/bootstrap.h"

/* What comes after the registration, in the channel's loop. */
typedef void (*bootstrap_step_fn)(struct channel *ch, const void *arg,
                                  const struct socket_address *a,
                                  struct promise *promise);

void bootstrap_add_option(struct bootstrap_options *o,
                          enum channel_option option, long value);

/* Sets them all; those that fail are logged. */
void bootstrap_set_options(struct channel *ch,
                           const struct bootstrap_options *o);

/* Registers `ch` (taken over; NULL: errno says why there is none) and goes on
 * with step(ch, arg, ...); the outcome of both. NULL: no memory. */
struct future *bootstrap_start(struct event_executor_group *group,
                               struct channel *ch, bootstrap_step_fn step,
                               const void *arg, const struct socket_address *a);

#endif
