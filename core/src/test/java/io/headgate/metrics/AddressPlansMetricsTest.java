package io.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.AddressRange;
import io.headgate.plan.AddressPlans;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddressPlansMetricsTest {

    @TempDir
    private Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void aFileThatCannotBeUsedIsSeen() throws Exception {
        Path file = Files.writeString(folder.resolve("partners.txt"), "192.0.2.0/24\n2001:db8::/32\n");
        FakeTicker ticker = new FakeTicker();
        ScheduledThreadPoolExecutor idle = new ScheduledThreadPoolExecutor(1);
        try (LogRecords log = new LogRecords(AddressPlans.class);
                AddressPlans plans = AddressPlans.builder()
                        .plan("office", AddressRange.parse("10.0.0.0/8"))
                        .plan("partners", file)
                        .scheduler(idle)
                        .pollInterval(Duration.ofHours(1))
                        .ticker(ticker)
                        .build()) {
            new AddressPlansMetrics(plans).bindTo(registry);
            assertThat(registry.get("headgate.plans.ranges").gauge().value()).isEqualTo(3);
            assertMeters(file, 1, 2, 0, 0);
            ticker.advance(Duration.ofMillis(2500));
            plans.poll();
            assertMeters(file, 1, 2, 0, 0);
            Files.delete(file);
            plans.poll();
            plans.poll();
            ticker.advance(Duration.ofMillis(7500));
            plans.poll();
            assertMeters(file, 0, 2, 7.5, 2);
            Files.writeString(file, "192.0.2.0/24\n");
            plans.poll();
            plans.poll();
            assertMeters(file, 1, 1, 0, 2);
            assertThat(registry.get("headgate.plans.ranges").gauge().value()).isEqualTo(2);
            assertThat(log.warnings()).hasSize(1);
        } finally {
            idle.shutdownNow();
        }
    }

    private void assertMeters(Path file, double healthy, double ranges, double age, double failures) {
        assertThat(gauge("healthy", file)).isEqualTo(healthy);
        assertThat(gauge("ranges", file)).isEqualTo(ranges);
        assertThat(gauge("age", file)).isEqualTo(age);
        assertThat(registry.get("headgate.plans.file.failures")
                        .tags("plan", "partners", "file", file.toString())
                        .functionCounter()
                        .count())
                .isEqualTo(failures);
    }

    private double gauge(String name, Path file) {
        return registry.get("headgate.plans.file." + name)
                .tags("plan", "partners", "file", file.toString())
                .gauge()
                .value();
    }
}
