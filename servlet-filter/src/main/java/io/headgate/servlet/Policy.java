package io.headgate.servlet;

import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How requests are charged: the filter's general way, or that of a rule with what it left open filled in.
 *
 * @param target whose buckets; null if these requests are unlimited
 * @param cost permits a request takes
 * @param noAddress what happens to a request without a key
 * @param dryRun whether a denial is only counted
 * @param chargeOn tells by the response whether a charge stays; null if it does
 */
record Policy(
        @Nullable Target<?> target,
        ToLongFunction<HttpServletRequest> cost,
        NoAddress noAddress,
        boolean dryRun,
        @Nullable ChargeOn chargeOn) {

    Verdict decide(HttpServletRequest request, @Nullable ClientAddress address) {
        if (target == null) {
            return Verdict.without(Outcome.UNCHARGED);
        }
        long permits = cost.applyAsLong(request);
        if (permits == 0) {
            return Verdict.without(Outcome.UNCHARGED);
        }
        if (permits < 0) {
            throw new IllegalArgumentException("the cost of a request must be at least 0");
        }
        Verdict.Charge<?> charge = target.charge(request, address, permits);
        if (charge != null) {
            return Verdict.decided(charge, dryRun, chargeOn);
        }
        return switch (noAddress) {
            case SHARED -> Verdict.decided(target.sharedCharge(permits), dryRun, chargeOn);
            case DENY -> Verdict.notAddressed(dryRun);
            case ALLOW -> Verdict.without(Outcome.UNADDRESSED);
        };
    }
}
