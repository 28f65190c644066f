package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole seconds to wait are enough, and not one too many. */
class RetryAfterSecondsTest {

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0",
        "PT0.000000001S, 1",
        "PT0.999999999S, 1",
        "PT1S, 1",
        "PT1.000000001S, 2",
        "PT59.5S, 60",
        "PT-0.5S, 0",
        "PT9223372036854775807.5S, 9223372036854775807",
    })
    void areRoundedUp(Duration wait, long seconds) {
        assertThat(Decision.denied(wait, false, List.of()).retryAfterSeconds()).hasValue(seconds);
    }

    @Test
    void areThereWhereAWaitIs() {
        assertThat(Decision.allowed(false, List.of()).retryAfterSeconds()).hasValue(0);
        assertThat(Decision.denied(null, false, List.of()).retryAfterSeconds()).isEqualTo(OptionalLong.empty());
        assertThat(Decision.neverAdmissible(false, List.of()).retryAfterSeconds())
                .isEqualTo(OptionalLong.empty());
    }

    @Test
    void admitALoneClientThatWaitsSoLong() {
        Random random = new Random(5);
        for (int n = 0; n < 10_000; n++) {
            long capacity = 1L + random.nextInt(20);
            Limit limit = Limit.of(1 + random.nextInt(50), Duration.ofMillis(1 + random.nextInt(200_000)))
                    .burst(capacity);
            FakeTicker ticker = new FakeTicker();
            try (Limiter<String> limiter = Limiter.<String>builder(limit)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build()) {
                limiter.tryAcquire("a", capacity);
                ticker.advance(Duration.ofNanos(random.nextInt(1_000_000_000)));
                long permits = 1 + random.nextLong(capacity);
                Decision decision = limiter.peek("a", permits);
                long seconds = decision.retryAfterSeconds().orElseThrow();
                assertThat(seconds > 0).as("%s", decision).isEqualTo(!decision.allowed());
                if (seconds > 0) {
                    ticker.advance(Duration.ofSeconds(seconds - 1));
                    assertThat(limiter.peek("a", permits).allowed()).isFalse();
                    ticker.advance(Duration.ofSeconds(1));
                }
                assertThat(limiter.tryAcquire("a", permits)).isTrue();
            }
        }
    }
}
