package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.metrics.HeavyHitters;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a listener of denials is told, and what it may do. */
class DenialsTest {

    private static <K> LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(new FakeTicker()).sweepInterval(Duration.ZERO).build();
    }

    private static LocalLimiter<Integer> limiter(Overflow overflow, Consumer<Integer> onDenied) {
        return build(Limiter.<Integer>builder(Limit.parse("1/day"))
                .maxKeys(1)
                .overflow(overflow)
                .onDenied(onDenied));
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARE", "ALLOW", "DENY"}) // two caches need not evict the same
    void aCallIsCountedAlsoIfTheListenerThrows(Overflow overflow) {
        LocalLimiter<Integer> silent = limiter(overflow, key -> {});
        LocalLimiter<Integer> throwing = limiter(overflow, key -> {
            throw new IllegalStateException("no log");
        });
        for (int i = 0; i < 4; i++) {
            for (int key = 0; key < 3; key++) {
                int asked = key;
                if (silent.tryAcquire(asked)) {
                    assertThat(throwing.tryAcquire(asked)).isTrue();
                } else {
                    assertThatThrownBy(() -> throwing.tryAcquire(asked)).hasMessage("no log");
                }
                if (silent.decide(asked).allowed()) {
                    assertThat(throwing.decide(asked).allowed()).isTrue();
                } else {
                    assertThatThrownBy(() -> throwing.decide(asked)).hasMessage("no log");
                }
            }
        }
        assertThat(throwing.stats()).isEqualTo(silent.stats());
        assertThat(throwing.stats().allowed() + throwing.stats().denied()).isEqualTo(24);
        assertThat(throwing.stats().overflowed()).isEqualTo(16);
    }

    @Test
    void aListenerMayAskTheLimiterAndDoesNotHearOfThat() {
        List<LocalLimiter<Integer>> asked = new ArrayList<>();
        List<Integer> told = new ArrayList<>();
        LocalLimiter<Integer> limiter =
                build(Limiter.<Integer>builder(Limit.parse("1/day")).onDenied(key -> {
                    told.add(key);
                    assertThat(asked.get(0).tryAcquire(key)).isFalse();
                    assertThat(asked.get(0).decide(key).allowed()).isFalse();
                    assertThat(asked.get(0).tryAcquire(-told.size())).isTrue();
                }));
        asked.add(limiter);
        assertThat(limiter.tryAcquire(1)).isTrue();
        assertThat(limiter.tryAcquire(1)).isFalse();
        assertThat(limiter.decide(1).allowed()).isFalse();
        assertThat(told).containsExactly(1, 1);
        assertThat(limiter.stats().denied()).isEqualTo(6);
        assertThat(limiter.stats().allowed()).isEqualTo(3);
    }

    @Test
    void listenersOfTwoLimitersMayAskEachOther() {
        List<LocalLimiter<Integer>> limiters = new ArrayList<>();
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int own = i;
            limiters.add(build(Limiter.<Integer>builder(Limit.parse("1/day")).onDenied(key -> {
                told.add("limiter " + own);
                limiters.get(1 - own).tryAcquire(key);
            })));
        }
        limiters.forEach(limiter -> limiter.tryAcquire(1));
        limiters.get(0).tryAcquire(1);
        assertThat(told).containsExactly("limiter 0", "limiter 1");
        assertThat(limiters.get(0).stats().denied()).isEqualTo(2);
        assertThat(limiters.get(1).stats().denied()).isEqualTo(1);
    }

    @Test
    void aListenerThatThrewIsToldOfTheNextDenial() {
        List<Integer> told = new ArrayList<>();
        LocalLimiter<Integer> limiter = limiter(Overflow.SHARE, key -> {
            told.add(key);
            throw new IllegalStateException("no log");
        });
        limiter.tryAcquire(1);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> limiter.tryAcquire(1)).hasMessage("no log");
        }
        assertThat(told).containsExactly(1, 1);
    }

    private static final List<ClientAddress> ADDRESSES = List.of(
                    "192.0.2.1",
                    "::ffff:192.0.2.1",
                    "64:ff9b::192.0.2.1",
                    "64:ff9b:1:c000:2:100::",
                    "64:ff9b:1:c000:2:100:0:7",
                    "192.0.2.2",
                    "0.0.0.0",
                    "64:ff9b::",
                    "64:ff9b::1:0:0",
                    "64:ff9b:1::",
                    "64:ff9b:1::1",
                    "::",
                    "::1",
                    "::2",
                    "::192.0.2.1",
                    "0:0:0:1::",
                    "0:0:5::",
                    "ff02::1",
                    "ff00:0:c000:201::",
                    "ffff:ffff:ffff:ffff::1",
                    "2002:c000:201::",
                    "2002:c000:201:ffff::1",
                    "2002:c000:202::1",
                    "2001:db8:1:2::",
                    "2001:db8:1:2:3:4:5:6",
                    "2001:db8:1:2:3:4:5:7",
                    "2001:db8:1:3::",
                    "2001:db8:2:3::",
                    "2001:db9::1")
            .stream()
            .map(ClientAddress::parse)
            .toList();

    @ParameterizedTest
    @CsvSource({
        "32, false", "48, false", "56, false", "64, false", "65, false", "96, false", "127, false", "128, false",
        "32, true", "48, true", "56, true", "64, true", "65, true", "96, true", "127, true", "128, true"
    })
    void theKeyThatIsToldStandsForAllThatShareItsBuckets(int prefix, boolean translated) {
        for (ClientAddress one : ADDRESSES) {
            List<ClientAddress> told = new ArrayList<>();
            LimiterBuilder<ClientAddress> builder =
                    Limiter.forNetworks(prefix, Limit.parse("1/day")).onDenied(told::add);
            if (translated) {
                builder.translationPrefixes(AddressRange.parse("64:ff9b:1::/48"));
            }
            LocalLimiter<ClientAddress> limiter = build(builder);
            assertThat(limiter.tryAcquire(one)).isTrue();
            assertThat(limiter.tryAcquire(one)).isFalse();
            ClientAddress client = told.get(0);
            assertThat(limiter.peek(client, 1).allowed())
                    .as("%s told as %s", one, client)
                    .isFalse();
            assertThat(client).isEqualTo(limiter.tracked(one)).isEqualTo(limiter.tracked(client));
            for (ClientAddress other : ADDRESSES) {
                told.clear();
                boolean shared = !limiter.tryAcquire(other);
                assertThat(limiter.tracked(other).equals(client))
                        .as("%s, %s", one, other)
                        .isEqualTo(shared);
                if (shared) {
                    assertThat(told).containsExactly(client);
                } else {
                    limiter.reset(other);
                }
            }
        }
    }

    @Test
    void tellsNetworks() {
        LocalLimiter<ClientAddress> limiter = build(Limiter.forAddresses(Limit.parse("1/day")));
        assertThat(ADDRESSES.stream()
                        .map(limiter::tracked)
                        .map(ClientAddress::toString)
                        .distinct())
                .containsExactly(
                        "192.0.2.1",
                        "64:ff9b:1:c000::",
                        "192.0.2.2",
                        "0.0.0.0",
                        "64:ff9b::",
                        "64:ff9b:1::",
                        "::",
                        "::1",
                        "0:0:0:1::",
                        "0:0:5::",
                        "2002:c000:201::",
                        "2002:c000:202::",
                        "2001:db8:1:2::",
                        "2001:db8:1:3::",
                        "2001:db8:2:3::",
                        "2001:db9::");
    }

    @Test
    void aNetworkThatIsDeniedMostRanksFirst() {
        HeavyHitters<ClientAddress> hitters = new HeavyHitters<>(100);
        LocalLimiter<ClientAddress> limiter =
                build(Limiter.forAddresses(Limit.parse("1/day")).onDenied(hitters::add));
        for (int i = 0; i < 5_000; i++) {
            limiter.tryAcquire(ClientAddress.ofBits(0x2001_0db8_0001_0002L, i));
        }
        ClientAddress ipv4 = ClientAddress.parse("192.0.2.1");
        for (int i = 0; i < 109; i++) {
            limiter.tryAcquire(ipv4);
        }
        assertThat(hitters.top(2))
                .containsExactly(
                        new HeavyHitters.Hit<>(ClientAddress.parse("2001:db8:1:2::"), 4_999, 0),
                        new HeavyHitters.Hit<>(ipv4, 108, 0));
    }
}
