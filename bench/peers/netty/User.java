import io.netty.channel.Channel;
import java.util.HashMap;
import java.util.Map;

/** One client. Its own loop's thread, but for what others read of it. */
final class User {
    final Channel channel;
    /** The number of its loop in Chat. */
    final int loop;
    /** Read by others for 353; null until NICK. */
    volatile String nick;
    /** Null until USER. */
    String name;
    boolean registered;
    /** CAP LS came, CAP END not yet. */
    boolean negotiating;
    /** ":nick!~user@ip", fixed anew by NICK. */
    String prefix = "";
    final Map<String, Room> rooms = new HashMap<>();

    User(Channel channel, int loop) {
        this.channel = channel;
        this.loop = loop;
    }
}
