package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The asynchronous way comes to the same verdicts. */
class DecideAsyncTest {

    private final LogRecords log = new LogRecords(RequestLimiter.class);

    @AfterEach
    void close() {
        log.close();
    }

    /** A limiter that answers asynchronously, and only so, as it is told. */
    private static final class Remote implements Limiter<ClientAddress> {

        final List<String> calls = new ArrayList<>();
        private final Supplier<@Nullable CompletionStage<Decision>> answer;

        Remote(Supplier<@Nullable CompletionStage<Decision>> answer) {
            this.answer = answer;
        }

        @Override
        @SuppressWarnings("NullAway") // one that breaks its contract is among them
        public CompletionStage<Decision> decideAsync(ClientAddress key, long permits) {
            calls.add("decide " + key + " " + permits);
            return answer.get();
        }

        @Override
        public boolean tryAcquire(ClientAddress key, long permits) {
            throw new AssertionError("it would block");
        }

        @Override
        public Decision decide(ClientAddress key, long permits) {
            throw new AssertionError("it would block");
        }

        @Override
        public Decision peek(ClientAddress key, long permits) {
            throw new AssertionError("it would block");
        }

        @Override
        public void refund(ClientAddress key, long permits) {
            calls.add("refund " + key + " " + permits);
        }

        @Override
        public void reset(ClientAddress key) {}

        @Override
        public void close() {}
    }

    private static Verdict now(CompletionStage<Verdict> stage) {
        CompletableFuture<Verdict> future = stage.toCompletableFuture();
        assertThat(future).isCompleted();
        return future.join();
    }

    private static String outcome(Verdict verdict) {
        return verdict.outcome() + " " + verdict.decision() + " " + verdict.isConditional();
    }

    @Test
    void itDecidesAsTheOtherWayDoes() {
        List<Function<FakeTicker, RequestLimiter.Builder>> configurations = List.of(
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)),
                ticker -> RequestLimiter.builder(Buckets.of("1/minute", ticker)).dryRun(true),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)).chargeOn(ChargeOn.statuses(401)),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)).noAddress(NoAddress.ALLOW),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)).noAddress(NoAddress.DENY),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)).cost(0),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker)).cost(3),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker))
                        .exempt(AddressRange.parse("192.0.2.0/24"))
                        .skipPreflight(true),
                ticker -> RequestLimiter.builder(Buckets.of("3/minute", ticker))
                        .rule(Rule.limiter("/static/*", Buckets.of("2/minute", ticker))),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker))
                        .rule(Rule.limiter("/static/*", Buckets.of("3/minute", ticker))),
                ticker -> RequestLimiter.builder(Buckets.of("3/minute", ticker))
                        .rule(Rule.limiter("/static/*", Buckets.of("1/minute", ticker))
                                .dryRun()),
                ticker -> RequestLimiter.builder(new BrokenLimiter<>()),
                ticker -> RequestLimiter.builder(new BrokenLimiter<>()).onFailure(OnFailure.DENY),
                ticker -> RequestLimiter.builder(Buckets.of("2/minute", ticker))
                        .resolver(request -> {
                            throw new IllegalStateException("on purpose");
                        })
                        .onFailure(OnFailure.DENY));
        for (int i = 0; i < configurations.size(); i++) {
            FakeTicker ticker = new FakeTicker();
            RequestLimiter sync =
                    configurations.get(i).apply(ticker).ticker(ticker).build();
            RequestLimiter async =
                    configurations.get(i).apply(ticker).ticker(ticker).build();
            for (int j = 0; j < 40; j++) {
                String path = List.of("/", "/static/a", "/static/../x", "/x").get(j % 4);
                String peer = j % 5 == 0 ? "unix" : "192.0.2.1";
                FakeRequest one = FakeRequest.from(peer).path(path);
                FakeRequest other = FakeRequest.from(peer).path(path);
                Verdict expected = sync.decide(one);
                Verdict verdict = now(async.decideAsync(other));
                assertThat(outcome(verdict))
                        .as("configuration %d, request %d", i, j)
                        .isEqualTo(outcome(expected));
                assertThat(other.attribute(async.attribute())).isEqualTo(one.attribute(sync.attribute()));
                assertThat(other.attributes).containsOnlyKeys(one.attributes.keySet());
                ticker.advance(Duration.ofSeconds(3));
            }
            assertThat(async.stats()).isEqualTo(sync.stats());
            assertThat(async.topDenied(9)).isEqualTo(sync.topDenied(9));
        }
    }

    @Test
    void aLimiterMayAnswerLaterOnAnotherThread() throws Exception {
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        Remote remote = new Remote(() -> answer);
        RequestLimiter limits =
                RequestLimiter.builder(remote).chargeOn(ChargeOn.statuses(401)).build();
        FakeRequest request = new FakeRequest();
        CompletableFuture<Verdict> verdict = limits.decideAsync(request).toCompletableFuture();
        assertThat(verdict).isNotDone();
        assertThat(limits.stats()).isEqualTo(FilterStats.NONE);
        assertThat(request.attributes).isEmpty();
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            other.execute(() -> answer.complete(Decision.allowed(false, List.of())));
            assertThat(verdict.get(60, TimeUnit.SECONDS).passes()).isTrue();
        } finally {
            other.shutdownNow();
        }
        assertThat(limits.stats().allowed()).isEqualTo(1);
        assertThat(request.attributes).containsKey(limits.attribute());
        FakeResponse response = new FakeResponse();
        Settlement settlement = Objects.requireNonNull(limits.settlement(verdict.get(), request, response));
        settlement.committed(200);
        settlement.completed();
        assertThat(remote.calls).containsExactly("decide 192.0.2.1 1", "refund 192.0.2.1 1");
    }

    @Test
    void ofTwoChargesTheSecondWaitsForTheFirst() {
        CompletableFuture<Decision> first = new CompletableFuture<>();
        CompletableFuture<Decision> second = new CompletableFuture<>();
        Remote one = new Remote(() -> first);
        Remote other = new Remote(() -> second);
        RequestLimiter limits = RequestLimiter.builder(other)
                .rule(Rule.limiter("/static/*", one))
                .build();
        CompletableFuture<Verdict> verdict =
                limits.decideAsync(new FakeRequest().path("/static/../x")).toCompletableFuture();
        assertThat(one.calls).hasSize(1);
        assertThat(other.calls).isEmpty();
        first.complete(Decision.allowed(false, List.of()));
        assertThat(other.calls).hasSize(1);
        assertThat(verdict).isNotDone();
        second.complete(Decision.denied(Duration.ofSeconds(1), false, List.of()));
        assertThat(now(verdict).passes()).isFalse();
        assertThat(one.calls).containsExactly("decide 192.0.2.1 1", "refund 192.0.2.1 1");
    }

    @Test
    void whoeverIsDeniedByTheFirstIsNotChargedByTheSecond() {
        Remote one = new Remote(
                () -> CompletableFuture.completedFuture(Decision.denied(Duration.ofSeconds(1), false, List.of())));
        Remote other = new Remote(() -> CompletableFuture.completedFuture(Decision.allowed(false, List.of())));
        RequestLimiter limits = RequestLimiter.builder(other)
                .rule(Rule.limiter("/static/*", one))
                .build();
        assertThat(now(limits.decideAsync(new FakeRequest().path("/static/../x")))
                        .passes())
                .isFalse();
        assertThat(other.calls).isEmpty();
    }

    @Test
    void aFailureIsNeverThrownHoweverItComes() {
        Map<String, Supplier<@Nullable CompletionStage<Decision>>> failures = Map.of(
                "exceptionally", () -> CompletableFuture.failedFuture(new IllegalStateException("on purpose")),
                "at once",
                        () -> {
                            throw new IllegalStateException("on purpose");
                        });
        failures.forEach(this::failsBothWays);
    }

    @Test
    void aLimiterThatBreaksItsContractIsAFailureToo() {
        failsBothWays("no stage", () -> null);
        failsBothWays("a stage that makes no other", () -> new CompletableFuture<>() {
            @Override
            @SuppressWarnings("NullAway") // it breaks its contract
            public <U> CompletableFuture<U> handle(BiFunction<? super Decision, Throwable, ? extends U> next) {
                return null;
            }
        });
        failsBothWays("no decision", () -> CompletableFuture.completedFuture(noDecision()));
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> T noDecision() {
        return null;
    }

    private void failsBothWays(String how, Supplier<@Nullable CompletionStage<Decision>> answer) {
        for (OnFailure onFailure : OnFailure.values()) {
            RequestLimiter limits = RequestLimiter.builder(new Remote(answer))
                    .onFailure(onFailure)
                    .build();
            FakeRequest request = new FakeRequest();
            Verdict verdict = now(limits.decideAsync(request));
            boolean passes = onFailure == OnFailure.ALLOW;
            assertThat(verdict.passes()).as(how).isEqualTo(passes);
            assertThat(request.attributes)
                    .as(how)
                    .containsEntry(limits.attribute(), passes ? "failed-open" : "failed-closed");
            assertThat(limits.stats().failed()).as(how).isEqualTo(1);
            if (!passes) {
                assertThat(verdict.refusal().status()).as(how).isEqualTo(503);
            }
        }
    }

    @Test
    void aFailureOfTheSecondGivesTheFirstBackOnlyIfTheRequestIsRefused() {
        for (OnFailure onFailure : OnFailure.values()) {
            var first = Buckets.of("10/minute");
            CompletableFuture<Decision> answer = new CompletableFuture<>();
            RequestLimiter limits = RequestLimiter.builder(new Remote(() -> answer))
                    .rule(Rule.limiter("/static/*", first))
                    .onFailure(onFailure)
                    .build();
            CompletionStage<Verdict> verdict = limits.decideAsync(new FakeRequest().path("/static/../x"));
            assertThat(Buckets.left(first)).isEqualTo(9);
            answer.completeExceptionally(new IllegalStateException("on purpose"));
            assertThat(now(verdict).passes()).isEqualTo(onFailure == OnFailure.ALLOW);
            assertThat(Buckets.left(first)).isEqualTo(onFailure == OnFailure.ALLOW ? 9 : 10);
        }
    }

    @Test
    void aDryRunDoesNotDenyByFailing() {
        RequestLimiter limits = RequestLimiter.builder(
                        new Remote(() -> CompletableFuture.failedFuture(new IllegalStateException("on purpose"))))
                .rule(Rule.limits("/y", Limit.parse("1/day")))
                .sweepInterval(Duration.ZERO)
                .dryRun(true)
                .onFailure(OnFailure.DENY)
                .build();
        assertThat(now(limits.decideAsync(new FakeRequest())).passes()).isTrue();
        limits.close();
    }
}
