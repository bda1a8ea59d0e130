/*
 * chat_internal - the structures that the chat core's files share.
 *
 * Not for models: they see chat.h. All of it belongs to whoever may call the
 * chat at the moment.
 */
#ifndef CHAT_CHAT_INTERNAL_H
#define CHAT_CHAT_INTERNAL_H

#include <stdint.h>

/* A table that cannot grow leaves the element out (checked after each add)
 * instead of ending the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "common/chat.h"
#include "common/net.h"

enum {
    USER_MAX = 12, /* USERLEN, with the '~' */
    REAL_NAME_MAX = 100,
    TOPIC_MAX = 307,
    AWAY_MAX = 200,
    QUIT_MAX = 255,
    ROOMS_MAX = 100, /* rooms a user may be in (CHANLIMIT) */
    TARGETS_MAX = 4, /* receivers of one PRIVMSG, rooms of a NAMES (TARGMAX) */
    CHUNK = 64,      /* lines of a long reply at a time */
};

/* One user in one room. Found by (room, user) in chat->memberships. */
struct membership {
    struct {
        struct room *room;
        struct user *user;
    } key;
    uint32_t index_in_room;         /* of room->members */
    uint32_t index_in_user;         /* of user->rooms */
    bool first;                     /* entered the empty room: shown with '@' */
    struct membership *prev, *next; /* in room->member_list */
    UT_hash_handle hh;              /* in chat->memberships */
};

/* A room's member list is an array of these: relaying walks it front to back
 * and touches no membership. */
struct member {
    struct user *user;
    struct membership *membership;
};

struct room {
    char *key;                      /* folded name, key of chat->rooms */
    char *name;                     /* as the first joiner wrote it */
    char *topic;                    /* NULL = none */
    char *topic_by;                 /* prefix of who set it */
    time_t topic_at;                /* when */
    time_t created;                 /* when the first member came */
    struct member *members;         /* n_members of them, unordered */
    uint32_t n_members;             /* members in use */
    uint32_t cap;                   /* members allocated */
    struct membership *member_list; /* the same, newest first, for cursors */
    struct room *prev, *next;       /* in chat->room_list */
    UT_hash_handle hh;              /* in chat->rooms */
};

/* Where a long reply is: at the next element of a list to look at. While it
 * waits between chunks that one may leave, so whoever takes an element off one
 * of the lists first moves the cursors that are at it. */
struct cursor {
    enum { CURSOR_WHO, CURSOR_WHO_ROOM, CURSOR_LIST } kind;
    char *mask;          /* WHO's mask or room, owned */
    void *at;            /* user, membership or room, by kind; NULL: the end */
    struct cursor *next; /* in chat->cursors */
};

struct user {
    void *owner;                /* what deliver gets */
    char key[IRC_NICK_MAX + 1]; /* folded nick, key of chat->users; "" = none */
    char nick[IRC_NICK_MAX + 1]; /* as written, "" before NICK */
    char name[USER_MAX + 1];     /* '~' and the user name, "" before USER */
    char host[NET_HOST_MAX];     /* the peer's address */
    char *prefix;                /* "nick!~user@host", once registered */
    char *real_name;             /* USER's last parameter */
    char *away;                  /* NULL = here */
    char *quit_text;             /* what QUIT will say, once decided */
    struct membership **rooms;   /* n_rooms of them */
    uint32_t n_rooms;            /* rooms in use */
    uint32_t rooms_cap;          /* rooms allocated */
    uint64_t seen;               /* chat->visit when last told something */
    bool registered;             /* 001 has been sent */
    bool negotiating;            /* CAP LS or REQ came, CAP END has not */
    bool password_ok;            /* PASS was right, or none is needed */
    bool leaving;                /* CHAT_CLOSE was answered, and counted */
    bool missed;                 /* a line to it could not be made */
    bool invisible;              /* mode +i */
    time_t connected;            /* signon time */
    time_t last_talk;            /* last PRIVMSG, for WHOIS */
    struct cursor *cursor;       /* a long reply under way, or NULL */
    struct user *prev, *next;    /* in chat->user_list */
    UT_hash_handle hh;           /* in chat->users, from NICK on */
};

struct chat {
    struct chat_config config;
    time_t started;                 /* for 003 */
    struct user *users;             /* by folded nick */
    struct room *rooms;             /* by folded name */
    struct membership *memberships; /* by (room, user) */
    struct user *user_list;         /* all users, newest first */
    struct room *room_list;         /* all rooms, newest first */
    struct cursor *cursors;         /* long replies under way */
    uint32_t n_connections;         /* users, registered or not */
    uint32_t n_registered;          /* users after 001 */
    uint32_t n_invisible;           /* of them with +i */
    uint32_t max_registered;        /* the most there have been */
    uint64_t visit;                 /* number of the current walk over peers */
    bool out_of_memory;             /* a line of this call could not be made */
};

/* ---- chat_reply.c: lines out ---- */

/* Sends a finished line to one user. */
void chat_send_line(struct chat *chat, struct user *to, struct irc_line *l);

/* ":server NNN nick " and the text. */
void chat_reply(struct chat *chat, struct user *to, const char *numeric,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ":server " and the text; or the text alone with a prefix of its own. */
void chat_reply_plain(struct chat *chat, struct user *to, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The bytes of finished lines as a message. NULL: no memory, which ends the
 * user whose command this is: nobody misses a line and stays. */
struct msg *chat_new_msg(struct chat *chat, const char *bytes, size_t len);

/* The formatted, finished line as a message; NULL as above. */
struct msg *chat_format(struct chat *chat, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A client's own word as a parameter of a reply: "*" where it would not be one
 * parameter (it is empty, holds a space or starts with a colon). */
const char *chat_word(const char *text);

/* Delivers to all members of the room but `except` (NULL: all). Does not give
 * the message back. */
void chat_send_room(struct chat *chat, struct room *room, struct msg *msg,
                    const struct user *except);

/* Delivers once to each user that shares a room with `user`, itself not. With
 * NULL (there was no memory for the message) each of them is to go at its next
 * line: nobody misses one and stays. */
void chat_send_peers(struct chat *chat, struct user *user, struct msg *msg);

/* 461 for the command; always CHAT_OK, to return from a command. */
enum chat_result chat_need_more_params(struct chat *chat, struct user *user,
                                       const char *command);

/* ---- chat_user.c: who is there ---- */

/* Ends the user with this text; CHAT_CLOSE, to return from a command. */
enum chat_result chat_refuse(struct user *user, const char *why);
/* The result, or CHAT_CLOSE if a line to or of the user could not be made. */
enum chat_result chat_check_memory(struct chat *chat, struct user *user,
                                   enum chat_result result);
struct user *chat_find_user(struct chat *chat, const char *nick);
bool chat_rename(struct chat *chat, struct user *user, const char *nick);
/* Replaces *text by a copy cut to `max` bytes; NULL or "" clears. False: no
 * memory, and *text is as it was. */
bool chat_set_text(char **text, const char *value, size_t max);

enum chat_result chat_cmd_cap(struct chat *, struct user *,
                              struct irc_message *);
enum chat_result chat_cmd_pass(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_nick(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_user(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_quit(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_ping(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_pong(struct chat *, struct user *,
                               struct irc_message *);

/* ---- chat_room.c: who is where ---- */

struct room *chat_find_room(struct chat *chat, const char *name, size_t len);
struct membership *chat_find_member(struct chat *chat, struct room *room,
                                    struct user *user);
bool chat_shares_room(struct chat *chat, struct user *a, struct user *b);
/* Takes the user out of the room, telling nobody; an empty room is freed. */
void chat_remove_member(struct chat *chat, struct membership *ms);

enum chat_result chat_cmd_join(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_part(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_topic(struct chat *, struct user *,
                                struct irc_message *);
enum chat_result chat_cmd_names(struct chat *, struct user *,
                                struct irc_message *);
void chat_send_names(struct chat *chat, struct user *to, struct room *room);
void chat_send_topic(struct chat *chat, struct user *to, struct room *room);

/* ---- chat_talk.c: who says what ---- */

enum chat_result chat_cmd_privmsg(struct chat *, struct user *,
                                  struct irc_message *);
enum chat_result chat_cmd_notice(struct chat *, struct user *,
                                 struct irc_message *);
enum chat_result chat_cmd_away(struct chat *, struct user *,
                               struct irc_message *);

/* ---- chat_query.c and chat_mode.c: who asks what ---- */

void chat_greet(struct chat *chat, struct user *user);
enum chat_result chat_cmd_lusers(struct chat *, struct user *,
                                 struct irc_message *);
enum chat_result chat_cmd_motd(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_list(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_who(struct chat *, struct user *,
                              struct irc_message *);
enum chat_result chat_cmd_whois(struct chat *, struct user *,
                                struct irc_message *);
enum chat_result chat_cmd_userhost(struct chat *, struct user *,
                                   struct irc_message *);
enum chat_result chat_cmd_ison(struct chat *, struct user *,
                               struct irc_message *);
enum chat_result chat_cmd_mode(struct chat *, struct user *,
                               struct irc_message *);

/* ---- chat_cursor.c: long replies ---- */

/* Starts a long reply with the list element `at` and sends its first chunk.
 * `mask` is copied. */
enum chat_result chat_cursor_start(struct chat *chat, struct user *user,
                                   int kind, const char *mask, void *at);
void chat_cursor_end(struct chat *chat, struct user *user);
/* Moves every cursor at this user, membership or room past it. */
void chat_cursors_skip(struct chat *chat, const void *element);

#endif
