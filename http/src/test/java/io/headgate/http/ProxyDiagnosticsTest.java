package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What looks misconfigured is said once, with the fix, and without a word that a client wrote. */
class ProxyDiagnosticsTest {

    private static final List<AddressRange> TEN = List.of(AddressRange.parse("10.0.0.0/8"));

    private final LogRecords log = new LogRecords(RequestLimiter.class);
    private final LocalLimiter<ClientAddress> limiter = limiter(Limiter.forAddresses(Limit.parse("1000000/s")));

    private static <K> LocalLimiter<K> limiter(LimiterBuilder<K> builder) {
        return builder.ticker(new FakeTicker()).sweepInterval(Duration.ZERO).build();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private static void serve(RequestLimiter limits, FakeRequest request) {
        limits.decide(request);
    }

    private RequestLimiter limits(ClientAddressResolver resolver) {
        return RequestLimiter.builder(limiter).resolver(resolver).build();
    }

    @Test
    void aForwardingHeaderWhileNoProxyIsTrusted() {
        for (ClientAddressResolver resolver :
                List.of(ClientAddressResolver.remoteAddress(), ClientAddressResolver.xForwardedFor(List.of()))) {
            for (String header : List.of("X-Forwarded-For", "Forwarded")) {
                try (LogRecords here = new LogRecords(RequestLimiter.class)) {
                    RequestLimiter limits = limits(resolver);
                    serve(limits, FakeRequest.from("192.0.2.1"));
                    assertThat(here.warnings()).isEmpty();
                    serve(limits, FakeRequest.from("192.0.2.1").header(header, "evil\r\nheader text"));
                    serve(limits, FakeRequest.from("192.0.2.2").header(header, "evil\r\nheader text"));
                    assertThat(here.warnings())
                            .singleElement()
                            .asString()
                            .contains("header " + header)
                            .contains("trustedProxies");
                    assertThat(here.text()).doesNotContain("evil");
                }
            }
        }
    }

    @Test
    void aRangeThatClientsAreInIsTrusted() {
        for (String range :
                List.of("0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "128.0.0.0/1", "8.0.0.0/7", "2000::/3", "fc00::/6")) {
            try (LogRecords here = new LogRecords(RequestLimiter.class)) {
                AddressRange wide = AddressRange.parse(range);
                RequestLimiter limits = limits(ClientAddressResolver.xForwardedFor(List.of(TEN.get(0), wide)));
                serve(limits, FakeRequest.from("192.0.2.1").header("X-Forwarded-For", "6.6.6.6"));
                serve(limits, FakeRequest.from("192.0.2.1").header("X-Forwarded-For", "6.6.6.6"));
                assertThat(here.warnings())
                        .singleElement()
                        .asString()
                        .contains("range " + wide + " is wider")
                        .contains("your own proxies");
            }
        }
        limits(ClientAddressResolver.xForwardedFor(List.of(TEN.get(0), AddressRange.parse("fc00::/7"))));
        assertThat(log.warnings()).hasSize(7);
    }

    @Test
    void aTrustedProxyThatSendsNoHeader() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .resolver(ClientAddressResolver.xForwardedFor(TEN))
                .exempt(AddressRange.parse("10.9.0.0/16"))
                .build();
        serve(limits, FakeRequest.from("10.9.9.9"));
        serve(limits, FakeRequest.from("192.0.2.1"));
        serve(limits, FakeRequest.from("10.1.1.1").header("X-Forwarded-For", "198.51.100.7"));
        assertThat(log.warnings()).isEmpty();
        serve(limits, FakeRequest.from("[::ffff:10.1.1.1]:80"));
        serve(limits, FakeRequest.from("10.1.1.2"));
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains("10.1.1.1 ")
                .contains("X-Forwarded-For")
                .contains("exempt");
    }

    @Test
    void mostRequestsShareOneKey() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        for (int i = 0; i < 40_000 && log.warnings().isEmpty(); i++) {
            serve(limits, FakeRequest.from(i % 3 == 0 ? "192.0.2." + i % 200 : "2001:db8:0:1::" + i % 100));
        }
        for (int i = 0; i < 20_000; i++) {
            serve(limits, FakeRequest.from("2001:db8:0:1::1"));
        }
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains("2001:db8:0:1::.")
                .contains("trustedProxies");
    }

    @Test
    void aTranslatorWhosePrefixIsKnownIsNoCrowd() {
        LocalLimiter<ClientAddress> translating = limiter(Limiter.forAddresses(Limit.parse("1000000/s"))
                .translationPrefixes(AddressRange.parse("2001:db8:0:1::/96")));
        RequestLimiter limits = RequestLimiter.builder(translating).build();
        for (int i = 0; i < 20_000; i++) {
            serve(limits, FakeRequest.from("2001:db8:0:1::192.0.2." + i % 4));
        }
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void manyClientsAreNoCrowd() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        for (int i = 0; i < 20_000; i++) {
            serve(limits, FakeRequest.from("192.0.2." + i % 4));
        }
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void aLimiterThatDoesNotMaskAddresses() {
        LocalLimiter<ClientAddress> unmasked = limiter(Limiter.<ClientAddress>builder(Limit.parse("1/s")));
        RequestLimiter.builder(unmasked).build();
        RequestLimiter.builder(limiter).rule(Rule.limiter("/b", unmasked)).build();
        assertThat(log.warnings()).hasSize(2).allMatch(text -> text.contains("Limiter.forAddresses"));
        RequestLimiter.builder(unmasked, request -> ClientAddress.parse("::1")).build();
        RequestLimiter.builder(limiter).build();
        assertThat(log.warnings()).hasSize(2);
    }

    @Test
    void failuresAreLoggedOnceAMinuteWithoutTheirMessage() {
        FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 5);
        Counters counters = new Counters();
        FailureLog failures = new FailureLog("f", ticker, counters.failed);
        RuntimeException failure =
                new IllegalStateException("header text", new IllegalArgumentException("more\nheader text"));
        for (int i = 0; i < 10; i++) {
            failures.report(failure);
        }
        assertThat(log.warnings()).hasSize(1);
        ticker.advance(Duration.ofSeconds(60).minusNanos(1));
        failures.report(failure);
        assertThat(log.warnings()).hasSize(1);
        ticker.advanceNanos(1);
        failures.report(failure);
        assertThat(log.warnings()).hasSize(2);
        assertThat(log.warnings().get(1)).contains("12 times");
        assertThat(counters.failed.sum()).isEqualTo(12);
        assertThat(log.text())
                .doesNotContain("header text")
                .contains("java.lang.IllegalStateException")
                .contains("java.lang.IllegalArgumentException")
                .contains("ProxyDiagnosticsTest.java")
                .doesNotContain("FailureLog.java");
    }

    @Test
    void ofManyCausesTheFirstEightAreLogged() {
        Exception failure = new IllegalStateException("the last");
        for (int i = 0; i < 20; i++) {
            failure = new IllegalStateException(failure);
        }
        new FailureLog("f", new FakeTicker(), new Counters().failed).report(failure);
        assertThat(log.text().split("Caused by: ", -1)).hasSize(1 + 8);
    }
}
