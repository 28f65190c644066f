package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits for some paths, and none for the rest. */
class OnlyRulesTest {

    private static RequestLimiter limits(Rule... rules) {
        return RequestLimiter.builder()
                .rule(rules)
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
    }

    @Test
    void everythingElseIsUnlimited() {
        LocalLimiter<ClientAddress> own = Buckets.of("1/day");
        RequestLimiter limits = limits(Rule.limiter("/login", own));
        for (int i = 0; i < 10; i++) {
            FakeRequest request = new FakeRequest().path("/other");
            Served served = Served.by(limits, request);
            assertThat(served.status()).isEqualTo(200);
            assertThat(served.response().lines).isEmpty();
            assertThat(request.attributes).containsEntry(limits.attribute(), "uncharged");
        }
        assertThat(own.size()).isZero();
        assertThat(Served.by(limits, new FakeRequest().path("/login")).status()).isEqualTo(200);
        assertThat(Served.by(limits, new FakeRequest().path("/login")).status()).isEqualTo(429);
        assertThat(limits.limiters())
                .singleElement()
                .satisfies(use -> assertThat(use.limiter()).isSameAs(own));
        assertThat(limits.stats().uncharged()).isEqualTo(10);
    }

    @Test
    void aPathThatCannotBeReadIsNotCharged() {
        RequestLimiter limits = limits(Rule.parse("/* 1/day"));
        for (int i = 0; i < 3; i++) {
            assertThat(Served.by(limits, new FakeRequest().path(null)).status()).isEqualTo(200);
        }
        assertThat(limits.stats().uncharged()).isEqualTo(3);
    }

    @Test
    void nothingToLimitIsAMistake() {
        for (RequestLimiter.Builder builder : new RequestLimiter.Builder[] {
            RequestLimiter.builder(), RequestLimiter.builder().rule(Rule.unlimited("/a"), Rule.parse("*.css unlimited"))
        }) {
            assertThatExceptionOfType(InvalidOptionException.class)
                    .isThrownBy(builder::build)
                    .satisfies(e -> {
                        assertThat(e.option()).isEqualTo(Option.LIMITS);
                        assertThat(e.value()).isNull();
                    })
                    .withMessageContaining("limits is missing")
                    .withMessageContaining("500/hour");
        }
    }
}
