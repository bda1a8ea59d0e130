import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.CharsetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;

/**
 * A room: its members, sorted by the loop that serves them. Any thread; its
 * monitor makes one order of all that is said, the same for every member.
 *
 * What is said becomes one task for each destination loop, which writes a
 * retained duplicate to each of that loop's members. The speaker's own loop is
 * no exception, or its members would hear their own first; only where there is
 * one loop in all is it written at once, as nothing can overtake it.
 */
final class Room {
    final String name;
    private final Chat chat;
    private final List<List<User>> byLoop = new ArrayList<>();
    private int count;

    Room(String name, Chat chat) {
        this.name = name;
        this.chat = chat;
        for (int i = 0; i < chat.loops(); i++) {
            byLoop.add(new ArrayList<>());
        }
    }

    synchronized void join(User user) {
        byLoop.get(user.loop).add(user);
        count++;
        say(user.prefix + " JOIN " + name + "\r\n", user, null);
        StringBuilder names = new StringBuilder();
        for (List<User> members : byLoop) {
            for (User member : members) {
                names.append(names.length() > 0 ? " " : "")
                    .append(member.nick);
            }
        }
        welcome(user, names);
    }

    /** 353, in lines that fit, and 366; behind the JOIN, whatever the way. */
    private void welcome(User user, StringBuilder names) {
        String head = ":netty-java 353 " + user.nick + " = " + name + " :";
        int room = 510 - head.length();
        StringBuilder text = new StringBuilder();
        int from = 0;

        while (from < names.length()) {
            int to = names.length();
            if (to - from > room) {
                to = names.lastIndexOf(" ", from + room);
            }
            text.append(head).append(names, from, to).append("\r\n");
            from = to + 1;
        }
        text.append(":netty-java 366 ").append(user.nick).append(' ')
            .append(name).append(" :End of /NAMES list\r\n");
        ByteBuf line = user.channel.alloc().ioBuffer(text.length());
        line.writeCharSequence(text, CharsetUtil.UTF_8);
        if (chat.loops() == 1) {
            user.channel.writeAndFlush(line, user.channel.voidPromise());
        } else {
            user.channel.eventLoop().execute(() -> user.channel
                .writeAndFlush(line, user.channel.voidPromise()));
        }
    }

    /** True if that was the last. */
    synchronized boolean leave(User user, String farewell) {
        if (farewell != null) {
            say(user.prefix + farewell, user, null);
        }
        if (byLoop.get(user.loop).remove(user)) {
            count--;
        }
        return count == 0;
    }

    /** To all, but for `except` (null: nobody). */
    synchronized void say(String text, User from, User except) {
        ByteBuf line = from.channel.alloc().ioBuffer(text.length());

        line.writeCharSequence(text, CharsetUtil.UTF_8);
        relay(line, except);
    }

    /** Takes the line over: to all members but the speaker. */
    synchronized void relay(ByteBuf line, User speaker) {
        if (byLoop.size() == 1) {
            write(byLoop.get(0), line, speaker);
            line.release();
            return;
        }
        for (List<User> members : byLoop) {
            if (members.isEmpty()) {
                continue;
            }
            /* The task outlives the monitor: it needs members of its own. */
            List<User> now = new ArrayList<>(members);
            EventExecutor loop = now.get(0).channel.eventLoop();
            line.retain();
            loop.execute(() -> {
                write(now, line, speaker);
                line.release();
            });
        }
        line.release();
    }

    private static void write(List<User> members, ByteBuf line,
                              User speaker) {
        for (int i = 0; i < members.size(); i++) {
            User member = members.get(i);
            if (member != speaker) {
                Channel c = member.channel;
                c.writeAndFlush(line.retainedDuplicate(), c.voidPromise());
            }
        }
    }
}
