/*
 * irc_view_internal - what irc_view.c (commands) and irc_reply.c (numerics)
 * share.
 */
#ifndef CHAT_IRC_VIEW_INTERNAL_H
#define CHAT_IRC_VIEW_INTERNAL_H

#include "client/irc_view.h"

/* Parameter i, or an empty text where there is none. */
struct irc_text view_param(const struct irc_message *m, int i);

/* These append what a stranger sent, made safe. */
void view_add_text(struct view *v, const struct irc_text *t);
void view_add_param(struct view *v, const struct irc_message *m, int i);
/* The parameters from `first` on; the last behind a colon if `colon`. */
void view_add_params(struct view *v, const struct irc_message *m, int first,
                     bool colon);

/* Words a numeric reply into `v`. */
void irc_reply_view(struct irc_view *iv, const struct irc_message *m,
                    struct view *v);

#endif
