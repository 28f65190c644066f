package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.Measurements;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing is lost when memory runs out, tried in a process that has little. */
@Timeout(60)
class SmallHeapTest {

    @Test
    void anOperationThatRunsOutOfMemoryHasChangedNothing() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx8m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeap.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        output.lines().forEach(line -> Measurements.print("with a heap of 8 MB, operations that %s", line));
        assertThat(process.waitFor()).as(output).isZero();
        String marker = "failed for want of memory: ";
        assertThat(output).contains(marker);
        assertThat(Integer.parseInt(output.substring(output.indexOf(marker) + marker.length())
                        .strip()))
                .isGreaterThan(10);
    }
}
