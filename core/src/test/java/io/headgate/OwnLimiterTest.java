package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** A limiter that a user wrote against the interface as it was before it had {@code name}, {@code limits} and so on. */
class OwnLimiterTest {

    /** Every second call is denied. */
    static final class Alternating implements Limiter<String> {

        private int calls;

        @Override
        public boolean tryAcquire(String key, long permits) {
            return decide(key, permits).allowed();
        }

        @Override
        public Decision decide(String key, long permits) {
            if (permits < 1) {
                throw new IllegalArgumentException("permits must be at least 1, not " + permits);
            }
            return calls++ % 2 == 0
                    ? Decision.allowed(false, List.of())
                    : Decision.denied(Duration.ofMillis(1), false, List.of());
        }

        @Override
        public Decision peek(String key, long permits) {
            return Decision.allowed(false, List.of());
        }

        @Override
        public void refund(String key, long permits) {}

        @Override
        public void reset(String key) {
            calls = 0;
        }

        @Override
        public void close() {}
    }

    @Test
    void worksAndSaysThatTheRestIsUnknown() {
        Limiter<String> limiter = new Alternating();
        assertThat(limiter.tryAcquire("a")).isTrue();
        assertThat(limiter.decide("a").retryAfterSeconds()).hasValue(1);
        assertThat(limiter.name()).isEqualTo("limiter");
        assertThat(limiter.limits()).isEmpty();
        assertThat(limiter.stats()).isSameAs(LimiterStats.unknown());
        assertThat(limiter.tracked("a")).isEqualTo("a");
        assertThat(limiter.ipv6Prefix()).isEmpty();
        assertThatThrownBy(() -> limiter.charge("a", 1)).isInstanceOf(UnsupportedOperationException.class);
        limiter.close();
    }

    @Test
    void decidesAtOnceIfAskedForLater() {
        Limiter<String> limiter = new Alternating();
        CompletableFuture<Decision> first = limiter.decideAsync("a", 1).toCompletableFuture();
        assertThat(first).isCompletedWithValue(Decision.allowed(false, List.of()));
        assertThat(limiter.decideAsync("a", 1).toCompletableFuture().join().allowed())
                .isFalse();
        CompletableFuture<Decision> refused = limiter.decideAsync("a", 0).toCompletableFuture();
        assertThat(refused).isCompletedExceptionally();
        assertThatThrownBy(refused::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("permits must be at least 1, not 0");
    }

    @Test
    void aLimiterInMemoryDecidesAtOnceToo() {
        try (Limiter<String> limiter = Limiter.<String>builder(Limit.perMinute(1))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build()) {
            Decision allowed = limiter.decideAsync("a", 1).toCompletableFuture().join();
            assertThat(allowed.allowed()).isTrue();
            assertThat(limiter.decideAsync("a", 1).toCompletableFuture().join()).isEqualTo(limiter.decide("a"));
            allowed.refund(1);
            assertThat(limiter.tryAcquire("a")).isTrue();
            assertThat(limiter.stats().allowed()).isEqualTo(2);
            assertThat(limiter.decideAsync("a", -1).toCompletableFuture()).isCompletedExceptionally();
        }
    }

    /** Who owns the stage may not complete it for others. */
    @Test
    void theStageIsOnlyRead() {
        Limiter<String> limiter = new Alternating();
        var stage = limiter.decideAsync("a", 1);
        stage.toCompletableFuture().obtrudeException(new IllegalStateException());
        assertThat(stage.toCompletableFuture().join().allowed()).isTrue();
    }
}
