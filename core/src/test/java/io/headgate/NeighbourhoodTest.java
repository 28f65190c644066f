package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom an attacker at the cap takes along: those who share buckets or memory of debts with it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NeighbourhoodTest {

    private static final int NEWCOMERS = 2_000;

    private final FakeTicker time = new FakeTicker();

    private LocalLimiter<ClientAddress> build(int prefix, int cap, String limit, long seed) {
        return Limiter.forNetworks(prefix, Limit.parse(limit))
                .random(new SplittableRandom(seed))
                .maxKeys(cap)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** Clients that were there before. */
    private static void fill(LocalLimiter<ClientAddress> limiter, long permits) {
        for (int id = 0; limiter.size() < limiter.maxKeys(); id++) {
            assertThat(limiter.tryAcquire(ClientAddress.ofBits(0x2a01_0000_0000_0000L | (long) id << 16, 1), permits))
                    .isTrue();
        }
    }

    /** Somewhere in 2400::/8. */
    private static ClientAddress anyIpv6(SplittableRandom random) {
        return ClientAddress.ofBits(0x2400_0000_0000_0000L | random.nextLong() >>> 8, 1 + random.nextLong(1L << 60));
    }

    /** Somewhere from 20.0.0.0 on, below 100.0.0.0. */
    private static ClientAddress anyIpv4(SplittableRandom random) {
        return ipv4(random.nextLong(20L << 24, 100L << 24));
    }

    private static ClientAddress ipv4(long address) {
        return ClientAddress.ofBits(0, 0xFFFF_0000_0000L | address);
    }

    private static ClientAddress fromAttackersNetwork(int i, SplittableRandom random) {
        long half = 0x2001_0db8_0000_0000L;
        // Of eight, seven anywhere in the /32, and one in a /48, each in another /64.
        return ClientAddress.ofBits(half | (i % 8 == 0 ? i & 0xFFFF : random.nextLong() >>> 32), 1);
    }

    @FunctionalInterface
    private interface Newcomers {
        ClientAddress next(SplittableRandom random);
    }

    private static int denied(LocalLimiter<ClientAddress> limiter, SplittableRandom random, Newcomers newcomers) {
        int denied = 0;
        for (int i = 0; i < NEWCOMERS; i++) {
            Decision decision = limiter.decide(newcomers.next(random));
            assertThat(decision.overflow()).isTrue();
            denied += decision.allowed() ? 0 : 1;
        }
        return denied;
    }

    @ParameterizedTest
    @ValueSource(ints = {48, 64, 128})
    void whoOwnsAnIpv6NetworkDeniesFewOthersAndNoIpv4(int prefix) {
        int sixes = 0;
        int fours = 0;
        int limiters = 3;
        for (int seed = 1; seed <= limiters; seed++) {
            LocalLimiter<ClientAddress> limiter = build(prefix, prefix == 64 ? 20_000 : 2_000, "100/minute", seed);
            fill(limiter, 100);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 150_000; i++) {
                limiter.tryAcquire(fromAttackersNetwork(i, random));
            }
            fours += denied(limiter, random, NeighbourhoodTest::anyIpv4);
            sixes += denied(limiter, random, NeighbourhoodTest::anyIpv6);
        }
        Measurements.print(
                "an attacker with an IPv6 /32, clients by /%d: %d IPv4 and %d IPv6 newcomers of %d denied",
                prefix, fours, sixes, limiters * NEWCOMERS);
        assertThat(fours).as("IPv4 newcomers").isZero();
        // 1/64, and four standard deviations of that many draws.
        assertThat(sixes).as("IPv6 newcomers").isLessThanOrEqualTo(limiters * NEWCOMERS / 64 + 39);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void whoOwnsAnIpv4NetworkDeniesFewOthersAndNoIpv6(int prefix) {
        int sixes = 0;
        int fours = 0;
        int limiters = 3;
        for (int seed = 1; seed <= limiters; seed++) {
            LocalLimiter<ClientAddress> limiter = build(prefix, 2_000, "100/minute", seed);
            fill(limiter, 100);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 130_000; i++) {
                limiter.tryAcquire(ipv4(0xC612_0000L | (i & 0xFFFF))); // 198.18.0.0/16
            }
            sixes += denied(limiter, random, NeighbourhoodTest::anyIpv6);
            fours += denied(limiter, random, NeighbourhoodTest::anyIpv4);
        }
        Measurements.print(
                "an attacker with an IPv4 /16, others by /%d: %d IPv4 and %d IPv6 newcomers of %d denied",
                prefix, fours, sixes, limiters * NEWCOMERS);
        assertThat(sixes).as("IPv6 newcomers").isZero();
        assertThat(fours).as("IPv4 newcomers").isLessThanOrEqualTo(limiters * NEWCOMERS / 64 + 39);
    }

    /** Debts of a day are remembered for a day, and are not those of clients that come when there is room again. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void freshClientsPayNoAttackersDebtOnceThereIsRoom(int prefix) {
        LocalLimiter<ClientAddress> limiter = build(prefix, 20_000, "10/day", 5);
        fill(limiter, 1);
        SplittableRandom random = new SplittableRandom(5);
        ClientAddress culprit = null;
        for (int i = 0; i < 30_000; i++) {
            limiter.tryAcquire(anyIpv4(random));
            ClientAddress address = anyIpv6(random);
            limiter.tryAcquire(address);
            for (int more = 1; culprit == null && more < 10; more++) {
                assertThat(limiter.tryAcquire(address)).isTrue();
            }
            culprit = culprit == null ? address : culprit;
            limiter.tryAcquire(fromAttackersNetwork(i, random));
        }
        time.advance(Duration.ofHours(23));
        assertThat(limiter.sweep()).isGreaterThan(10_000); // but for those in a debtor's cell
        int[] owing = new int[2];
        for (int i = 0; i < 2 * NEWCOMERS; i++) {
            ClientAddress address = i % 2 == 0 ? anyIpv4(random) : anyIpv6(random);
            int count = 0;
            while (limiter.tryAcquire(address)) {
                count++;
            }
            assertThat(count).isBetween(1, 10);
            owing[i % 2] += count == 10 ? 0 : 1;
        }
        Measurements.print(
                "23 hours after an attack, clients by /%d: %.1f %% of IPv4 and %.1f %% of IPv6 newcomers owe for others",
                prefix, 100.0 * owing[0] / NEWCOMERS, 100.0 * owing[1] / NEWCOMERS);
        assertThat(owing[0]).as("IPv4 of %s", NEWCOMERS).isLessThanOrEqualTo(NEWCOMERS / 25);
        assertThat(owing[1]).as("IPv6 of %s", NEWCOMERS).isLessThanOrEqualTo(NEWCOMERS / 25);
        assertThat(limiter.tryAcquire(Objects.requireNonNull(culprit), 10))
                .as("nobody over the limit is forgiven")
                .isFalse();
    }
}
