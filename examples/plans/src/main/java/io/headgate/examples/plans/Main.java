package io.headgate.examples.plans;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Starts a limited Tomcat with a database behind it, sends it real traffic, and shows what each kind of client gets. */
public final class Main {

    private static final int CALLS = 100;
    private static final int MOST_TRIES = 200;
    private static final Logger TOMCAT = Logger.getLogger("org.apache");

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;

    private Main(int port) {
        this.port = port;
    }

    /**
     * Runs the example.
     *
     * @param arguments {@code --once}: end when the table is printed; a number: the port, instead of 8080
     * @throws Exception if the port is taken, for one
     */
    public static void main(String[] arguments) throws Exception {
        TOMCAT.setLevel(Level.WARNING);
        List<String> options = Arrays.asList(arguments);
        int port = options.stream()
                .filter(option -> option.matches("[0-9]+"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElse(8080);
        Path crawlers = Files.createTempFile("crawlers", ".json");
        Files.writeString(crawlers, "{\"prefixes\": [{\"ipv4Prefix\": \"203.0.113.0/28\"}]}");
        try (Customers customers = new Customers();
                Server server = new Server(port, customers, crawlers)) {
            new Main(server.port()).show(customers);
            if (!options.contains("--once")) {
                System.out.printf(
                        "%nServing on; call yourself, or end with Ctrl-C:%n%n"
                                + "  curl -i -H 'X-API-Key: key-of-bob' http://127.0.0.1:%d/%n",
                        server.port());
                server.await();
            }
        } finally {
            Files.delete(crawlers);
        }
    }

    private void show(Customers customers) throws Exception {
        System.out.printf("%-40s %-15s %6s %6s%n", "client", "address", "calls", "200");
        call("nobody we know", "192.0.2.1", call -> "");
        call("another one", "192.0.2.2", call -> "");
        call("one that invents a key for each call", "192.0.2.3", call -> "invented-" + call);
        call(
                "the owner of a /48, a new /64 each time",
                call -> "2001:db8:1:" + Integer.toHexString(call) + "::1",
                "2001:db8:1::/48",
                call -> "");
        call("a partner, by its range", "198.51.100.7", call -> "");
        call("a crawler, by the file that it publishes", "203.0.113.5", call -> "");
        call("ann, by an API key: basic", "192.0.2.4", call -> "key-of-ann");
        call("bob, by an API key: pro", "192.0.2.5", call -> "key-of-bob");
        customers.upgrade("key-of-ann", "pro");
        System.out.println("-- ann is upgraded in the database --");
        awaitAdmission("192.0.2.4", "key-of-ann");
        call("ann, by an API key: pro", "192.0.2.4", call -> "key-of-ann");
    }

    private void call(String who, String address, IntFunction<String> apiKey) throws Exception {
        call(who, call -> address, address, apiKey);
    }

    private void call(String who, IntFunction<String> address, String from, IntFunction<String> apiKey)
            throws Exception {
        int ok = 0;
        for (int call = 0; call < CALLS; call++) {
            ok += status(address.apply(call), apiKey.apply(call)) == 200 ? 1 : 0;
        }
        System.out.printf("%-40s %-15s %6d %6d%n", who, from, CALLS, ok);
    }

    /** Calls now and then until a call is allowed twice in a row: the first may be by the plan before. */
    private void awaitAdmission(String address, String apiKey) throws Exception {
        int inARow = 0;
        for (int tries = 0; inARow < 2; tries++) {
            if (tries == MOST_TRIES) {
                throw new IllegalStateException("the new plan never came");
            }
            Thread.sleep(100);
            inARow = status(address, apiKey) == 200 ? inARow + 1 : 0;
        }
    }

    private int status(String address, String apiKey) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .header("X-Forwarded-For", address);
        if (!apiKey.isEmpty()) {
            request.header("X-API-Key", apiKey);
        }
        return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
}
