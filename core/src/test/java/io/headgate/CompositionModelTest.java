package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random calls of composed limiters answer as a slow, obvious composition of exact buckets does. */
class CompositionModelTest {

    private static final int STEPS = 4_000;

    /** Whose call it is. Both parts may be missing. */
    record Call(@Nullable String account, @Nullable String address) {}

    private final FakeTicker time = new FakeTicker();
    private final Map<String, String> plans = new HashMap<>();

    private LocalLimiter<String> build(String... limits) {
        Limit[] parsed = new Limit[limits.length];
        for (int i = 0; i < limits.length; i++) {
            parsed[i] = Limit.parse(limits[i]);
        }
        return Limiter.<String>builder(
                        parsed[0], List.of(parsed).subList(1, parsed.length).toArray(Limit[]::new))
                .ticker(time)
                .maxKeys(100)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private String planOf(Call call) {
        return Objects.requireNonNullElse(plans.get(String.valueOf(call.account())), "no such plan");
    }

    /** One part of the reference: what it limits, and a bucket for each limit and key. */
    private final class Part {

        final Function<Call, @Nullable String> key;
        final List<Limit> limits;
        final Map<String, RationalBucket> buckets = new HashMap<>();

        Part(Function<Call, @Nullable String> key, List<Limit> limits) {
            this.key = key;
            this.limits = limits;
        }

        List<RationalBucket> of(Call call) {
            String found = key.apply(call);
            List<RationalBucket> all = new ArrayList<>();
            if (found != null) {
                for (Limit limit : limits) {
                    all.add(buckets.computeIfAbsent(
                            limit.name() + " of " + found, name -> new RationalBucket(limit, time.read())));
                }
            }
            return all;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void answersAsTheReference(long seed) {
        LocalLimiter<String> accounts = build("account=4/minute", "account-hour=30/hour burst 12");
        LocalLimiter<String> free = build("free=3/minute");
        LocalLimiter<String> pro = build("pro=7/30s");
        LocalLimiter<String> service = build("service=20/minute burst 9");
        Limiter<Call> byPlan = Limiter.byPlan(
                this::planOf,
                Map.of(
                        "default", free.<Call>keyed(Call::address),
                        "pro", pro.<Call>keyed(Call::address),
                        "staff", Limiter.<Call>unlimited()));
        Limiter<Call> limiter =
                Limiter.allOf(accounts.<Call>keyed(Call::account), byPlan, service.<Call>keyed(call -> "all"));

        Part account = new Part(Call::account, accounts.limits());
        Map<String, Part> ofPlan = Map.of(
                "no such plan", new Part(Call::address, free.limits()),
                "pro", new Part(Call::address, pro.limits()),
                "staff", new Part(call -> null, List.of()));
        Part all = new Part(call -> "all", service.limits());

        Random random = new Random(seed);
        int admitted = 0;
        for (int step = 0; step < STEPS; step++) {
            Call call = new Call(
                    random.nextInt(6) == 0 ? null : "a" + random.nextInt(3),
                    random.nextInt(6) == 0 ? null : "b" + random.nextInt(3));
            long permits = 1L + random.nextInt(4);
            List<RationalBucket> buckets = new ArrayList<>(account.of(call));
            buckets.addAll(Objects.requireNonNull(ofPlan.get(planOf(call))).of(call));
            buckets.addAll(all.of(call));
            boolean due = buckets.stream().allMatch(bucket -> bucket.admits(permits, time.read()));
            switch (random.nextInt(8)) {
                case 0 -> time.advanceNanos(random.nextInt(30) * 1_000_000_000L);
                case 1 ->
                    plans.put(
                            "a" + random.nextInt(3),
                            List.of("pro", "staff", "no such plan").get(random.nextInt(3)));
                case 2 -> {
                    limiter.refund(call, permits);
                    buckets.forEach(bucket -> bucket.refund(permits, time.read()));
                }
                case 3 -> {
                    assertThat(limiter.tryAcquire(call, permits))
                            .as("step %s", step)
                            .isEqualTo(due);
                    if (due) {
                        buckets.forEach(bucket -> bucket.take(permits, time.read()));
                    }
                }
                case 4 -> {
                    Decision decision = limiter.peek(call, permits);
                    assertThat(decision.allowed()).isEqualTo(due);
                    assertThat(decision.limits())
                            .extracting(LimitStatus::remaining)
                            .containsExactlyElementsOf(remaining(buckets));
                    assertWaits(limiter, call, permits, decision);
                }
                default -> {
                    Decision looked = limiter.peek(call, permits);
                    Decision decision = limiter.decide(call, permits);
                    assertThat(decision.allowed()).as("step %s", step).isEqualTo(due);
                    if (!due) {
                        assertThat(decision).isEqualTo(looked);
                    } else if (random.nextInt(3) == 0) {
                        decision.refund(permits);
                        assertThat(limiter.peek(call, permits)).isEqualTo(looked);
                        due = false;
                    }
                    admitted += due ? 1 : 0;
                    if (due) {
                        buckets.forEach(bucket -> bucket.take(permits, time.read()));
                    }
                    assertThat(limiter.peek(call).limits())
                            .extracting(LimitStatus::remaining)
                            .containsExactlyElementsOf(remaining(buckets));
                }
            }
        }
        assertThat(admitted).isBetween(100, STEPS);
        assertThat(limiter.stats().undone()).isZero(); // nobody came in between
    }

    private List<Long> remaining(List<RationalBucket> buckets) {
        return buckets.stream().map(bucket -> bucket.available(time.read())).toList();
    }

    /** Who waits as long as it is told is allowed then, and not a nanosecond earlier. */
    private void assertWaits(Limiter<Call> limiter, Call call, long permits, Decision decision) {
        if (decision.allowed() || decision.neverAdmissible()) {
            return;
        }
        long now = time.read();
        long wait = decision.retryAfter().orElseThrow().toNanos();
        time.set(now + wait - 1);
        assertThat(limiter.peek(call, permits).allowed()).isFalse();
        time.set(now + wait);
        assertThat(limiter.peek(call, permits).allowed()).isTrue();
        time.set(now);
    }
}
