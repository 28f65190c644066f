package io.headgate;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Explains to a caller what a charge came to: the {@link Decision}, with the status of the key under each limit. Counts the
 * calls that left a key near a limit.
 */
final class Explainer<K> {

    private final Charger<K> charger;
    /** In the order in which the user gave them. */
    private final List<Limit> limits;
    /** One per limit, in the order of the states. */
    private final TokenBucket[] buckets;

    private final Overflow overflow;
    /** Calls that took permits and left at most a fifth of a limit's capacity. */
    private final LongAdder nearLimit = new LongAdder();

    Explainer(Charger<K> charger, List<Limit> limits, TokenBucket[] buckets, Overflow overflow) {
        this.charger = charger;
        this.limits = limits;
        this.buckets = buckets;
        this.overflow = overflow;
    }

    /**
     * Explains a result by the states that it was decided on. Counts calls that left a key near a limit.
     *
     * @param asked whether the call asked for permits, and so took them if the result allows it and any bucket was
     *     looked at
     */
    Decision explain(K key, ChargeResult result, boolean asked, long[] states, long permits, long now) {
        if (result == ChargeResult.OVERFLOW_DENIED && states[0] == TokenBucket.ABSENT) {
            return Decision.denied(null, true, List.of());
        }
        boolean taken = asked && result.allowed && !(result.overflow && overflow == Overflow.ALLOW);
        boolean admissible = permits <= charger.mostPermits;
        LimitStatus[] statuses = new LimitStatus[buckets.length];
        long wait = 0;
        boolean near = false;
        for (int i = 0; i < buckets.length; i++) {
            TokenBucket bucket = buckets[i];
            wait = admissible ? Math.max(wait, bucket.nanosUntil(permits, states[i], now)) : wait;
            long state = taken ? bucket.take(states[i], permits, now) : states[i];
            long remaining = bucket.available(state, now);
            near |= remaining <= bucket.capacity() / 5;
            statuses[limits.indexOf(bucket.limit())] = new LimitStatus(
                    bucket.limit(),
                    remaining,
                    !bucket.admits(states[i], permits, now),
                    Duration.ofNanos(bucket.nanosUntilNext(state, now)),
                    Duration.ofNanos(bucket.nanosUntilFull(state, now)));
        }
        if (taken && near) {
            nearLimit.increment();
        }
        List<LimitStatus> list = List.of(statuses);
        if (result.allowed) {
            return Decision.allowed(
                    result.overflow,
                    list,
                    taken ? permits : 0,
                    more -> charger.giveBack(key, more, now, result.overflow));
        }
        return admissible
                ? Decision.denied(Duration.ofNanos(wait), result.overflow, list)
                : Decision.neverAdmissible(result.overflow, list);
    }

    /** How many calls left a key near a limit. */
    long nearLimit() {
        return nearLimit.sum();
    }
}
