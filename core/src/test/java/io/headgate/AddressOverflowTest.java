package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Client addresses at the hard cap. */
class AddressOverflowTest {

    private final FakeTicker ticker = new FakeTicker();

    private <K> LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    @ParameterizedTest
    @ValueSource(ints = {48, 64, 128})
    void neighboursShare(int prefix) {
        LocalLimiter<ClientAddress> limiter =
                build(Limiter.forNetworks(prefix, Limit.parse("1/minute")).maxKeys(1));
        limiter.tryAcquire(ClientAddress.parse("203.0.113.1"));
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.255"))).isFalse();
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:7:1::1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:7:ffff::1")))
                .isFalse();
    }

    /** 3 M addresses against room for 100 000: within the cap at each step, and nobody over the limit is forgiven. */
    @ParameterizedTest
    @ValueSource(ints = {64, 65})
    void aFloodOfUniqueAddressesStaysWithinTheCapAndForgivesNobody(int prefix) {
        int cap = 100_000;
        LocalLimiter<ClientAddress> limiter =
                build(Limiter.forNetworks(prefix, Limit.parse("5/hour")).maxKeys(cap));
        ClientAddress[] culprits = new ClientAddress[1_000];
        for (int i = 0; i < culprits.length; i++) {
            culprits[i] = ClientAddress.parse("198.51." + i / 250 + "." + i % 250);
            assertThat(limiter.tryAcquire(culprits[i], 5)).isTrue();
        }
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3_000_000; i++) {
            text.setLength(0);
            text.append("2001:db8:")
                    .append(Integer.toHexString(i >>> 16))
                    .append(':')
                    .append(Integer.toHexString(i & 0xffff));
            limiter.tryAcquire(ClientAddress.parse(text.append("::1")));
            assertThat(limiter.size() <= cap).isTrue();
            if (i % 3_000 == 0) {
                ticker.advanceNanos(1_000_000);
                assertThat(limiter.tryAcquire(culprits[random.nextInt(culprits.length)]))
                        .isFalse();
            }
        }
        assertThat(limiter.size()).isEqualTo(cap);
        assertThat(limiter.stats().evicted()).isZero();
        for (ClientAddress culprit : culprits) {
            assertThat(limiter.tryAcquire(culprit)).isFalse();
        }
        ticker.advance(Duration.ofHours(1));
        assertThat(limiter.sweep()).isEqualTo(cap);
    }
}
