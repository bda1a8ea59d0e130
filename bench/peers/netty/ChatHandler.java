import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.util.AsciiString;
import io.netty.util.CharsetUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;

/**
 * One client's commands: the part of the chat's protocol that a group chat and
 * its load generator need. PRIVMSG stays bytes; the rest, which is rare, goes
 * by strings.
 */
final class ChatHandler extends SimpleChannelInboundHandler<ByteBuf> {
    private static final AsciiString PRIVMSG = AsciiString.cached("PRIVMSG ");
    private static final String SERVER = ":netty-java ";

    private final Chat chat;
    private User user;
    private ChannelHandlerContext ctx;
    private String farewell = " QUIT :Connection closed\r\n";

    ChatHandler(Chat chat) {
        this.chat = chat;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ctx = context;
        user = new User(ctx.channel(), chat.number(ctx.channel().eventLoop()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        String leaving = farewell;

        /* A peer that shares several rooms hears it in the first alone. */
        for (Room room : new ArrayList<>(user.rooms.values())) {
            chat.leave(room, user, leaving);
            leaving = null;
        }
        user.rooms.clear();
        if (user.nick != null) {
            chat.release(user.nick, user);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!ctx.channel().isWritable()) {
            farewell = " QUIT :SendQ exceeded\r\n";
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context,
                                Throwable cause) {
        if (cause instanceof TooLongFrameException) {
            reply("417", ":Input line was too long");
        } else {
            ctx.close();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf line) {
        if (user.registered && startsWith(line, PRIVMSG)) {
            onMessage(line);
        } else {
            onCommand(line.toString(CharsetUtil.UTF_8));
        }
    }

    private static boolean startsWith(ByteBuf line, AsciiString word) {
        int at = line.readerIndex();

        if (line.readableBytes() < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (line.getByte(at + i) != word.byteAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** "PRIVMSG target :text": the rest of the line goes out as it is. */
    private void onMessage(ByteBuf line) {
        int from = line.readerIndex() + PRIVMSG.length();
        int space = line.indexOf(from, line.writerIndex(), (byte) ' ');

        if (space < 0 || space + 1 == line.writerIndex()) {
            reply("412", ":No text to send");
            return;
        }
        String target = line.toString(from, space - from,
            CharsetUtil.ISO_8859_1);
        Room room = user.rooms.get(target);
        User peer = room == null ? chat.user(target) : null;
        if (room == null && peer == null) {
            if (chat.room(target) != null) {
                reply("404", target + " :Cannot send to channel");
            } else {
                reply(target.startsWith("#") ? "403" : "401",
                    target + " :No such nick/channel");
            }
            return;
        }
        ByteBuf out = ctx.alloc().ioBuffer(
            user.prefix.length() + line.readableBytes() + 3);
        ByteBufUtil.writeAscii(out, user.prefix);
        out.writeByte(' ');
        out.writeBytes(line, line.readerIndex(), line.readableBytes());
        out.writeByte('\r').writeByte('\n');
        if (room != null) {
            room.relay(out, user);
        } else {
            peer.channel.writeAndFlush(out, peer.channel.voidPromise());
        }
    }

    private void onCommand(String line) {
        String text = line.startsWith(":")
            ? line.substring(line.indexOf(' ') + 1) : line;
        String[] halves = text.split(" :", 2);
        String[] words = halves[0].trim().split(" +");
        String last = halves.length > 1 ? halves[1]
            : words.length > 1 ? words[words.length - 1] : "";
        String first = words.length > 1 ? words[1] : last;
        String command = words[0].toUpperCase();

        switch (command) {
        case "": return;
        case "CAP": onCap(first); return;
        case "PASS": case "PONG": return;
        case "NICK": onNick(first); return;
        case "USER": onUser(first); return;
        case "PING":
            send(SERVER + "PONG netty-java :" + first + "\r\n");
            return;
        case "QUIT": onQuit(last); return;
        default: break;
        }
        if (!user.registered) {
            reply("451", ":You have not registered");
            return;
        }
        switch (command) {
        case "JOIN": onJoin(first); return;
        case "PART": onPart(first, last); return;
        case "PRIVMSG": reply("411", ":No recipient given"); return;
        default: reply("421", command + " :Unknown command"); return;
        }
    }

    private void onCap(String what) {
        if (what.equals("LS") || what.equals("LIST")) {
            user.negotiating = what.equals("LS") && !user.registered;
            send(SERVER + "CAP * " + what + " :\r\n");
        } else if (what.equals("END")) {
            user.negotiating = false;
            welcome();
        }
    }

    private void onNick(String nick) {
        String old = user.nick, prefix = user.prefix;

        if (nick.isEmpty()) {
            reply("431", ":No nickname given");
        } else if (!nick.matches("[A-Za-z\\[\\]\\\\`_^{|}]"
            + "[-0-9A-Za-z\\[\\]\\\\`_^{|}]{0,29}")) {
            reply("432", nick + " :Erroneous nickname");
        } else if (!chat.take(nick, user)) {
            reply("433", nick + " :Nickname is already in use");
        } else {
            if (old != null && !old.equalsIgnoreCase(nick)) {
                chat.release(old, user);
            }
            user.nick = nick;
            setPrefix();
            if (user.registered) {
                String text = prefix + " NICK " + nick + "\r\n";
                send(text);
                for (Room room : user.rooms.values()) {
                    room.say(text, user, user);
                }
            } else {
                welcome();
            }
        }
    }

    private void onUser(String name) {
        if (user.registered) {
            reply("462", ":You may not reregister");
        } else if (name.isEmpty()) {
            reply("461", "USER :Not enough parameters");
        } else {
            user.name = name;
            welcome();
        }
    }

    private void setPrefix() {
        InetSocketAddress from =
            (InetSocketAddress) ctx.channel().remoteAddress();

        user.prefix = ":" + user.nick + "!~" + user.name + "@"
            + from.getAddress().getHostAddress();
    }

    private void welcome() {
        if (user.registered || user.negotiating || user.nick == null
            || user.name == null) {
            return;
        }
        user.registered = true;
        setPrefix();
        reply("001", ":Welcome, " + user.nick);
        reply("002", ":Your host is netty-java");
        reply("003", ":This server was started for a measurement");
        reply("004", "netty-java 1 i n");
        reply("005", "CASEMAPPING=ascii CHANTYPES=# NICKLEN=30 LINELEN=512 "
            + ":are supported by this server");
        reply("422", ":No message of the day");
    }

    private void onJoin(String names) {
        for (String name : names.split(",")) {
            if (!name.matches("#[^\\x00\\x07 ,:]{1,49}")) {
                reply("403", name + " :No such channel");
            } else if (!user.rooms.containsKey(name)) {
                user.rooms.put(name, chat.join(name, user));
            }
        }
    }

    private void onPart(String names, String why) {
        for (String name : names.split(",")) {
            Room room = user.rooms.remove(name);
            if (room == null) {
                reply(chat.room(name) == null ? "403" : "442",
                    name + " :You're not on that channel");
            } else {
                chat.leave(room, user, " PART " + name
                    + (why.equals(names) ? "" : " :" + why) + "\r\n");
            }
        }
    }

    private void onQuit(String why) {
        farewell = " QUIT :Quit: " + why + "\r\n";
        ctx.writeAndFlush(ByteBufUtil.writeUtf8(ctx.alloc(),
            "ERROR :Closing Link: (Quit: " + why + ")\r\n"))
            .addListener(ChannelFutureListener.CLOSE);
    }

    private void reply(String numeric, String text) {
        send(SERVER + numeric + " " + (user.nick == null ? "*" : user.nick)
            + " " + text + "\r\n");
    }

    private void send(String text) {
        ctx.writeAndFlush(ByteBufUtil.writeUtf8(ctx.alloc(), text),
            ctx.voidPromise());
    }
}
