package io.headgate.containers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A served application, and clients of it at loopback addresses. */
public final class Site implements AutoCloseable {

    private final Container.Server server;

    public Site(Container.Server server) {
        this.server = server;
    }

    /** Where a path of it is, for clients of other kinds. */
    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
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
        try (Socket socket = connect(from)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return Reply.parse(socket.getInputStream().readAllBytes());
        }
    }

    /** A connection from a local address, which holds little of what it has not read yet. */
    Socket connect(String from) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setReceiveBufferSize(8192);
            socket.setSoTimeout(60_000);
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            String to = from.contains(":") ? "::1" : "127.0.0.1";
            socket.connect(new InetSocketAddress(InetAddress.getByName(to), server.port()));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The status of a GET request from 127.0.0.1, whatever becomes of the rest of the answer. */
    int status(String path) throws IOException {
        try (Socket socket = connect("127.0.0.1")) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return readStatus(socket);
        }
    }

    static int readStatus(Socket socket) throws IOException {
        String line = new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
        if (line.length() < 12) {
            throw new AssertionError("no response but: \"" + line + "\"");
        }
        return Integer.parseInt(line.substring(9));
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
