package io.headgate.http;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How requests are charged: the general way, or that of a rule with what it left open filled in.
 *
 * @param limiter whose buckets; null if these requests are unlimited
 * @param cost permits a request takes
 * @param costAfter permits it takes in all, once it is answered; null if that is what it took before
 * @param noAddress what happens to a request without a key
 * @param dryRun whether a denial is only counted
 * @param chargeOn tells by the response whether a charge stays; null if it does
 * @param condition watches over {@code chargeOn}; null if nothing is to be watched
 * @param loading looks up the plan of a key once a request is admitted; null if that need not be
 */
record Policy<K>(
        @Nullable KeyedLimiter<K> limiter,
        ToLongFunction<HttpRequest> cost,
        @Nullable CostAfter costAfter,
        NoAddress noAddress,
        boolean dryRun,
        @Nullable ChargeOn chargeOn,
        @Nullable ChargeCondition condition,
        @Nullable PlanLoading loading) {

    /** The same that looks up plans, or does not. */
    Policy<K> loading(@Nullable PlanLoading loading) {
        return new Policy<>(limiter, cost, costAfter, noAddress, dryRun, chargeOn, condition, loading);
    }

    /** What a request comes to. Takes nothing yet. */
    Assessment assess(HttpRequest request, @Nullable ClientAddress address) {
        if (limiter == null) {
            return Verdict.without(RequestOutcome.UNCHARGED);
        }
        long permits = cost.applyAsLong(request);
        if (permits == 0) {
            return Verdict.without(RequestOutcome.UNCHARGED);
        }
        if (permits < 0) {
            throw new IllegalArgumentException("the cost of a request must be at least 0");
        }
        K key = limiter.keyOf().of(request, address);
        if (key != null) {
            return charge(limiter.limiter(), key, permits);
        }
        return switch (noAddress) {
            case SHARED -> charge(limiter.limiter(), limiter.sharedKey(), permits);
            case DENY -> Verdict.notAddressed(dryRun);
            case ALLOW -> Verdict.without(RequestOutcome.UNADDRESSED);
        };
    }

    /** Of the limiter of the key's plan, which is looked up once: what is given back, or taken later, is so there. */
    private Charge<K> charge(Limiter<K> limiter, K key, long permits) {
        // A mock of a limiter may know nothing of plans.
        return new Charge<>(this, Objects.requireNonNullElse(limiter.chosen(key), limiter), key, permits, null);
    }
}
