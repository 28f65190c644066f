package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.Limit;
import io.headgate.LimiterRegistry;
import io.headgate.Overflow;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Options in code, and what an adapter makes of them. */
class RequestLimiterBuilderTest {

    /** That of an adapter. */
    private static final class Adapter extends RequestLimiterBuilder<Adapter> {

        Adapter() {}

        Adapter(RequestLimiterBuilder<?> other) {
            super(other);
        }

        @Override
        protected Adapter self() {
            return this;
        }

        @Nullable
        String givenName() {
            return name();
        }

        void requireThatItCanStart() {
            requireSound();
        }

        RequestLimiter start() {
            return open("from the server", "prefix.", null);
        }
    }

    @Test
    void everyOptionCanBeSetInOneExpression() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter limits = RequestLimiter.builder()
                .limits(Limit.perDay(2))
                .rule(Rule.limits("/a", Limit.perDay(1)))
                .trustedProxies(AddressRange.parse("10.0.0.0/8"))
                .forwardedHeader("Forwarded")
                .ipv6Prefix(56)
                .translationPrefixes(AddressRange.parse("64:ff9b:1::/48"))
                .maxClients(1000)
                .overflow(Overflow.DENY)
                .sweepInterval(Duration.ZERO)
                .exempt(AddressRange.parse("192.0.2.9"))
                .headers(HeaderStyle.LEGACY)
                .retryAfterJitter(Duration.ofDays(1))
                .skipPreflight(true)
                .cost(1)
                .costAfter((request, answer) -> 1)
                .chargeOn((response, status) -> true)
                .dryRun(false)
                .noAddress(NoAddress.DENY)
                .onFailure(OnFailure.DENY)
                .onClientDenied(denied -> {})
                .name("f")
                .limiterName("general")
                .registry(registry)
                .spelling(Option::property)
                .ticker(new FakeTicker())
                .build();
        FakeRequest request = FakeRequest.from("10.1.1.1").header("Forwarded", "for=\"[2001:db8:7:1ff::1]\"");
        assertThat(Served.by(limits, request).response().lines)
                .contains("X-RateLimit-Limit: 2", "X-RateLimit-Remaining: 1");
        assertThat(registry.limiters()).containsOnlyKeys("general", "/a");
        assertThat(registry.get("general", ClientAddress.class)
                        .orElseThrow()
                        .peek(ClientAddress.parse("2001:db8:7:100::"), 1)
                        .remaining())
                .isEqualTo(1);
        registry.close();
    }

    @Test
    void anAdapterNamesWhatHasNoName() {
        Adapter builder = new Adapter().limits(Limit.perDay(1));
        assertThat(builder.givenName()).isNull();
        try (RequestLimiter limits = builder.start()) {
            assertThat(limits.name()).isEqualTo("from the server");
            assertThat(limits.attribute()).isEqualTo("prefix.from the server");
        }
        builder.name("f");
        assertThat(builder.givenName()).isEqualTo("f");
        try (RequestLimiter limits = builder.start()) {
            assertThat(limits.name()).isEqualTo("f");
        }
    }

    @Test
    void anAdapterFindsMistakesBeforeItStarts() {
        Adapter builder = new Adapter();
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(builder::requireThatItCanStart)
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.LIMITS));
        builder.limits(Limit.perDay(1)).requireThatItCanStart();
    }

    @Test
    void aCopyStaysAsItIs() {
        RequestLimiter.Builder builder = RequestLimiter.builder().limits(Limit.perDay(1));
        Option.EXEMPT.set(builder, "192.0.2.1/24");
        Adapter copy = new Adapter(builder);
        builder.exempt(AddressRange.parse("198.51.100.0/24")).name("later");
        assertThat(copy.givenName()).isNull();
        try (RequestLimiter limits = copy.start()) {
            assertThat(limits.warnings()).containsExactly(Warning.HOST_BITS);
            limits.decide(FakeRequest.from("192.0.2.7"));
            limits.decide(FakeRequest.from("198.51.100.7"));
            assertThat(limits.stats().exempt()).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBeTheNameOfALimiterIsRefusedAtOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestLimiter.builder().limiterName(" "))
                .withMessageContaining("must not be blank");
    }

    @Test
    void whatCannotBeTheNameOfAHeaderIsRefusedAtOnce() {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> RequestLimiter.builder().forwardedHeader("X Real IP"))
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.FORWARDED_HEADER));
    }
}
