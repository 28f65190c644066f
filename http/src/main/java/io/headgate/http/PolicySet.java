package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a request is charged by, in the order in which it is charged: all or nothing. Immutable.
 *
 * @param policies at least one, each once
 * @param isInPlaceOfClient whether they are in place of what the client was charged as the request arrived
 */
record PolicySet(List<Policy<?>> policies, boolean isInPlaceOfClient) {

    static PolicySet of(Policy<?>... policies) {
        return new PolicySet(List.of(policies), false);
    }

    /** The same, in place of what the client was charged before, or beside it. */
    PolicySet inPlaceOfClient(boolean inPlace) {
        return new PolicySet(policies, inPlace);
    }

    /** These, and after them what another set has that is not among them. */
    PolicySet and(PolicySet other) {
        boolean inPlace = isInPlaceOfClient && other.isInPlaceOfClient;
        if (policies.containsAll(other.policies)) {
            return inPlaceOfClient(inPlace);
        }
        List<Policy<?>> all = new ArrayList<>(policies);
        for (Policy<?> policy : other.policies) {
            if (!policies.contains(policy)) {
                all.add(policy);
            }
        }
        return new PolicySet(List.copyOf(all), inPlace);
    }

    /** Whether requests pass whatever happens, a failure included. */
    boolean neverDenies() {
        return policies.stream().allMatch(Policy::dryRun);
    }

    /** What a request comes to. Takes nothing yet. Where one policy fails, the others hold. */
    Assessment assess(HttpRequest request, @Nullable ClientAddress address, RequestCharger charger) {
        int last = policies.size() - 1;
        Assessment assessment = assess(policies.get(last), request, address, charger);
        for (int i = last - 1; i >= 0; i--) {
            assessment = Assessment.both(assess(policies.get(i), request, address, charger), assessment);
        }
        return assessment;
    }

    private static Assessment assess(
            Policy<?> policy, HttpRequest request, @Nullable ClientAddress address, RequestCharger charger) {
        try {
            return policy.assess(request, address);
        } catch (Throwable failure) {
            return charger.failed(failure, policy.dryRun());
        }
    }
}
