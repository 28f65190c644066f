package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules that the documentation recommends for logins, against who guesses passwords and who knows them. */
@Timeout(240)
class LoginTest {

    private static final String DOCS = "../docs/spring-boot.md";

    @TempDir
    Path directory;

    /** An application with a rule as it stands in the documentation. */
    private Site site(Login login, String limits, String rule) throws IOException {
        Path yaml = directory.resolve("application.yml");
        Files.writeString(yaml, "headgate:\n  limits: " + limits + "\n  rules:\n    - " + rule + "\n");
        return Site.of(login.application, "spring.config.location=file:" + yaml);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        FORM   | { path: /login/*, methods: POST, limits: 5/minute, charge-on: failed-login }
        FORM   | { path: /login/*, methods: POST, limits: 5/minute, charge-on: "302 to /login?error" }
        BASIC  | { path: /api/*, limits: 5/minute, charge-on: failed-login }
        BASIC  | { path: /api/*, limits: 5/minute, charge-on: 401 }
        BEARER | { path: /api/*, limits: 5/minute, charge-on: failed-login }
        BEARER | { path: /api/*, limits: 5/minute, charge-on: 401 }
        JSON   | { path: /api/login/*, methods: POST, limits: 5/minute, charge-on: failed-login }
        JSON   | { path: /api/login/*, methods: POST, limits: 5/minute, charge-on: 4xx }
        """)
    void aRuleProtectsALogin(Login login, String rule) throws Exception {
        assertThat(Files.readString(Path.of(DOCS))).contains("`" + rule + "`");
        try (Site site = site(login, "1000/minute", rule)) {
            wrongPasswordsInARow(login, site);
            wrongPasswordsAtOnce(login, site);
            rightPasswordsInARow(login, site);
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).isEmpty();
        }
    }

    private static void wrongPasswordsInARow(Login login, Site site) throws IOException {
        Login.Client client = login.client(site, "127.0.2.1");
        for (int i = 0; i < 40; i++) {
            assertThat(client.tries("wrong").status()).as("attempt %s", i + 1).isEqualTo(i < 5 ? login.wrong : 429);
        }
        assertThat(Login.checks(site)).hasValue(5);
        Reply denied = client.tries("right");
        assertThat(denied.status()).isEqualTo(429);
        assertThat(denied.field("Retry-After")).isEqualTo("12");
        site.context().getBean(FakeTicker.class).advance(Duration.ofSeconds(12));
        Reply served = client.tries("right");
        assertThat(served.status()).isEqualTo(login.right);
        assertThat(served.field("Location")).doesNotContain("error");
        assertThat(Login.checks(site)).hasValue(6);
    }

    private static void wrongPasswordsAtOnce(Login login, Site site) throws Exception {
        int before = Login.checks(site).get();
        Login.Client client = login.client(site, "127.0.2.2");
        ExecutorService threads = Executors.newFixedThreadPool(20);
        try {
            List<Future<Reply>> replies = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                replies.add(threads.submit(() -> client.tries("wrong")));
            }
            for (Future<Reply> reply : replies) {
                assertThat(reply.get().status()).isIn(login.wrong, 429);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(Login.checks(site)).hasValue(before + 5);
    }

    /** One at a time: as many at once as the limit has permits would be one too many. */
    private static void rightPasswordsInARow(Login login, Site site) throws IOException {
        for (int i = 0; i < 40; i++) {
            assertThat(right(login, site, "127.0.2.3").status())
                    .as("attempt %s", i + 1)
                    .isEqualTo(login.right);
        }
    }

    private static Reply right(Login login, Site site, String from) throws IOException {
        Login.Client client = login.client(site, from);
        RateLimitFilter filter = site.context().getBean(RateLimitFilter.class);
        long refunded = filter.stats().refunded();
        Reply reply = client.tries("right");
        // The client may have its answer a moment before the filter learns that the request is over.
        while (reply.status() != 429 && filter.stats().refunded() == refunded) {
            Thread.onSpinWait();
        }
        return reply;
    }

    /** The price of a rule that charges by the outcome. */
    @Test
    void rightPasswordsUnderWayHoldTheirPermits() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(5);
        String rule = "{ path: /api/*, limits: 5/minute, charge-on: failed-login }";
        try (Site site = site(Login.BASIC, "1000/minute", rule)) {
            Login.Client client = Login.BASIC.client(site, "127.0.2.5");
            Login.Checks checks = site.context().getBean(Login.Checks.class);
            checks.gate = new CountDownLatch(1);
            List<Future<Reply>> underWay = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                underWay.add(threads.submit(() -> client.tries("right")));
            }
            while (checks.count.get() < 5) {
                Thread.onSpinWait();
            }
            assertThat(client.tries("right").status()).isEqualTo(429);
            checks.gate.countDown();
            for (Future<Reply> reply : underWay) {
                assertThat(reply.get().status()).isEqualTo(200);
            }
            RateLimitFilter filter = site.context().getBean(RateLimitFilter.class);
            while (filter.stats().refunded() < 5) {
                Thread.onSpinWait();
            }
            assertThat(client.tries("right").status()).isEqualTo(200);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theGeneralLimitsHoldBesideARuleForFailures() throws IOException {
        String rule = "{ path: /api/*, limits: 5/minute, charge-on: failed-login }";
        try (Site site = site(Login.BASIC, "10/minute", rule)) {
            for (int i = 0; i < 10; i++) {
                assertThat(right(Login.BASIC, site, "127.0.2.4").status()).isEqualTo(200);
            }
            Reply denied = right(Login.BASIC, site, "127.0.2.4");
            assertThat(denied.status()).isEqualTo(429);
            assertThat(denied.body()).contains("\"violated-policies\":[\"10-per-60s\"]");
            assertThat(Login.checks(site)).hasValue(10);
        }
    }
}
