package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Properties that change while the application runs, by Spring Cloud. */
@ExtendWith(OutputCaptureExtension.class)
class RefreshTest {

    private static final String CODE = "HG-111";

    @Test
    void saysThatARefreshChangesNoLimit(@TempDir Path directory, CapturedOutput output) throws IOException {
        Path file = directory.resolve("application.properties");
        Files.writeString(file, "headgate.limits=2/day\nshop.name=one\n");
        try (Site site = Site.of(
                Shop.class,
                "spring.config.additional-location=" + directory.toUri(),
                "headgate.exempt=127.0.9.0/24",
                "management.endpoints.web.exposure.include=refresh,headgate,health",
                "management.endpoint.health.show-details=always")) {
            Files.writeString(file, "headgate.limits=2/day\nshop.name=two\n");
            assertThat(refresh(site)).contains("[\"shop.name\"]");
            assertThat(output).doesNotContain(CODE);
            assertThat(warning(site)).isZero();

            Files.writeString(
                    file, "headgate.limits=9/day\nheadgate.max-clients=7\nheadgate.typo=1\nshop.name=three\n");
            assertThat(refresh(site)).contains("\"headgate.limits\"").contains("\"headgate.max-clients\"");
            String said = "The application limits as it did when it started: headgate.limits, headgate.max-clients,"
                    + " headgate.typo changed since";
            assertThat(output.getAll()).containsOnlyOnce(CODE + ": " + said);
            assertThat(site.get("127.0.9.1", "/actuator/headgate").body())
                    .contains("\"" + CODE + "\":\"" + said)
                    .contains("\"2-per-86400s\"");
            assertThat(site.get("127.0.9.1", "/actuator/health").body()).contains("\"" + CODE + "\":\"" + said);
            assertThat(warning(site)).isEqualTo(1);
            for (int status : new int[] {200, 200, 429}) {
                assertThat(site.get("127.0.0.2", "/hello").status()).isEqualTo(status);
            }

            // What has changed before is not forgotten.
            Files.writeString(file, "headgate.limits=9/day\nheadgate.max-clients=7\nheadgate.cost=2\n");
            refresh(site);
            assertThat(site.context().getBean(SetupAdvice.class).warnings().get(CODE))
                    .contains("headgate.cost, headgate.limits, headgate.max-clients, headgate.typo changed since");
        }
    }

    private static String refresh(Site site) throws IOException {
        Reply reply = site.send("127.0.9.1", "POST", "/actuator/refresh", "Content-Length: 0");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.body();
    }

    private static double warning(Site site) {
        return site.context()
                .getBean(MeterRegistry.class)
                .get("headgate.warnings")
                .tag("code", CODE)
                .gauge()
                .value();
    }
}
