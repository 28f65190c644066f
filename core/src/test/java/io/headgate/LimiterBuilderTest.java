package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a limiter is told when it is built. */
class LimiterBuilderTest {

    private <K> LocalLimiter<K> build(LocalLimiter.Builder<K> builder) {
        return builder.ticker(new FakeTicker()).sweepInterval(Duration.ZERO).build();
    }

    @Test
    void limitsClientsByNetwork() {
        LocalLimiter<ClientAddress> limiter = build(Limiter.forAddresses(Limit.parse("100/minute")));
        long admitted = 0;
        for (int i = 0; i < 10_000; i++) {
            admitted += limiter.tryAcquire(ClientAddress.parse("2001:db8:1:2::" + Integer.toHexString(i))) ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(100);
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:1:3::1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.2"))).isTrue();
        assertThat(limiter.size()).isEqualTo(4);
        assertThat(limiter.ipv6Prefix()).hasValue(64);
        assertThat(build(Limiter.<String>builder(Limit.parse("1/s"))).ipv6Prefix())
                .isEmpty();

        LocalLimiter<ClientAddress> wide = build(Limiter.forNetworks(48, Limit.parse("1/minute")));
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:1:2::1"))).isTrue();
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:1:3::1"))).isFalse();
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:2:3::1"))).isTrue();
    }

    @Test
    void refusesAConfigurationThatMakesNoSense() {
        Limit limit = Limit.parse("1/s");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit, limit.burst(3)))
                .withMessage("two limits are called \"1-per-1s\"; tell them apart by Limit.named");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.forNetworks(31, limit))
                .withMessage("the IPv6 prefix must be 32 to 128 bits, not 31");
        assertThatIllegalArgumentException().isThrownBy(() -> Limiter.forNetworks(129, limit));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).maxKeys(0))
                .withMessage("maxKeys must be 1 to 1073741824, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).sweepInterval(Duration.ofSeconds(-1)))
                .withMessage("the sweep interval must be 0 to 365 days, not PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).name(" "));
    }
}
