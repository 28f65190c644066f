package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.FilterStats;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** One application under limits of many kinds; every test is a client of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class ServerTest {

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Shop.class,
                "headgate.limits=3/minute",
                "headgate.rules[0].name=login",
                "headgate.rules[0].path=/login/*",
                "headgate.rules[0].methods=POST",
                "headgate.rules[0].limits=2/minute",
                "headgate.rules[0].charge-on=401",
                "headgate.rules[0].alone=true",
                "headgate.rules[1].path=/free",
                "headgate.rules[1].unlimited=true",
                "headgate.rules[2].path=/watched",
                "headgate.rules[2].limits=1/minute",
                "headgate.rules[2].dry-run=true",
                "headgate.exempt=127.0.9.0/24",
                "headgate.drain=20MB in 1m",
                "management.endpoints.web.exposure.include=health,headgate,metrics",
                "management.endpoint.headgate.access=unrestricted",
                "management.endpoint.health.probes.enabled=true",
                "management.endpoint.health.probes.add-additional-paths=true");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    @Test
    void eachClientHasABucket() throws IOException {
        assertThat(site.statuses("127.0.1.1", "/hello", 4)).containsExactly(200, 200, 200, 429);
        assertThat(site.statuses("127.0.1.2", "/hello", 1)).containsExactly(200);
    }

    @Test
    void anAsynchronousRequestCostsOnce() throws IOException {
        Reply reply = site.get("127.0.1.3", "/async");
        assertThat(reply.body()).contains("later");
        assertThat(reply.field("RateLimit")).contains("r=2");
        assertThat(site.statuses("127.0.1.3", "/async", 3)).containsExactly(200, 200, 429);
    }

    /** More than Tomcat reads of one on its own. */
    @Test
    void aRefusedUploadIsReadBeforeItIsAnswered() throws IOException {
        String upload = "x".repeat(10_000_000);
        assertThat(site.statuses("127.0.1.20", "/hello", 3)).containsExactly(200, 200, 200);
        for (int i = 0; i < 3; i++) {
            Reply reply = site.post("127.0.1.20", "/hello", "application/octet-stream", upload);
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).contains("Quota Exceeded");
        }
    }

    @Test
    void anErrorPageCostsNothingMore() throws IOException {
        Reply reply = site.get("127.0.1.4", "/broken");
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).contains("\"status\":500");
        assertThat(site.statuses("127.0.1.4", "/missing", 3)).containsExactly(404, 404, 429);
        assertThat(site.get("127.0.1.4", "/broken").body()).contains("Quota Exceeded");
    }

    @Test
    void aFailedLoginCountsBeforeSecurityRefusesIt() throws IOException {
        String wrong = "Authorization: Basic "
                + Base64.getEncoder().encodeToString("user:wrong".getBytes(StandardCharsets.UTF_8));
        assertThat(site.statuses("127.0.1.5", "/orders", 5, wrong)).containsExactly(401, 401, 401, 429, 429);
    }

    @Test
    @Timeout(120)
    void onlyFailedLoginsAreChargedWhereARuleSaysSo() throws IOException {
        String wrong = "Authorization: Basic "
                + Base64.getEncoder().encodeToString("user:wrong".getBytes(StandardCharsets.UTF_8));
        RateLimitFilter filter = site.context().getBean(RateLimitFilter.class);
        for (int i = 0; i < 5; i++) {
            long refunded = filter.stats().refunded();
            assertThat(site.send("127.0.1.6", "POST", "/login", "Content-Length: 0")
                            .status())
                    .isEqualTo(200);
            // The client may have its answer a moment before the filter learns that the request is over.
            while (filter.stats().refunded() == refunded) {
                Thread.onSpinWait();
            }
        }
        for (int status : new int[] {401, 401, 429}) {
            assertThat(site.send("127.0.1.6", "POST", "/login", "Content-Length: 0", wrong)
                            .status())
                    .isEqualTo(status);
        }
        assertThat(site.get("127.0.1.6", "/hello").status()).isEqualTo(200);
    }

    @Test
    void aPreflightCountsAndSeesNoCorsHeadersOnARefusal() throws IOException {
        String[] fields = {"Origin: https://shop.example", "Access-Control-Request-Method: POST"};
        for (int i = 0; i < 3; i++) {
            assertThat(site.send("127.0.1.7", "OPTIONS", "/hello", fields).status())
                    .isNotEqualTo(429);
        }
        Reply denied = site.send("127.0.1.7", "OPTIONS", "/hello", fields);
        assertThat(denied.status()).isEqualTo(429);
        assertThat(denied.field("Access-Control-Allow-Origin")).isEmpty();
    }

    @Test
    void rulesComeBeforeTheGeneralLimits() throws IOException {
        assertThat(site.statuses("127.0.1.8", "/free", 5)).containsOnly(404);
        assertThat(site.statuses("127.0.1.8", "/watched", 3)).containsOnly(404);
        assertThat(site.statuses("127.0.9.1", "/hello", 5)).containsOnly(200);
    }

    @Test
    void healthHasABucketOfItsOwn() throws IOException {
        assertThat(site.statuses("127.0.1.9", "/hello", 4)).endsWith(429);
        for (String path : new String[] {"/actuator/health", "/actuator/health/liveness", "/livez", "/readyz"}) {
            Reply reply = site.get("127.0.1.9", path);
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.field("RateLimit")).startsWith("\"health\";r=1");
        }
        assertThat(site.statuses("127.0.1.9", "/actuator/health", 17)).endsWith(200, 429);
        assertThat(site.get("127.0.1.9", "/actuator/healthy").field("RateLimit"))
                .startsWith("\"3-per-60s\"");
    }

    @Test
    void aForgedHeaderChangesNothing() throws IOException {
        for (int i = 0; i < 3; i++) {
            site.get("127.0.1.10", "/hello", "X-Forwarded-For: 198.51.100." + i, "Forwarded: for=198.51.100." + i);
        }
        assertThat(site.get("127.0.1.10", "/hello", "X-Forwarded-For: 198.51.100.9")
                        .status())
                .isEqualTo(429);
    }

    @Test
    void logsAClientOnceAMinute(CapturedOutput output) throws IOException {
        // Other clients that were denied in this minute may have the place, by their hashes, in which this one is to be
        // noted.
        site.context().getBean(FakeTicker.class).advance(Duration.ofMinutes(1));
        site.statuses("127.0.1.11", "/hello", 6);
        assertThat(output.getAll().lines().filter(line -> line.contains("127.0.1.11")))
                .singleElement()
                .asString()
                .contains("INFO")
                .contains("127.0.1.11 is denied by the limiter \"default\"");
    }

    @Test
    void theEndpointShowsCountsAndMasksClients() throws IOException {
        site.statuses("127.0.77.1", "/hello", 30);
        Reply reply = site.get("127.0.9.2", "/actuator/headgate");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body())
                .contains("\"requests\":{\"allowed\":")
                .contains("\"limiters\":{\"default\":{\"limits\":{\"3-per-60s\":{\"permits\":3,\"periodSeconds\":60.0,"
                        + "\"capacity\":3,\"denied\":")
                .contains("\"login\":{\"limits\":{\"2-per-60s\":")
                .contains("\"maxClients\":1000000")
                .containsPattern("\"memoryBytes\":[0-9]{3,6},\"maxMemoryBytes\":[0-9]{8},")
                .contains("{\"client\":\"127.0.77.0/24\",\"denied\":")
                .doesNotContain("127.0.77.1");
    }

    @Test
    void theEndpointInspectsAndResetsOneClient() throws IOException {
        site.statuses("127.0.1.12", "/hello", 4);
        assertThat(site.get("127.0.9.2", "/actuator/headgate/127.0.1.12").body())
                .contains("\"client\":\"127.0.1.12\"")
                .contains("\"default\":{\"allowed\":false,\"retryAfterSeconds\":20.0,");
        Reply reset = site.send("127.0.9.2", "DELETE", "/actuator/headgate/127.0.1.12");
        assertThat(reset.status()).isEqualTo(200);
        assertThat(reset.body()).contains("\"default\":{\"allowed\":true,");
        assertThat(site.get("127.0.1.12", "/hello").status()).isEqualTo(200);
        assertThat(site.get("127.0.9.2", "/actuator/headgate/nobody").status()).isEqualTo(400);
        assertThat(site.get("127.0.9.2", "/actuator/headgate/2001:db8::1:2").body())
                .contains("\"client\":\"2001:db8::\"");
    }

    @Test
    void metersCountDecisions() throws IOException {
        MeterRegistry registry = site.context().getBean(MeterRegistry.class);
        double before = denied(registry);
        site.statuses("127.0.1.13", "/hello", 5);
        assertThat(denied(registry) - before).isEqualTo(2);
        site.statuses("127.0.1.13", "/watched", 2);
        assertThat(registry.get("headgate.decisions")
                        .tags("limiter", "/watched", "outcome", "dry_run_denied", "limit", "1-per-60s")
                        .functionCounter()
                        .count())
                .isPositive();
        assertThat(site.get("127.0.9.2", "/actuator/metrics/headgate.decisions?tag=outcome:allowed&tag=limiter:default")
                        .body())
                .contains("\"name\":\"headgate.decisions\"")
                .contains("COUNT");
        assertThat(site.get("127.0.9.2", "/actuator/metrics/headgate.clients").status())
                .isEqualTo(200);
    }

    private static double denied(MeterRegistry registry) {
        return registry.get("headgate.decisions")
                .tags("limiter", "default", "outcome", "denied", "limit", "3-per-60s")
                .functionCounter()
                .count();
    }

    /** The filter ran once for each request, whoever registered it. */
    @Test
    void theFilterIsThereOnce() throws IOException {
        FilterStats before = site.context().getBean(RateLimitFilter.class).stats();
        assertThat(site.get("127.0.1.14", "/hello").field("RateLimit")).contains("r=2");
        assertThat(site.context().getBean(RateLimitFilter.class).stats().allowed() - before.allowed())
                .isEqualTo(1);
    }

    /** The 429 of a refused request is seen by observations, which are opened before the filter. */
    @Test
    void refusalsAreObserved() throws IOException {
        site.statuses("127.0.1.15", "/hello", 4);
        assertThat(site.context()
                        .getBean(MeterRegistry.class)
                        .get("http.server.requests")
                        .tag("status", "429")
                        .timer()
                        .count())
                .isPositive();
    }
}
