package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What an attacker who commands an allocation, and debtors that overflowed, do to clients who never came before. */
class NewcomersTest {

    private static final int MOST = 20_000;

    private final FakeTicker ticker = new FakeTicker();
    private final Random random = new Random(5);

    private LocalLimiter<ClientAddress> attacked(boolean ipv6) {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/minute"))
                .maxKeys(MOST)
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        for (int i = 0; i < 130_402; i++) {
            limiter.tryAcquire(ClientAddress.parse(
                    ipv6
                            ? "2001:db8:" + Integer.toHexString(random.nextInt(1 << 16)) + ":"
                                    + Integer.toHexString(random.nextInt(1 << 16)) + "::1"
                            : "198.51." + random.nextInt(256) + "." + random.nextInt(256)));
        }
        while (limiter.size() < MOST) {
            limiter.tryAcquire(ipv4());
        }
        for (int i = 0; i < 300_000; i++) {
            limiter.tryAcquire(ClientAddress.parse(
                    ipv6
                            ? "2001:db8:" + Integer.toHexString(random.nextInt(1 << 16)) + ":"
                                    + Integer.toHexString(random.nextInt(1 << 16)) + "::1"
                            : "198.51." + random.nextInt(256) + "." + random.nextInt(256)));
        }
        return limiter;
    }

    private ClientAddress ipv4() {
        return ClientAddress.parse((1 + random.nextInt(190)) + "." + random.nextInt(256) + "." + random.nextInt(256)
                + "." + random.nextInt(256));
    }

    private ClientAddress ipv6() {
        return ClientAddress.parse("2a0" + random.nextInt(10) + ":" + Integer.toHexString(random.nextInt(1 << 16)) + ":"
                + Integer.toHexString(random.nextInt(1 << 16)) + "::1");
    }

    private int denied(LocalLimiter<ClientAddress> limiter, boolean ipv6) {
        int denied = 0;
        for (int i = 0; i < 2_000; i++) {
            Decision decision = limiter.decide(ipv6 ? ipv6() : ipv4());
            denied += decision.allowed() ? 0 : 1;
        }
        return denied;
    }

    @Test
    void oneIpv6AllocationDeniesNoIpv4ClientAndOneIn64OfOtherIpv6Clients() {
        LocalLimiter<ClientAddress> limiter = attacked(true);
        int ipv4 = denied(limiter, false);
        int ipv6 = denied(limiter, true);
        System.out.printf("one IPv6 /32: denies %d of 2000 IPv4 newcomers, %d of 2000 IPv6 newcomers%n", ipv4, ipv6);
        assertThat(limiter.stats().overflowed()).isGreaterThan(300_000);
        assertThat(ipv4).isZero();
        assertThat(ipv6).isLessThanOrEqualTo(2_000 / 64 + 25); // and chance
    }

    @Test
    void oneIpv4AllocationDeniesNoIpv6ClientAndOneIn64OfOtherIpv4Clients() {
        LocalLimiter<ClientAddress> limiter = attacked(false);
        int ipv6 = denied(limiter, true);
        int ipv4 = denied(limiter, false);
        System.out.printf("one IPv4 /16: denies %d of 2000 IPv6 newcomers, %d of 2000 IPv4 newcomers%n", ipv6, ipv4);
        assertThat(ipv6).isZero();
        assertThat(ipv4).isLessThanOrEqualTo(2_000 / 64 + 25);
    }

    /** Who comes for the first time, with room, pays for another exactly if it has that one's cell. */
    @Test
    void aNewcomerSharesACellWithADebtorByChance() {
        for (int debtors : new int[] {500, 2_000, 8_000}) {
            LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/day"))
                    .maxKeys(1)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            ClientAddress only = ClientAddress.parse("2001:db8::1");
            limiter.tryAcquire(only);
            for (int i = 0; i < debtors; i++) {
                limiter.tryAcquire(ipv4());
            }
            assertThat(limiter.stats().allowed()).isEqualTo(1 + debtors);
            limiter.reset(only); // room for one
            int newcomers = 20_000;
            int paying = 0;
            for (int i = 0; i < newcomers; i++) {
                Decision decision = limiter.peek(ipv4(), 100);
                assertThat(decision.overflow()).isFalse();
                paying += decision.allowed() ? 0 : 1;
            }
            double expected = 1 - Math.pow(1 - 1.0 / (1 << 16), debtors);
            System.out.printf(
                    "%d debtors: %.2f %% of %d newcomers have a debtor's cell, expected %.2f %%%n",
                    debtors, 100.0 * paying / newcomers, newcomers, 100 * expected);
            assertThat((double) paying / newcomers).isBetween(0.8 * expected, 1.2 * expected);
            assertThat(debtors > 2_000 || paying < newcomers / 25).isTrue();
        }
    }

    @Test
    void theMemoryOfWhoOverflowedIsToldAndOnlyUnderShare() {
        long shared =
                Limiter.forAddresses(Limit.parse("1/s")).maxKeys(10).build().memoryBytes();
        long denied = Limiter.forAddresses(Limit.parse("1/s"))
                .maxKeys(10)
                .overflow(Overflow.DENY)
                .build()
                .memoryBytes();
        assertThat(shared - denied).isEqualTo(2 * (16 + 1024 * 65 * 8));
    }
}
