package io.headgate.proxies;

import io.headgate.containers.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes anew what the servers behind the proxies of some fixtures get. See README.md of this module. */
final class Recorder {

    private Recorder() {}

    /**
     * Runs the proxies, which must be on the path.
     *
     * @param prefixes how the names of the fixtures begin, such as {@code nginx}
     */
    public static void main(String[] prefixes) throws Exception {
        for (Fixture fixture : Fixture.all()) {
            for (String prefix : prefixes) {
                if (fixture.name().startsWith(prefix)) {
                    record(fixture);
                }
            }
        }
    }

    private static void record(Fixture fixture) throws Exception {
        Path path = Fixture.FOLDER.resolve(fixture.name());
        List<String> lines = new ArrayList<>(Files.readAllLines(path));
        try (Witness witness = new Witness(Backend.of(fixture));
                RunningProxy proxy = new RunningProxy(fixture, witness.port());
                Site site = proxy.site()) {
            for (Exchange exchange : fixture.exchanges()) {
                witness.forget();
                send(site, exchange);
                int at = lines.indexOf(Fixture.HEAD_OF_EXCHANGE + exchange.title()) + 1;
                int to = at;
                while (to < lines.size() && !lines.get(to).startsWith("--- ")) {
                    to++;
                }
                List<String> section = lines.subList(at, to);
                section.removeIf(line -> line.startsWith("< ") || line.startsWith("peer:"));
                // Before the client that must be found, which is for people to say.
                int found = (int) section.stream()
                        .takeWhile(line -> !line.startsWith("found:") && !line.isBlank())
                        .count();
                if (!witness.peer().isEmpty()) {
                    section.addAll(
                            found,
                            witness.lines().stream()
                                    .map(line -> "< " + proxy.worded(line))
                                    .toList());
                    section.add(found, "peer: " + witness.peer());
                }
            }
        }
        Files.write(path, lines);
    }

    private static void send(Site site, Exchange exchange) {
        try {
            site.exchange(exchange.client(), exchange.request(6));
        } catch (IOException | AssertionError e) {
            System.out.println(exchange.title() + ": " + e); // as a proxy may answer a Host that is none
        }
    }
}
