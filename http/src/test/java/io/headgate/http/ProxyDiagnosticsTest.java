package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What looks misconfigured is said once, with the fix, and without a word that a client wrote. */
class AdviceTest {

    private static final List<AddressRange> TEN = List.of(AddressRange.parse("10.0.0.0/8"));

    private final LogRecords log = new LogRecords();
    private final LocalLimiter<ClientAddress> limiter = limiter(Limiter.forAddresses(Limit.parse("1000000/s")));

    private static <K> LocalLimiter<K> limiter(LimiterBuilder<K> builder) {
        return builder.ticker(new FakeTicker()).sweepInterval(Duration.ZERO).build();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private static void serve(RateLimitFilter filter, FakeRequest request) throws Exception {
        filter.doFilter(request.http(), new FakeResponse().http(), (q, r) -> {});
    }

    private RateLimitFilter filter(ClientAddressResolver resolver) {
        return RateLimitFilter.builder(limiter).resolver(resolver).build();
    }

    @Test
    void aForwardingHeaderWhileNoProxyIsTrusted() throws Exception {
        for (ClientAddressResolver resolver :
                List.of(ClientAddressResolver.remoteAddress(), ClientAddressResolver.xForwardedFor(List.of()))) {
            for (String header : List.of("X-Forwarded-For", "Forwarded")) {
                try (LogRecords here = new LogRecords()) {
                    RateLimitFilter filter = filter(resolver);
                    serve(filter, FakeRequest.from("192.0.2.1"));
                    assertThat(here.warnings()).isEmpty();
                    serve(filter, FakeRequest.from("192.0.2.1").header(header, "evil\r\nheader text"));
                    serve(filter, FakeRequest.from("192.0.2.2").header(header, "evil\r\nheader text"));
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
    void everybodyIsTrusted() throws Exception {
        for (String all : List.of("0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96")) {
            try (LogRecords here = new LogRecords()) {
                RateLimitFilter filter =
                        filter(ClientAddressResolver.xForwardedFor(List.of(TEN.get(0), AddressRange.parse(all))));
                serve(filter, FakeRequest.from("192.0.2.1").header("X-Forwarded-For", "6.6.6.6"));
                serve(filter, FakeRequest.from("192.0.2.1").header("X-Forwarded-For", "6.6.6.6"));
                assertThat(here.warnings())
                        .singleElement()
                        .asString()
                        .contains("::/0")
                        .contains("your own proxies");
            }
        }
        filter(ClientAddressResolver.xForwardedFor(TEN)).init(FakeConfig.of("f", Map.of()));
        assertThat(log.warnings()).hasSize(3);
    }

    @Test
    void aTrustedProxyThatSendsNoHeader() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .resolver(ClientAddressResolver.xForwardedFor(TEN))
                .exempt(AddressRange.parse("10.9.0.0/16"))
                .build();
        serve(filter, FakeRequest.from("10.9.9.9"));
        serve(filter, FakeRequest.from("192.0.2.1"));
        serve(filter, FakeRequest.from("10.1.1.1").header("X-Forwarded-For", "198.51.100.7"));
        assertThat(log.warnings()).isEmpty();
        serve(filter, FakeRequest.from("[::ffff:10.1.1.1]:80"));
        serve(filter, FakeRequest.from("10.1.1.2"));
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains("10.1.1.1 ")
                .contains("X-Forwarded-For")
                .contains("exempt");
    }

    @Test
    void mostRequestsShareOneKey() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        for (int i = 0; i < 40_000 && log.warnings().isEmpty(); i++) {
            serve(filter, FakeRequest.from(i % 3 == 0 ? "192.0.2." + i % 200 : "2001:db8:0:1::" + i % 100));
        }
        for (int i = 0; i < 20_000; i++) {
            serve(filter, FakeRequest.from("2001:db8:0:1::1"));
        }
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains("2001:db8:0:1::.")
                .contains("trustedProxies");
    }

    @Test
    void aTranslatorWhosePrefixIsKnownIsNoCrowd() throws Exception {
        LocalLimiter<ClientAddress> translating = limiter(Limiter.forAddresses(Limit.parse("1000000/s"))
                .translationPrefixes(AddressRange.parse("2001:db8:0:1::/96")));
        RateLimitFilter filter = RateLimitFilter.builder(translating).build();
        for (int i = 0; i < 20_000; i++) {
            serve(filter, FakeRequest.from("2001:db8:0:1::192.0.2." + i % 4));
        }
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void manyClientsAreNoCrowd() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        for (int i = 0; i < 20_000; i++) {
            serve(filter, FakeRequest.from("192.0.2." + i % 4));
        }
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void aLimiterThatDoesNotMaskAddresses() throws Exception {
        LocalLimiter<ClientAddress> unmasked = limiter(Limiter.<ClientAddress>builder(Limit.parse("1/s")));
        RateLimitFilter.builder(unmasked).build().init(FakeConfig.of("a", Map.of()));
        RateLimitFilter.builder(limiter)
                .rule(Rule.limiter("/b", unmasked))
                .build()
                .init(FakeConfig.of("b", Map.of()));
        assertThat(log.warnings()).hasSize(2).allMatch(text -> text.contains("Limiter.forAddresses"));
        RateLimitFilter.builder(unmasked, request -> ClientAddress.parse("::1"))
                .build()
                .init(FakeConfig.of("c", Map.of()));
        RateLimitFilter.builder(limiter).build().init(FakeConfig.of("d", Map.of()));
        assertThat(log.warnings()).hasSize(2);
    }

    @Test
    void failuresAreLoggedOnceAMinuteWithoutTheirMessage() {
        FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 5);
        Counters counters = new Counters();
        Failures failures = new Failures("f", ticker, counters.failed);
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
                .contains("AdviceTest.java");
    }
}
