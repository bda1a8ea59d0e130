/*
 * own-first - chat-mainsub, but a sub-reactor writes to its own connections at
 * once, and only what is for others goes through a mailbox.
 *
 * What is wrong: two ways with different delays lead to a connection. What its
 * own loop says takes the short one and overtakes what lies in the mailbox,
 * although that was said before. Each message arrives once, each sender's in
 * order; but the members of a room no longer see the same conversation.
 *
 * Why people write it: it saves a detour, and every textbook has it ("if we are
 * in the loop's thread, run it now, else queue it": runInLoop). For one
 * connection's own events that is right. A room spans several loops.
 *
 * What you see: alice and carol on sub-0, bob and dave on sub-1. Alice and bob
 * speak at the same time. Carol reads alice, bob; dave reads bob, alice. The
 * question stands behind its answer on half of the screens.
 *
 * What is right: deliver() in models/mainsub/server.c posts to the mailbox of
 * the receiver's loop, the own one included, always under the chat's lock: so
 * the order of the posts is the order of the room (DOC(mailbox.order) in
 * common/mailbox.h). A loop that marks its own mailbox needs no waking, so the
 * detour costs an entry, not a system call.
 */
#include "common/mailbox.h"

void own_first_enter(struct mailbox *box);
void own_first_post(struct mailbox *box, struct conn *to, enum mail_kind kind,
                    void *what);

static _Thread_local struct mailbox *own; /* the calling loop's, or NULL */

/* For mailbox_enter. */
void own_first_enter(struct mailbox *box)
{
    own = box;
    mailbox_enter(box);
}

/* For mailbox_post, as models/mainsub/server.c calls it. */
void own_first_post(struct mailbox *box, struct conn *to, enum mail_kind kind,
                    void *what)
{
    const struct msg *msg = what;

    if (kind == MAIL_MSG && box == own)
        conn_send(to, msg->data, msg->len); /* past what is in the mailbox */
    else
        mailbox_post(box, to, kind, what);
}
