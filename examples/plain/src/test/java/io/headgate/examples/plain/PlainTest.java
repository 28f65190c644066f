package io.headgate.examples.plain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PlainTest {

    @Test
    void limitsEachAccount() {
        PrintStream original = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Plain.main(new String[0]);
        } finally {
            System.setOut(original);
        }
        // By the real clock: ann waits 60 s, less the whole seconds that the machine takes to come to her.
        assertThat(out.toString(StandardCharsets.UTF_8)
                        .lines()
                        .map(line -> line.replaceAll("(60|[1-5]?\\d) s$", "a minute")))
                .containsExactly(
                        "ann sends, 1 left",
                        "bob sends, 1 left",
                        "ann sends, 0 left",
                        "ann waits for a minute",
                        "eve sends, 1 left",
                        "ann waits for a minute");
    }
}
