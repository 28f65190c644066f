package io.headgate.spring;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A running application, and clients of it at loopback addresses. */
final class Site implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    private Site(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** Starts an application on ports that are free, with properties as arguments. */
    static Site of(Class<?> application, String... properties) {
        List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--spring.main.banner-mode=off"));
        Arrays.stream(properties).map(property -> "--" + property).forEach(arguments::add);
        return new Site(new SpringApplicationBuilder(application).run(arguments.toArray(new String[0])));
    }

    ConfigurableApplicationContext context() {
        return context;
    }

    Reply get(String from, String path, String... fields) throws IOException {
        return send(from, "GET", path, fields);
    }

    /** What the same request is answered, so many times. */
    List<Integer> statuses(String from, String path, int times, String... fields) throws IOException {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(get(from, path, fields).status());
        }
        return statuses;
    }

    Reply send(String from, String method, String path, String... fields) throws IOException {
        return sendTo("local.server.port", from, method, path, "", fields);
    }

    /** A request with a body of a type. */
    Reply post(String from, String path, String type, String body, String... fields) throws IOException {
        List<String> all = new ArrayList<>(Arrays.asList(fields));
        all.add("Content-Type: " + type);
        all.add("Content-Length: " + body.length());
        return sendTo("local.server.port", from, "POST", path, body, all.toArray(new String[0]));
    }

    /** A request to the port of separate management. */
    Reply manage(String from, String path) throws IOException {
        return sendTo("local.management.port", from, "GET", path, "");
    }

    private Reply sendTo(String port, String from, String method, String path, String body, String... fields)
            throws IOException {
        int number = context.getEnvironment().getRequiredProperty(port, Integer.class);
        return exchange(number, from, method, path, body, fields);
    }

    /** A request without a body to a port of this machine. */
    static Reply send(int port, String from, String method, String path, String... fields) throws IOException {
        return exchange(port, from, method, path, "", fields);
    }

    private static Reply exchange(int port, String from, String method, String path, String body, String... fields)
            throws IOException {
        String head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + String.join(
                        "", Arrays.stream(fields).map(field -> field + "\r\n").toList());
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.getOutputStream().write((head + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return Reply.parse(socket.getInputStream().readAllBytes());
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
