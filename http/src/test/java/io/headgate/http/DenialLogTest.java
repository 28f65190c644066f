package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is denied is told, seldom enough, and nothing that is a secret. */
class DenialLogTest {

    private final LogRecords log = new LogRecords(RequestLimiter.class);
    private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 5);
    private final List<ClientDenied> heard = new ArrayList<>();

    @AfterEach
    void close() {
        log.close();
    }

    private List<String> lines() {
        return log.messages(Level.INFO).stream()
                .filter(line -> line.contains(" denied by the limiter "))
                .toList();
    }

    private RequestLimiter.Builder limits(Limiter<ClientAddress> limiter) {
        return RequestLimiter.builder(limiter).ticker(ticker).onClientDenied(heard::add);
    }

    private LocalLimiter<ClientAddress> denying(String name) {
        return Limiter.forAddresses(Limit.parse("1/day"))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .maxKeys(1000)
                .name(name)
                .build();
    }

    private static void deny(RequestLimiter limits, String peer, int times) {
        for (int i = 0; i < times; i++) {
            limits.decide(FakeRequest.from(peer));
        }
    }

    @Test
    void aClientHasOneLineAMinute() {
        RequestLimiter limits = limits(denying("login")).build();
        deny(limits, "192.0.2.1", 1);
        assertThat(lines()).isEmpty();
        deny(limits, "192.0.2.1", 50);
        assertThat(lines()).singleElement().asString().startsWith("192.0.2.1 is denied by the limiter \"login\"");
        ticker.advance(Duration.ofSeconds(60).minusNanos(1));
        deny(limits, "192.0.2.1", 5);
        assertThat(lines()).hasSize(1);
        ticker.advanceNanos(1);
        deny(limits, "192.0.2.1", 5);
        assertThat(lines()).hasSize(2);
        assertThat(heard)
                .containsExactly(
                        new ClientDenied(ClientAddress.parse("192.0.2.1"), "login", false),
                        new ClientDenied(ClientAddress.parse("192.0.2.1"), "login", false));
    }

    @Test
    void thereIsALineWithoutAListenerToo() {
        RequestLimiter limits =
                RequestLimiter.builder(denying("login")).ticker(ticker).build();
        deny(limits, "192.0.2.1", 2);
        assertThat(lines()).hasSize(1);
    }

    @Test
    void theFirstLineComesWhateverTheClockReads() {
        for (long start : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            ticker.set(start);
            RequestLimiter limits = limits(denying("login")).build();
            deny(limits, "192.0.2.1", 2);
            assertThat(heard).as("at %d", start).hasSize(1);
            heard.clear();
        }
    }

    @Test
    void networksOfIpv6HaveOneLine() {
        RequestLimiter limits = limits(denying("login")).build();
        for (int i = 0; i < 50; i++) {
            deny(limits, "2001:db8:0:7::" + Integer.toHexString(i), 1);
        }
        assertThat(lines()).singleElement().asString().startsWith("2001:db8:0:7:: is denied");
        assertThat(heard).extracting(ClientDenied::client).containsExactly(ClientAddress.parse("2001:db8:0:7::"));
        assertThat(limits.topDenied(5)).containsExactly(new Hit<>(ClientAddress.parse("2001:db8:0:7::"), 49, 0));
    }

    @Test
    void networksHaveOneLineAlsoIfTheLimiterTellsAddressesApart() {
        LocalLimiter<ClientAddress> unmasked = Limiter.<ClientAddress>builder(Limit.parse("1/day"))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = limits(unmasked).build();
        for (int i = 0; i < 9; i++) {
            deny(limits, "2001:db8:0:7::" + Integer.toHexString(i), 2);
        }
        assertThat(lines()).singleElement().asString().startsWith("2001:db8:0:7:: is denied");
        deny(limits, "::1", 2);
        assertThat(lines()).hasSize(2).last().asString().startsWith("::1 is denied");
    }

    @Test
    void manyClientsHaveAtMostOneLineEach() {
        RequestLimiter limits = limits(denying("login")).build();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 500; i++) {
                deny(limits, "198.18." + i / 250 + "." + i % 250, round == 0 ? 2 : 1);
            }
        }
        assertThat(lines()).doesNotHaveDuplicates().hasSizeBetween(250, 500);
        assertThat(heard).hasSameSizeAs(lines()).doesNotHaveDuplicates();
        ticker.advance(Duration.ofMinutes(1));
        int before = lines().size();
        for (int i = 499; i >= 0; i--) {
            deny(limits, "198.18." + i / 250 + "." + i % 250, 1);
        }
        // Nobody who waited for a slot waits for ever: those who come first have it.
        assertThat(lines().size() - before).isBetween(250, 500);
    }

    @Test
    void keysThatAreNoAddressesAreNeverTold() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("1/day"))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = RequestLimiter.builder(byKey, request -> "secret-key")
                .ticker(ticker)
                .onClientDenied(heard::add)
                .build();
        deny(limits, "192.0.2.1", 9);
        assertThat(limits.stats().denied()).isEqualTo(8);
        assertThat(lines()).isEmpty();
        assertThat(heard).isEmpty();
        assertThat(log.text()).doesNotContain("secret-key");
        assertThat(limits.topDenied(5)).isEmpty();
    }

    @Test
    void aDryRunIsToldAsOne() {
        RequestLimiter limits = limits(denying("login")).dryRun(true).build();
        deny(limits, "192.0.2.1", 3);
        assertThat(lines()).singleElement().asString().startsWith("192.0.2.1 would be denied by the limiter \"login\"");
        assertThat(heard).containsExactly(new ClientDenied(ClientAddress.parse("192.0.2.1"), "login", true));
        assertThat(limits.topDenied(5)).containsExactly(new Hit<>(ClientAddress.parse("192.0.2.1"), 2, 0));
    }

    @Test
    void theDryRunOfOneOfTwoChargesIsToldToo() {
        RequestLimiter limits = RequestLimiter.builder(Buckets.of("100/day"))
                .ticker(ticker)
                .onClientDenied(heard::add)
                .rule(Rule.limiter("/static/*", denying("shadow")).dryRun())
                .build();
        for (int i = 0; i < 3; i++) {
            limits.decide(new FakeRequest().path("/static/../x"));
        }
        assertThat(limits.stats().dryRunDenied()).isEqualTo(2);
        assertThat(heard).containsExactly(new ClientDenied(ClientAddress.parse("192.0.2.1"), "shadow", true));
    }

    @Test
    void whoIsNotDeniedByALimiterIsNotTold() {
        RequestLimiter limits =
                limits(denying("login")).noAddress(NoAddress.DENY).build();
        deny(limits, "unix", 3);
        deny(limits, "192.0.2.1", 1);
        assertThat(limits.stats().denied()).isEqualTo(3);
        assertThat(lines()).isEmpty();
        assertThat(heard).isEmpty();
    }

    @Test
    void aListenerHearsAlsoIfNothingIsLogged() {
        Logger logger = Logger.getLogger(RequestLimiter.class.getName());
        logger.setLevel(Level.WARNING);
        try {
            RequestLimiter limits = limits(denying("login")).build();
            deny(limits, "192.0.2.1", 9);
            assertThat(lines()).isEmpty();
            assertThat(heard).hasSize(1);
        } finally {
            logger.setLevel(null);
        }
    }

    @Test
    void aListenerThatThrowsHarmsNothing() {
        RequestLimiter limits = RequestLimiter.builder(denying("login"))
                .ticker(ticker)
                .onClientDenied(denied -> {
                    throw new IllegalStateException("on purpose");
                })
                .build();
        deny(limits, "192.0.2.1", 1);
        FakeRequest request = new FakeRequest();
        Verdict verdict = limits.decide(request);
        assertThat(verdict.passes()).isFalse();
        assertThat(verdict.refusal().status()).isEqualTo(429);
        assertThat(request.attributes).containsKey(limits.attribute());
        assertThat(lines()).hasSize(1);
        assertThat(limits.stats().failed()).isEqualTo(1);
        assertThat(limits.stats().denied()).isEqualTo(1);
        assertThat(limits.topDenied(1)).hasSize(1);
        deny(limits, "192.0.2.1", 5);
        assertThat(limits.stats().failed()).isEqualTo(1);
    }

    @Test
    void whoIsDeniedMostComesFirst() {
        RequestLimiter limits = limits(denying("login")).build();
        deny(limits, "192.0.2.1", 5);
        deny(limits, "192.0.2.2", 9);
        deny(limits, "192.0.2.3", 1);
        assertThat(limits.topDenied(5))
                .containsExactly(
                        new Hit<>(ClientAddress.parse("192.0.2.2"), 8, 0),
                        new Hit<>(ClientAddress.parse("192.0.2.1"), 4, 0));
        assertThat(limits.topDenied(1)).hasSize(1);
    }
}
