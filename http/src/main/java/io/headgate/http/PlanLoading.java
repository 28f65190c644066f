package io.headgate.http;

import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;

/**
 * Looks up the plan of a request's key, in the background, once the request is admitted. So who invents keys causes no more
 * loads than its own limits let through.
 *
 * @param key what the plan is of
 * @param digest bounds keys
 * @param plans asks for plans that are not known, or old
 */
record PlanLoading(RequestKey key, KeyDigest digest, PlanCache<String> plans) {

    /** Takes notice of a request that was admitted under a charge, by its key or by its client's address. */
    void admitted(HttpRequest request, Charge<?> charge) {
        String found = charge.key() instanceof String known
                ? known
                : key.of(request, charge.key() instanceof ClientAddress client ? client : null, digest);
        if (found != null) {
            plans.request(found);
        }
    }
}
