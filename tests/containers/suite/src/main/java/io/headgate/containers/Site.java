package io.headgate.containers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A served application, and clients of it at loopback addresses. */
public final class Site implements AutoCloseable {

    private final Container.Server server;

    public Site(Container.Server server) {
        this.server = server;
    }

    /** A request from 127.0.0.1. */
    public Reply get(String path, String... fields) throws IOException {
        return send("127.0.0.1", "GET", path, fields);
    }

    public Reply send(String method, String path) throws IOException {
        return send("127.0.0.1", method, path);
    }

    /** A request from a local address, with further header lines. */
    public Reply send(String from, String method, String path, String... fields) throws IOException {
        return exchange(
                from,
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + String.join(
                                "", Arrays.stream(fields).map(f -> f + "\r\n").toList()) + "\r\n");
    }

    /** Sends a text and reads to the end of the connection. */
    public Reply exchange(String from, String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            String to = from.contains(":") ? "::1" : "127.0.0.1";
            socket.connect(new InetSocketAddress(InetAddress.getByName(to), server.port()));
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return Reply.parse(socket.getInputStream().readAllBytes());
        }
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new AssertionError("the server did not stop", e);
        }
    }
}
