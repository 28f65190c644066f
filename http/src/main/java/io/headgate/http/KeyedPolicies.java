package io.headgate.http;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What requests are charged by where that depends on their key. Immutable.
 *
 * @param key finds the key
 * @param plans bounds the key, and may know its plan
 * @param isPlanned whether the plans of these keys can be known
 * @param without for requests without a key, and those whose key nobody vouches for
 * @param with for requests with a key that has no other plan
 * @param byPlan for requests with a key that has one of these
 * @param unknown is told of a plan that is none of them
 */
record KeyedPolicies(
        RequestKey key,
        Plans plans,
        boolean isPlanned,
        PolicySet without,
        PolicySet with,
        Map<String, PolicySet> byPlan,
        Consumer<String> unknown) {

    PolicySet of(HttpRequest request, @Nullable ClientAddress client) {
        String found = key.of(request, client, plans.digest);
        if (found == null) {
            return without;
        }
        if (!isPlanned) {
            return with;
        }
        String plan = planOf(found);
        if (plan == null) {
            return key.isVerified() ? with : without;
        }
        PolicySet ofPlan = byPlan.get(plan);
        if (ofPlan == null && !plan.equals(Limiter.DEFAULT_PLAN)) {
            unknown.accept(plan);
        }
        return ofPlan == null ? with : ofPlan;
    }

    /** The plan of a key, if it is known. Loads nothing. */
    @Nullable
    String planOf(String found) {
        PlanCache<String> cache = plans.ofKeys;
        return !isPlanned || cache == null ? null : cache.planIfKnown(found);
    }
}
