import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.temporal.internal.testservice.TestServicesStarter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/**
 * Gives time-skipping test servers away, one for each connection to its port, for as long as that connection is open.
 * Skipped time belongs to a whole server and one unfinished activity stops it, so no two test files may share one; and
 * a Java machine for each would cost seconds. On loopback only, unlike the server's own main class.
 */
public class TestServers {
  public static void main(String[] args) throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket control = new ServerSocket(Integer.parseInt(args[0]), 50, loopback)) {
      while (true) {
        Socket user = control.accept();
        Thread thread = new Thread(() -> serve(user, loopback));
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private static void serve(Socket user, InetAddress loopback) {
    // Time begins now (0) and is locked, as with the SDK's own binary: the client unlocks it while it awaits a result.
    try (Socket closing = user;
        TestServicesStarter services = new TestServicesStarter(true, 0)) {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(loopback, 0))
              // The SDK pings every 30 s; without this the server takes offence and closes the connection.
              .permitKeepAliveTime(1, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true);
      for (BindableService service : services.getServices()) {
        builder.addService(service);
      }
      Server server = builder.build().start();
      closing.getOutputStream().write((server.getPort() + "\n").getBytes());
      closing.getOutputStream().flush();
      // Nothing is ever sent: this returns when the user is gone.
      closing.getInputStream().read();
      server.shutdownNow();
    } catch (Exception gone) {
      // A user that is killed resets the connection, which means the same.
    }
  }
}
