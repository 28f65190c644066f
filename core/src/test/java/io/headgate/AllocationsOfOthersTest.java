package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whoever commands many addresses of one allocation, and what that does to others while there is no room. */
class AllocationsOfOthersTest {

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
}
