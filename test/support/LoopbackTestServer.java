import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.temporal.internal.testservice.TestServicesStarter;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Temporal's time-skipping test server on loopback only; its own main class listens on every address. */
public class LoopbackTestServer {
  public static void main(String[] args) throws Exception {
    // Time starts locked, as the SDK's own binary does with --enable-time-skipping: the client unlocks it while it
    // waits for a result. Zero means that the server's time begins now.
    TestServicesStarter services = new TestServicesStarter(true, 0);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
    NettyServerBuilder builder = NettyServerBuilder.forAddress(address);
    for (BindableService service : services.getServices()) {
      builder.addService(service);
    }
    Server server = builder.build().start();
    server.awaitTermination();
  }
}
