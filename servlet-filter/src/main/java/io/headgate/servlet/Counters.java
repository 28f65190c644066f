package io.headgate.servlet;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a filter has done, counted without contention. Thread-safe. */
final class Counters {

    private final Map<Outcome, LongAdder> outcomes = new EnumMap<>(Outcome.class);
    /** Failures of whatever kind, also those that did not decide about a request. */
    final LongAdder failed = new LongAdder();

    final LongAdder refunded = new LongAdder();

    Counters() {
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(outcome, new LongAdder());
        }
    }

    void count(Outcome outcome) {
        LongAdder counter = outcomes.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    FilterStats snapshot() {
        return new FilterStats(
                sum(Outcome.ALLOWED),
                sum(Outcome.DENIED),
                sum(Outcome.DRY_RUN_DENIED),
                sum(Outcome.EXEMPT),
                sum(Outcome.UNCHARGED),
                sum(Outcome.UNADDRESSED),
                failed.sum(),
                refunded.sum());
    }

    private long sum(Outcome outcome) {
        LongAdder counter = outcomes.get(outcome);
        return counter == null ? 0 : counter.sum();
    }
}
