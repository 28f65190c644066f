package io.headgate.proxies;

import io.headgate.containers.App;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server that notes what it gets, as it is on the wire; of AJP, what Tomcat makes of it. */
final class Witness implements AutoCloseable {

    private static final String ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nok";

    private final int port;
    private final @Nullable ServerSocket socket;
    private final @Nullable Site tomcat;

    private String peer = "";
    private List<String> lines = List.of();

    Witness(Backend backend) throws Exception {
        if (backend == Backend.AJP) {
            Container.Server server = backend.start(new App().servlet("/", (request, response) -> {
                List<String> all = new ArrayList<>();
                for (String name : Collections.list(request.getHeaderNames())) {
                    Collections.list(request.getHeaders(name)).forEach(value -> all.add(name + ": " + value));
                }
                note(request.getRemoteAddr(), all);
            }));
            port = server.port();
            tomcat = new Site(server);
            socket = null;
        } else {
            ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            port = listening.getLocalPort();
            socket = listening;
            tomcat = null;
            Thread thread = new Thread(() -> serve(listening), "witness");
            thread.setDaemon(true);
            thread.start();
        }
    }

    int port() {
        return port;
    }

    /** The peer of the last request; empty if there was none since {@link #forget}. */
    synchronized String peer() {
        return peer;
    }

    /** The header lines of the last request. */
    synchronized List<String> lines() {
        return lines;
    }

    synchronized void forget() {
        note("", List.of());
    }

    private synchronized void note(String from, List<String> all) {
        peer = from;
        lines = List.copyOf(all);
    }

    private void serve(ServerSocket listening) {
        while (true) {
            try (Socket connection = listening.accept()) {
                BufferedReader reader = new BufferedReader(
                        new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
                String from = ((InetSocketAddress) connection.getRemoteSocketAddress())
                        .getAddress()
                        .getHostAddress();
                String line = reader.readLine();
                if (line != null && line.startsWith("PROXY ")) {
                    from = line.split(" ", -1)[2];
                    line = reader.readLine();
                }
                if (line == null) {
                    continue;
                }
                List<String> all = new ArrayList<>();
                for (line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
                    all.add(line);
                }
                note(from, all);
                connection.getOutputStream().write(ANSWER.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                if (listening.isClosed()) {
                    return;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (socket != null) {
            socket.close();
        }
        if (tomcat != null) {
            tomcat.close();
        }
    }
}
