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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unix:|a Unix socket",
                "/run/app.sock|a Unix socket",
                "unknown|unknown",
                "Unknown|unknown",
                "_hidden|an obfuscated identifier",
                "0.0.0.0|an unspecified address",
                "2001:db8::1:4711:80:90:100:1:2|no IPv6 address, which has brackets where a port follows",
                "evil|no address"
            })
    void aTrustedProxyThatHandsOnNoAddress(String node, String kind) {
        for (boolean rfc7239 : new boolean[] {false, true}) {
            try (LogRecords here = new LogRecords(RequestLimiter.class)) {
                String header = rfc7239 ? "Forwarded" : "X-Forwarded-For";
                RequestLimiter limits = limits(ClientAddressResolver.header(header, TEN));
                String good = rfc7239 ? "for=" + node + ", for=198.51.100.7" : node + ", 198.51.100.7";
                serve(limits, FakeRequest.from("10.1.1.1").header(header, good));
                assertThat(here.warnings()).isEmpty();
                String bad = rfc7239 ? "for=\"" + node + "\", for=10.2.2.2" : node + ", 10.2.2.2";
                serve(limits, FakeRequest.from("10.1.1.1").header(header, bad));
                serve(limits, FakeRequest.from("10.1.1.1").header(header, bad));
                assertThat(here.warnings())
                        .singleElement()
                        .asString()
                        .contains("HG-009", "10.2.2.2 ", " " + header + " that is " + kind + ",", "trustedHops")
                        .doesNotContain("evil", "hidden", "run");
            }
        }
    }

    @Test
    void anElementThatIsEmptyOrMalformed() {
        RequestLimiter limits = limits(ClientAddressResolver.forwarded(TEN));
        serve(limits, FakeRequest.from("10.1.1.1").header("Forwarded", "by=10.2.2.2;evil"));
        serve(
                limits(ClientAddressResolver.xForwardedFor(TEN)),
                FakeRequest.from("10.1.1.1").header("X-Forwarded-For", ""));
        assertThat(log.warnings()).hasSize(2);
        assertThat(log.warnings().get(0)).contains("that is malformed, or without for=,");
        assertThat(log.warnings().get(1)).contains("that is empty,");
    }

    @Test
    void clientsInTrustedRangesAreNoObstacle() {
        RequestLimiter limits = limits(ClientAddressResolver.xForwardedFor(TEN));
        serve(limits, FakeRequest.from("10.1.1.1").header("X-Forwarded-For", "10.3.3.3, 10.2.2.2"));
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void fewerElementsThanHops() {
        for (String header : List.of("X-Forwarded-For", "Forwarded")) {
            try (LogRecords here = new LogRecords(RequestLimiter.class)) {
                String two = header.equals("Forwarded") ? "for=192.0.2.1, for=10.2.2.2" : "192.0.2.1, 10.2.2.2";
                RequestLimiter limits = RequestLimiter.builder()
                        .limits(Limit.parse("1000000/s"))
                        .trustedHops(2)
                        .forwardedHeader(header)
                        .build();
                serve(limits, FakeRequest.from("192.0.2.1").header(header, two));
                serve(limits, FakeRequest.from(null).header(header, two));
                serve(limits, FakeRequest.from("10.1.1.1").header(header, "evil", "evil"));
                assertThat(here.warnings()).isEmpty();
                serve(limits, FakeRequest.from("10.1.1.1").header(header, "evil"));
                serve(limits, FakeRequest.from("10.1.1.1"));
                assertThat(here.warnings())
                        .singleElement()
                        .asString()
                        .contains("HG-010", "from 10.1.1.1 ", header, "set trustedHops", "AJP", "PROXY protocol")
                        .doesNotContain("evil");
                limits.close();
            }
        }
    }

    @Test
    void aPeerWithoutAnAddressThatForwards() {
        for (ClientAddressResolver resolver :
                List.of(ClientAddressResolver.remoteAddress(), ClientAddressResolver.xForwardedFor(TEN))) {
            try (LogRecords here = new LogRecords(RequestLimiter.class)) {
                RequestLimiter limits = limits(resolver);
                serve(limits, FakeRequest.from("unix:/run/app.sock"));
                assertThat(here.warnings()).isEmpty();
                serve(limits, FakeRequest.from("unix:/run/app.sock").header("X-Forwarded-For", "198.51.100.7"));
                serve(limits, FakeRequest.from(null).header("Forwarded", "for=198.51.100.7"));
                assertThat(here.warnings())
                        .singleElement()
                        .asString()
                        .contains("HG-011", "X-Forwarded-For", "set trustedHops");
            }
        }
    }

    /** What does not help is not recommended. */
    @Test
    void whatHelpsAgainstACrowdDependsOnTheResolver() {
        assertThat(crowded(ClientAddressResolver.remoteAddress(), "192.0.2.9")).contains("name it in trustedProxies");
        assertThat(crowded(ClientAddressResolver.remoteAddress(), null))
                .contains("client, ::.", "set trustedHops", "noAddress");
        assertThat(crowded(ClientAddressResolver.xForwardedFor(TEN), "10.1.1.1"))
                .contains("does not name them in forwardedHeader");
        assertThat(crowded(ClientAddressResolver.xForwardedForHops(1), "192.0.2.9"))
                .contains("trustedHops is not the number")
                .doesNotContain("trustedProxies");
        assertThat(crowded(HttpRequest::remoteAddress, "192.0.2.9"))
                .contains("let your resolver name them")
                .doesNotContain("trusted");
    }

    private String crowded(ClientAddressResolver resolver, @Nullable String peer) {
        RequestLimiter limits = limits(resolver);
        for (int i = 0; i < 20_000; i++) {
            serve(limits, FakeRequest.from(peer));
        }
        return String.valueOf(limits.warningTexts().get(Warning.CROWDED_KEY));
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
