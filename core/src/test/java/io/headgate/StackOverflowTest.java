package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.Measurements;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stack that overflows in one call harms no other: with frames as the interpreter and as the compilers make them. */
@Timeout(value = 20, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StackOverflowTest {

    /** How many times the usual number of points; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("test.effort", 1);

    @Test
    void interpreted() throws Exception {
        run("-Xint", 1, 30, 2_500);
    }

    @Test
    void compiledAtOnce() throws Exception {
        run("-XX:TieredStopAtLevel=1", 3, 8, 3_500);
    }

    @Test
    void compiledWhenWarm() throws Exception {
        run("-XX:+TieredCompilation", 10, 40, 2_500);
    }

    private static void run(String flag, int warmUps, int step, int fewest) throws Exception {
        int usedStep = Math.max(1, step / EFFORT);
        int widths = EFFORT < 20 ? 1 : 2;
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        flag,
                        "-XX:-PrintWarnings", // of an overflow where Java's own locks are not prepared for it
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StackOverflows.class.getName(),
                        Integer.toString(warmUps),
                        Integer.toString(usedStep),
                        Integer.toString(widths))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        output.lines().forEach(line -> Measurements.print("with %s, %s", flag, line));
        assertThat(process.waitFor()).as(output).isZero();
        List<Integer> counts = new ArrayList<>();
        Pattern.compile(": ([0-9,]+) stack overflows")
                .matcher(output)
                .results()
                .map(StackOverflowTest::count)
                .forEach(counts::add);
        assertThat(counts).hasSize(14).allMatch(count -> count >= 5);
        assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isGreaterThan(fewest);
    }

    private static int count(MatchResult match) {
        return Integer.parseInt(match.group(1).replace(",", ""));
    }
}
