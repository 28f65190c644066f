package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.LogRecords;
import io.headgate.testing.OwnLimiter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Whatever fails while a request is decided becomes a verdict, and is counted and logged. */
class FailureTest {

    private final LocalLimiter<ClientAddress> limiter = Buckets.of("2/minute");

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T fail() {
        throw new IllegalStateException("on purpose");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> long sneak(Throwable failure) throws E {
        throw (E) failure;
    }

    @Test
    void everyFunctionMayFail() {
        List<RequestLimiter.Builder> broken = List.of(
                RequestLimiter.builder(limiter).resolver(request -> fail()),
                RequestLimiter.builder(limiter).cost(request -> fail()),
                RequestLimiter.builder(limiter).cost(request -> -1),
                RequestLimiter.builder(limiter).cost(request -> sneak(new IOException("checked"))),
                RequestLimiter.builder(limiter).cost(request -> sneak(new StackOverflowError())),
                RequestLimiter.builder(limiter).cost(request -> sneak(new NoClassDefFoundError("x"))),
                RequestLimiter.builder(limiter).rule(Rule.unlimited("/x").onlyIf(path -> fail())),
                RequestLimiter.builder(new BrokenLimiter<ClientAddress>()),
                RequestLimiter.builder(limiter, request -> fail()));
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            for (RequestLimiter.Builder builder : broken) {
                RequestLimiter open = builder.onFailure(OnFailure.ALLOW).build();
                FakeRequest passed = new FakeRequest().path("/x");
                assertThat(Served.by(open, passed).status()).isEqualTo(200);
                assertThat(passed.attributes).containsEntry(open.attribute(), "failed-open");
                RequestLimiter closed = builder.onFailure(OnFailure.DENY).build();
                FakeRequest request = new FakeRequest().path("/x");
                Served refused = Served.by(closed, request);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.verdict().refusal().text()).contains("\"status\":503");
                assertThat(request.attributes).containsEntry(closed.attribute(), "failed-closed");
                assertThat(open.stats().failed() + closed.stats().failed()).isEqualTo(2);
                assertThat(open.stats().undecided() + closed.stats().undecided())
                        .isEqualTo(2);
            }
            assertThat(quiet.failures()).hasSize(2 * broken.size());
        }
        assertThat(limiter.size()).isZero();
    }

    /** Also the log of failures asks the clock, and whoever asks how long a request took. */
    @Test
    void aClockMayFail() {
        AtomicBoolean broken = new AtomicBoolean();
        Ticker ticker = () -> broken.get() ? fail() : 0;
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            RequestLimiter limits = RequestLimiter.builder()
                    .limits(Limit.perDay(1))
                    .costAfter((request, answer) -> 1)
                    .onFailure(OnFailure.DENY)
                    .sweepInterval(Duration.ZERO)
                    .ticker(ticker)
                    .build();
            Verdict passed = limits.decide(new FakeRequest());
            broken.set(true);
            Settlement settlement =
                    Objects.requireNonNull(limits.settlement(passed, new FakeRequest(), new FakeResponse()));
            settlement.committed(200);
            settlement.completed();
            assertThat(limits.stats().failed()).isEqualTo(1);
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(503);
            assertThat(limits.decideAsync(new FakeRequest()).toCompletableFuture())
                    .isCompletedWithValueMatching(verdict -> !verdict.passes());
            assertThat(limits.stats().failed()).isEqualTo(3);
            assertThat(log.failures()).hasSize(1);
            limits.close();
        }
    }

    /** Metrics of a limiter somewhere else may fail while that is away; the server starts all the same. */
    @Test
    void aLimiterThatCannotTellOfItselfIsAskedAllTheSame() {
        Limiter<ClientAddress> silent = new OwnLimiter<>(limiter) {
            @Override
            public LimiterStats stats() {
                throw new IllegalStateException("on purpose");
            }
        };
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            RequestLimiter limits = RequestLimiter.builder(silent).build();
            assertThat(quiet.failures()).hasSize(1);
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
            assertThat(Buckets.left(limiter)).isEqualTo(1);
        }
    }

    @Test
    void theDryRunOfARuleDoesNotDenyByFailing() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> fail())
                .onFailure(OnFailure.DENY)
                .rule(Rule.limits("/shadow", Limit.parse("1/day")).dryRun())
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(Served.by(limits, new FakeRequest().path("/shadow")).status())
                    .isEqualTo(200);
            assertThat(Served.by(limits, new FakeRequest().path("/")).status()).isEqualTo(503);
            assertThat(Served.by(limits, new FakeRequest().path("/shadow/../x")).status())
                    .as("one reading of the path falls under the general limits")
                    .isEqualTo(503);
            assertThat(limits.stats().failed()).isEqualTo(3);
            assertThat(quiet.warnings()).hasSize(1);
        }
        limits.close();
    }

    @Test
    void aDryRunDoesNotDenyByFailingHoweverThePathIsRead() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> fail())
                .onFailure(OnFailure.DENY)
                .dryRun(true)
                .rule(Rule.unlimited("/static/*"))
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(Served.by(limits, new FakeRequest().path("/static/../x")).status())
                    .isEqualTo(200);
            assertThat(quiet.failures()).hasSize(1);
        }
    }

    @Test
    void outOfMemoryIsNotOurs() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> sneak(new OutOfMemoryError("on purpose")))
                .build();
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> limits.decide(new FakeRequest()));
    }

    @Test
    void chargeOnThatFailsLeavesTheCharge() {
        ChargeOn broken = (response, status) -> {
            throw new IllegalStateException("on purpose");
        };
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            for (OnFailure onFailure : OnFailure.values()) {
                LocalLimiter<ClientAddress> own = Buckets.of("10/minute");
                RequestLimiter limits = RequestLimiter.builder(own)
                        .chargeOn(broken)
                        .onFailure(onFailure)
                        .build();
                assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
                assertThat(Buckets.left(own)).isEqualTo(9);
                assertThat(limits.stats().failed()).isEqualTo(1);
                assertThat(limits.stats().undecided()).isZero();
            }
            assertThat(quiet.warnings()).hasSize(2);
        }
    }

    @Test
    void whatAnAdapterReportsIsCountedAsAFailure() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            limits.report(new IllegalStateException("header text"));
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.text()).doesNotContain("header text");
        }
        assertThat(limits.stats().failed()).isEqualTo(1);
    }
}
