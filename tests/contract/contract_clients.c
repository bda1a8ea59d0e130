/*
 * What the well-known clients send, literally, and what they wait for.
 */
#include "tests/contract/contract.h"

/* irssi 1.4: waits for ever if neither CAP LS nor the odd JOIN is answered. */
static void irssi(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    peer_name(p, "root");
    SEND(p, "CAP LS 302\r\nJOIN :");
    EXPECT(p, ":irc.test CAP \\* LS :");
    EXPECT(p, ":irc.test 451 \\* *");
    SEND(p, "CAP END\r\nNICK root\r\nUSER root root 127.0.0.1 :root");
    SKIP_TO(p, ":irc.test 001 root :*");
    SKIP_TO(p, ":irc.test 422 root :*");
    SEND(p, "MODE root +i");
    EXPECT(p, ":root!~root@127.0.0.1 MODE root :+i");
    SEND(p, "JOIN #chat");
    EXPECT(p, ":root!~root@127.0.0.1 JOIN #chat");
    EXPECT(p, ":irc.test 353 root = #chat :@root*");
    EXPECT(p, ":irc.test 366 root #chat :*");
    SEND(p, "MODE #chat\r\nWHO #chat\r\nMODE #chat b");
    EXPECT(p, ":irc.test 324 root #chat +n*");
    EXPECT(p, ":irc.test 329 root #chat *");
    EXPECT(p, ":irc.test 352 root #chat ~root 127.0.0.1 irc.test root H@ "
              ":0 root");
    EXPECT(p, ":irc.test 315 root #chat :*");
    EXPECT(p, ":irc.test 368 root #chat :*");
    SEND(p, "PING :1733212345 678901");
    EXPECT(p, ":irc.test PONG irc.test :1733212345 678901");
    SEND(p, "WHOIS root root\r\nLIST");
    SKIP_TO(p, ":irc.test 318 root root :*");
    SKIP_TO(p, ":irc.test 323 root :*");
    SEND(p, "PART #chat :\r\nQUIT :leaving");
    EXPECT(p, ":root!~root@127.0.0.1 PART #chat*");
    EXPECT(p, "ERROR :Closing Link: 127.0.0.1 (Quit: leaving)");
    EXPECT_CLOSE(p);
}

/* WeeChat 3.8 */
static void weechat(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "CAP LS 302");
    SEND(p, "NICK root\r\nUSER root 0 * :root");
    EXPECT(p, ":irc.test CAP * LS :");
    SEND(p, "CAP END");
    EXPECT(p, ":irc.test 001 root :*");
    SKIP_TO(p, ":irc.test 422 root :*");
    SEND(p, "JOIN #chat");
    EXPECT(p, ":root!~root@127.0.0.1 JOIN #chat");
    EXPECT(p, ":irc.test 353 root = #chat :@root*");
    EXPECT(p, ":irc.test 366 root #chat :*");
    SEND(p, "MODE #chat");
    EXPECT(p, ":irc.test 324 root #chat +n*");
    EXPECT(p, ":irc.test 329 root #chat *");
    SEND(p, "WHO #chat");
    SKIP_TO(p, ":irc.test 315 root #chat :*");
    SEND(p, "PING irc.test");
    EXPECT(p, ":irc.test PONG irc.test :irc.test");
    SEND(p, "QUIT :WeeChat 3.8");
    EXPECT(p, "ERROR :Closing Link: 127.0.0.1 (Quit: WeeChat 3.8)");
    EXPECT_CLOSE(p);
}

/* By hand: LF alone, lower case, no colon anywhere; then the input ends. */
static void netcat(void)
{
    struct server *s = START(NULL);
    struct peer *bob = ENTER(s, "bob");
    struct peer *p = CONNECT(s);
    static const char text[] = "nick al\nuser al 0 * al\njoin #a\n"
                               "privmsg bob hi\nnames #a\n";
    peer_send_raw(p, text, sizeof(text) - 1);
    peer_half_close(p);
    EXPECT(bob, ":al!~al@127.0.0.1 PRIVMSG bob :hi");
    SKIP_TO(p, ":irc.test 001 al :*");
    SKIP_TO(p, ":al!~al@127.0.0.1 JOIN #a");
    SKIP_TO(p, ":irc.test 366 al #a :*");
    EXPECT(p, ":irc.test 353 al = #a :@al*");
    EXPECT(p, ":irc.test 366 al #a :*");
    EXPECT(p, "ERROR :Closing Link: *");
    EXPECT_CLOSE(p);
}

static const struct contract_case cases[] = {
    CASE(irssi),
    CASE(weechat),
    CASE(netcat),
};
CONTRACT_SUITE(clients)
