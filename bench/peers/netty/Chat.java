import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Users and rooms, by name. Any thread. */
final class Chat {
    private final ConcurrentHashMap<String, User> users =
        new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Room> rooms =
        new ConcurrentHashMap<>();
    /** Each worker loop's number: where its members stand in a room. */
    private final Map<EventExecutor, Integer> numbers = new HashMap<>();

    Chat(EventLoopGroup workers) {
        for (EventExecutor loop : workers) {
            numbers.put(loop, numbers.size());
        }
    }

    int loops() {
        return numbers.size();
    }

    int number(EventExecutor loop) {
        return numbers.get(loop);
    }

    User user(String nick) {
        return users.get(nick.toLowerCase());
    }

    /** False if somebody else has the name. */
    boolean take(String nick, User user) {
        User other = users.putIfAbsent(nick.toLowerCase(), user);

        return other == null || other == user;
    }

    void release(String nick, User user) {
        users.remove(nick.toLowerCase(), user);
    }

    Room room(String name) {
        return rooms.get(name);
    }

    /** Joins, making the room if there is none; under the map's lock, so that
     *  no one else sees the room empty and removes it. */
    Room join(String name, User user) {
        return rooms.compute(name, (key, room) -> {
            Room r = room != null ? room : new Room(key, this);
            r.join(user);
            return r;
        });
    }

    /** Leaves; the last one takes the room along. */
    void leave(Room room, User user, String farewell) {
        rooms.computeIfPresent(room.name,
            (key, r) -> r.leave(user, farewell) ? null : r);
    }
}
