package io.headgate.examples.plans;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MainTest {

    @Test
    void eachKindOfClientGetsWhatItsPlanAllows() throws Exception {
        PrintStream console = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            System.setOut(out);
            Main.main(new String[] {"0", "--once"});
        } finally {
            System.setOut(console);
        }
        String table = printed.toString(StandardCharsets.UTF_8);
        // A permit or two may come back while it calls.
        assertThat(allowed(table, "nobody we know")).isBetween(10, 12);
        assertThat(allowed(table, "another one")).isBetween(10, 12);
        assertThat(allowed(table, "one that invents a key for each call")).isBetween(10, 12);
        assertThat(allowed(table, "the owner of a /48, a new /64 each time")).isBetween(30, 35);
        assertThat(allowed(table, "a partner, by its range")).isBetween(50, 55);
        assertThat(allowed(table, "a crawler, by the file that it publishes")).isEqualTo(100);
        assertThat(allowed(table, "ann, by an API key: basic")).isBetween(21, 35);
        assertThat(allowed(table, "bob, by an API key: pro")).isBetween(81, 100);
        assertThat(allowed(table, "ann, by an API key: pro")).isBetween(70, 100);
    }

    private static int allowed(String table, String client) {
        String row = table.lines()
                .filter(line -> line.startsWith(client))
                .findFirst()
                .orElseThrow();
        return Integer.parseInt(row.substring(row.lastIndexOf(' ') + 1));
    }
}
