package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.net.ClientAddress;
import io.headgate.testing.LogRecords;
import io.headgate.testing.OwnLimiter;
import org.junit.jupiter.api.Test;

/** What a request is told, or is counted by, may fail: it is decided all the same. */
class FailingDiagnosticsTest {

    /** A limiter of the user's own that decides, and fails at whatever it is asked beside that. */
    private static final class Taciturn extends OwnLimiter<ClientAddress> {

        Taciturn(Limiter<ClientAddress> limiter) {
            super(limiter);
        }

        @Override
        public ClientAddress tracked(ClientAddress key) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public String name() {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public LimiterStats stats() {
            throw new NoClassDefFoundError("on purpose");
        }
    }

    @Test
    void aLimiterThatOnlyDecidesLimitsAllTheSame() {
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            for (OnFailure onFailure : OnFailure.values()) {
                RequestLimiter limits = RequestLimiter.builder(new Taciturn(Buckets.of("2/minute")))
                        .onFailure(onFailure)
                        .onClientDenied(denied -> {})
                        .build();
                for (int status : new int[] {200, 200, 429}) {
                    assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(status);
                }
                assertThat(limits.decideAsync(new FakeRequest())
                                .toCompletableFuture()
                                .join()
                                .passes())
                        .isFalse();
                assertThat(limits.topDenied(1)).isEmpty();
                assertThat(limits.stats().undecided()).isZero();
                assertThat(limits.stats().failed()).isPositive();
            }
            assertThat(quiet.failures()).hasSize(2);
        }
    }

    @Test
    void aRequestThatTakesNoAttributeIsDecidedAllTheSame() {
        RequestLimiter limits = RequestLimiter.builder(Buckets.of("5/minute")).build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(limits.decide(new FakeRequest().withoutAttributes()).passes())
                    .isTrue();
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().allowed()).isEqualTo(1);
    }
}
