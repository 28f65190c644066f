package io.headgate.http;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a limiter of requests has done, counted without contention. Thread-safe. */
final class Counters {

    private final Map<RequestOutcome, LongAdder> outcomes = new EnumMap<>(RequestOutcome.class);
    /** Failures of whatever kind, also those that did not decide about a request. */
    final LongAdder failed = new LongAdder();

    final LongAdder refunded = new LongAdder();

    Counters() {
        for (RequestOutcome outcome : RequestOutcome.values()) {
            outcomes.put(outcome, new LongAdder());
        }
    }

    void count(RequestOutcome outcome) {
        Objects.requireNonNull(outcomes.get(outcome)).increment();
    }

    FilterStats snapshot() {
        Map<RequestOutcome, Long> counts = new EnumMap<>(RequestOutcome.class);
        outcomes.forEach((outcome, count) -> counts.put(outcome, count.sum()));
        return new FilterStats(counts, failed.sum(), refunded.sum());
    }
}
