/*
 * pipeline_fixture - an embedded channel for each test, and its pipeline.
 */
#ifndef TESTS_NETTY_PIPELINE_FIXTURE_H
#define TESTS_NETTY_PIPELINE_FIXTURE_H

#include "models/netty/embedded.h"

extern struct channel *ch;         /* of the test that runs */
extern struct channel_pipeline *p; /* of that */

/* For TestSuite(): a channel, with nothing recorded yet; and its end. */
void pipeline_setup(void);
void pipeline_teardown(void);

/* Adds it, which must succeed. */
void add_last(const char *name, struct channel_handler *h);

/* The names of the handlers in order, with a space between. */
void expect_names(const char *expected);

#endif
