package io.headgate.http;

import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import java.util.Map;
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
 */
record KeyedPolicies(
        RequestKey key,
        Plans plans,
        boolean isPlanned,
        PolicySet without,
        PolicySet with,
        Map<String, PolicySet> byPlan) {

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
        return byPlan.getOrDefault(plan, with);
    }

    /** The plan of a key, if it is known. Loads nothing. */
    @Nullable
    String planOf(String found) {
        PlanCache<String> cache = plans.ofKeys;
        return !isPlanned || cache == null ? null : cache.planIfKnown(found);
    }
}
