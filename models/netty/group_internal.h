/*
 * group_internal - what the channel group's two files share.
 */
#ifndef NETTY_GROUP_INTERNAL_H
#define NETTY_GROUP_INTERNAL_H

#include "models/netty/group.h"

/* The members as they are now, each retained; *n of them. The caller frees the
 * array. NULL: no memory. */
struct channel **channel_group_snapshot(struct channel_group *group, size_t *n);

struct event_executor *channel_group_executor(const struct channel_group *g);

/* From now on, in a group that stays closed, who is added is closed. */
void channel_group_mark_closed(struct channel_group *group);

#endif
