package io.headgate.examples.servlet;

import io.headgate.Limit;
import io.headgate.examples.servlet.Client.Report;
import io.headgate.net.AddressRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Starts a limited Tomcat, sends it real traffic from several addresses, and shows who got through. */
public final class Main {

    private static final Limit LIMIT = Limit.parse("10/s burst 20");
    private static final Duration TIME = Duration.ofSeconds(5);
    private static final Logger TOMCAT = Logger.getLogger("org.apache");

    private Main() {}

    /**
     * Runs the example.
     *
     * @param arguments {@code --once}: end when the table is printed; {@code --forwarded}: play the clients through
     *     X-Forwarded-For although the system has many loopback addresses; a number: the port, instead of 8080
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
        boolean forwarded = options.contains("--forwarded");
        if (!forwarded && !Client.canCallFrom("127.0.0.2")) {
            System.out.println("This system has no loopback address but 127.0.0.1, so the clients are played through"
                    + " X-Forwarded-For, which the server believes 127.0.0.1.");
            forwarded = true;
        }
        List<AddressRange> trusted = forwarded ? List.of(AddressRange.parse("127.0.0.1")) : List.of();
        try (Server server = new Server(port, LIMIT, trusted)) {
            System.out.printf(
                    "Each client may call 10 times a second, 20 at once. Five clients call for %d s ...%n%n",
                    TIME.toSeconds());
            print(drive(server.port(), forwarded));
            if (!options.contains("--once")) {
                System.out.printf(
                        "%nServing on; call 30 times yourself, or end with Ctrl-C:%n%n"
                                + "  curl -s -o /dev/null -D - 'http://127.0.0.1:%d/?[1-30]' | grep -iE '^(HTTP|RateLimit:|Retry)'%n",
                        server.port());
                server.await();
            }
        }
    }

    private static List<Report> drive(int port, boolean forwarded) throws Exception {
        List<Client> clients = List.of(
                new Client("polite", "127.0.0.2", 2, forwarded, port, TIME),
                new Client("brisk", "127.0.0.3", 10, forwarded, port, TIME),
                new Client("hasty", "127.0.0.4", 25, forwarded, port, TIME),
                new Client("flood", "127.0.0.5", 200, forwarded, port, TIME),
                new Client("deluge", "127.0.0.6", 1000, forwarded, port, TIME));
        ExecutorService threads = Executors.newFixedThreadPool(clients.size());
        try {
            List<Report> reports = new ArrayList<>();
            for (Future<Report> report : threads.invokeAll(clients)) {
                reports.add(report.get());
            }
            return reports;
        } finally {
            threads.shutdown();
        }
    }

    private static void print(List<Report> reports) {
        System.out.printf(
                "%-8s %-11s %7s %6s %6s %6s  %-24s %s%n",
                "client", "address", "calls/s", "sent", "200", "429", "last RateLimit", "last Retry-After");
        for (Report report : reports) {
            System.out.printf(
                    "%-8s %-11s %7d %6d %6d %6d  %-24s %s%n",
                    report.client().name(),
                    report.client().address(),
                    report.client().perSecond(),
                    report.sent(),
                    report.ok(),
                    report.tooMany(),
                    report.rateLimit(),
                    report.retryAfter());
        }
    }
}
