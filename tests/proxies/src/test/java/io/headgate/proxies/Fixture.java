package io.headgate.proxies;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A proxy, how it was set, and what it made of some requests. README.md of this module tells what the file looks like.
 *
 * @param name the name of its file
 * @param head what the file begins with, such as {@code proxy: nginx}; a word that stands there twice has two values
 * @param files the proxy's configuration
 * @param settings how our options are set
 * @param exchanges requests through the proxy
 */
record Fixture(
        String name,
        Map<String, List<String>> head,
        Map<String, List<String>> files,
        List<Setting> settings,
        List<Exchange> exchanges) {

    static final Path FOLDER = Path.of("src", "test", "resources", "fixtures");

    static final String HEAD_OF_EXCHANGE = "--- exchange: ";

    private static final String EXCHANGE = "exchange: ";

    static List<Fixture> all() throws IOException {
        try (Stream<Path> paths = Files.list(FOLDER)) {
            List<Fixture> all = new ArrayList<>();
            for (Path path : paths.sorted().toList()) {
                all.add(read(path));
            }
            return all;
        }
    }

    private static Fixture read(Path path) throws IOException {
        List<String> top = new ArrayList<>();
        Map<String, List<String>> sections = new LinkedHashMap<>();
        List<String> section = top;
        for (String line : Files.readAllLines(path)) {
            if (line.startsWith("--- ")) {
                section = new ArrayList<>();
                sections.put(line.substring(4), section);
            } else {
                section.add(line);
            }
        }
        Map<String, List<String>> head = new LinkedHashMap<>();
        List<Setting> settings = new ArrayList<>();
        for (String line : top) {
            if (!line.isBlank()) {
                String[] pair = line.split(": ", 2);
                head.computeIfAbsent(pair[0], key -> new ArrayList<>()).add(pair[1]);
                for (Setting.Effect effect : Setting.Effect.values()) {
                    if (pair[0].equals(effect.name().toLowerCase(Locale.ROOT))) {
                        settings.add(new Setting(pair[1], effect));
                    }
                }
            }
        }
        Map<String, List<String>> files = new LinkedHashMap<>();
        List<Exchange> exchanges = new ArrayList<>();
        sections.forEach((title, lines) -> {
            if (title.startsWith(EXCHANGE)) {
                exchanges.add(exchange(title.substring(EXCHANGE.length()), lines, settings.size()));
            } else {
                files.put(title, lines);
            }
        });
        return new Fixture(Objects.toString(path.getFileName()), head, files, settings, exchanges);
    }

    private static Exchange exchange(String title, List<String> lines, int settings) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> sent = new ArrayList<>();
        List<String> received = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("> ")) {
                sent.add(line.substring(2));
            } else if (line.startsWith("< ")) {
                received.add(line.substring(2));
            } else if (!line.isBlank()) {
                String[] pair = line.split(":", 2);
                values.put(pair[0], pair[1].strip());
            }
        }
        // One for all settings, or one for each.
        List<String> found = List.of(values.getOrDefault("found", "").split(", *", -1));
        List<String> each = found.size() == 1
                ? Stream.generate(() -> found.get(0)).limit(settings).toList()
                : found;
        return new Exchange(
                title, values.getOrDefault("client", ""), sent, values.getOrDefault("peer", ""), received, each);
    }

    /** The request by which a client chooses its address in spite of one of the settings. */
    Exchange wayPast(int setting) {
        return exchanges.stream()
                .filter(exchange ->
                        exchange.arrived() && exchange.found().get(setting).startsWith("6.6.6."))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        name + ": no way past " + settings.get(setting).text()));
    }

    /** What the file says once; empty if it does not. */
    String get(String word) {
        List<String> all = head.getOrDefault(word, List.of());
        return all.isEmpty() ? "" : all.get(0);
    }

    /** The names of the programs that it runs. */
    List<String> programs() {
        return head.getOrDefault("run", List.of()).stream()
                .map(command -> command.split(" ", 2)[0])
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
