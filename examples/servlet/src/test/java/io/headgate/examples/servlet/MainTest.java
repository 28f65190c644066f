package io.headgate.examples.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README's first command. */
class MainTest {

    @ParameterizedTest
    @ValueSource(strings = {"--once 0", "--once 0 --forwarded"})
    void thePoliteAreUntouchedAndTheFloodingHeldToTheirRate(String arguments) throws Exception {
        PrintStream original = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        long start = System.nanoTime();
        try {
            Main.main(arguments.split(" ", -1));
        } finally {
            System.setOut(original);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        String out = bytes.toString(StandardCharsets.UTF_8);
        assertThat(row(out, "polite")).as(out).containsExactly("2", "10", "10", "0");
        assertThat(row(out, "brisk")).as(out).containsExactly("10", "50", "50", "0");
        for (String flooding : List.of("hasty", "flood", "deluge")) {
            List<String> row = row(out, flooding);
            long sent = Long.parseLong(row.get(1));
            long ok = Long.parseLong(row.get(2));
            assertThat(ok)
                    .as(out)
                    .isBetween(20L + 40, 20L + (long) (10 * seconds)); // the burst, and the rate while it lasts
            assertThat(row.get(3)).as(out).isEqualTo(Long.toString(sent - ok));
        }
        assertThat(out.lines().filter(line -> line.startsWith("deluge")))
                .as(out)
                .singleElement()
                .asString()
                .matches(".* \"10-per-1s\";r=\\d+(;t=1)? +1 s");
    }

    /** Calls a second, sent, 200, 429. */
    private static List<String> row(String table, String client) {
        return table.lines()
                .filter(line -> line.startsWith(client))
                .map(line -> List.of(line.split(" +", -1)).subList(2, 6))
                .findAny()
                .orElseThrow();
    }
}
