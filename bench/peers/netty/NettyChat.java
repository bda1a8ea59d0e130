import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * A group chat on the real Netty, to be measured beside the C servers.
 *
 * One boss loop accepts, {@code --threads} worker loops read, handle and
 * write. What a Netty engineer would use is used: pooled direct buffers (the
 * default allocator), the library's line decoder and flush consolidation, one
 * formatted line shared by all its receivers as retained duplicates, void
 * promises, write-buffer water marks against slow readers.
 *
 * It prints {@code ready netty-java ADDR:PORT} and ends on SIGTERM with
 * status 0.
 */
public final class NettyChat {
    /** What a receiver may owe before it is cut off: our --sendq. */
    private static final int SENDQ = 1 << 20;

    /** IRC's 512 with CRLF; the decoder counts without the line's end. */
    private static final int LINE_MAX = 510;

    private NettyChat() {
    }

    public static void main(String[] args) throws InterruptedException {
        int port = number(args, "--port", 6667, 0, 65535);
        int threads = number(args, "--threads",
            Runtime.getRuntime().availableProcessors(), 1, 1024);
        String host = text(args, "--listen", "127.0.0.1");

        EventLoopGroup boss = new NioEventLoopGroup(1);
        EventLoopGroup workers = new NioEventLoopGroup(threads);
        Chat chat = new Chat(workers);
        Channel listener = new ServerBootstrap()
            .group(boss, workers)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_SNDBUF, 128 * 1024)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(SENDQ / 2, SENDQ))
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel ch) {
                    ch.pipeline()
                        /* One flush a turn of the loop, reading or not. */
                        .addLast(new FlushConsolidationHandler(256, true))
                        .addLast(new LineBasedFrameDecoder(LINE_MAX))
                        .addLast(new ChatHandler(chat));
                }
            })
            .bind(host, port).sync().channel();

        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            listener.close().syncUninterruptibly();
            boss.shutdownGracefully(0, 2, TimeUnit.SECONDS);
            workers.shutdownGracefully(0, 2, TimeUnit.SECONDS)
                .awaitUninterruptibly(3, TimeUnit.SECONDS);
            /* Else the virtual machine would report 143, a death. */
            Runtime.getRuntime().halt(0);
        }, "shutdown"));

        InetSocketAddress at = (InetSocketAddress) listener.localAddress();
        System.out.println("ready netty-java "
            + at.getAddress().getHostAddress() + ":" + at.getPort());
        System.out.flush();
        listener.closeFuture().sync();
    }

    private static String text(String[] args, String name, String otherwise) {
        for (int i = 0; i < args.length; i += 2) {
            if (!args[i].equals("--port") && !args[i].equals("--threads")
                && !args[i].equals("--listen")) {
                fail("takes --port, --threads and --listen, got '"
                    + args[i] + "'");
            }
            if (i + 1 == args.length) {
                fail(args[i] + " takes a value, got none");
            }
            if (args[i].equals(name)) {
                return args[i + 1];
            }
        }
        return otherwise;
    }

    private static int number(String[] args, String name, int otherwise,
                              int min, int max) {
        String value = text(args, name, String.valueOf(otherwise));

        try {
            int n = Integer.parseInt(value);
            if (n >= min && n <= max) {
                return n;
            }
        } catch (NumberFormatException e) {
            /* said below */
        }
        fail(name + " takes a number from " + min + " to " + max + ", got '"
            + value + "'");
        return 0;
    }

    private static void fail(String why) {
        System.err.println("netty-java: " + why);
        System.exit(2);
    }
}
