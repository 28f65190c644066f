package io.headgate.http;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules in order, and the general policy after them. Immutable. */
final class RuleTable {

    /*
     * A path can be read in two ways: strictly, as the server gives it; and leniently, as a handler that mends paths and does
     * not care about case would. Where they lead to different policies, the request is charged under both, since nobody knows
     * which way the application goes. So a limit holds if either reading is under it, and a request is unlimited only if both
     * readings are.
     */

    private record Entry(Rule rule, PolicySet policies) {}

    private final List<Entry> rules = new ArrayList<>();
    private final PolicySet general;
    /** Whether both readings of a canonical path lead to the same policies. */
    private final boolean rulesAreCanonical;

    private final boolean useAddresses;

    RuleTable(Settings settings, Limiters limiters) {
        KeyedLimiter<?> all = limiters.general();
        Policy<?> everything = policy(settings, all, null);
        general = PolicySet.of(everything);
        for (Rule rule : settings.rules) {
            Limiter<ClientAddress> limiter = limiters.of(rule);
            Policy<?> own = policy(settings, limiter == null ? null : KeyedLimiter.byAddress(limiter), rule);
            rules.add(new Entry(rule, rule.isInAddition() ? PolicySet.of(own, everything) : PolicySet.of(own)));
        }
        rulesAreCanonical = settings.rules.stream().allMatch(Rule::isCanonical);
        useAddresses = !rules.isEmpty() || (all != null && all.isByAddress());
    }

    /** What a rule leaves open is as in the settings. */
    private static <K> Policy<K> policy(Settings settings, @Nullable KeyedLimiter<K> limiter, @Nullable Rule rule) {
        ChargeOn chargeOn = rule == null || rule.chargeOn() == null ? settings.chargeOn : rule.chargeOn();
        boolean mayBeUseless = limiter != null && chargeOn != null && chargeOn != ChargeOn.never();
        return new Policy<>(
                limiter,
                rule != null && rule.cost().isPresent() ? request -> rule.cost().getAsLong() : settings.cost,
                settings.costAfter,
                settings.noAddress,
                settings.dryRun || (rule != null && rule.isDryRun()),
                chargeOn,
                mayBeUseless
                        ? new ChargeCondition(rule == null ? "the general limit" : "the rule \"" + rule.name() + '"')
                        : null);
    }

    List<Rule> rules() {
        return rules.stream().map(Entry::rule).toList();
    }

    /** What requests without a rule are charged by. */
    PolicySet general() {
        return general;
    }

    /** What a request is charged by. */
    PolicySet of(HttpRequest request) {
        String path = rules.isEmpty() ? null : request.path();
        if (path == null) {
            return general;
        }
        String method = request.method();
        PolicySet strict = general;
        for (Entry entry : rules) {
            if (entry.rule().matches(method, path) && entry.rule().holds(request)) {
                strict = entry.policies();
                break;
            }
        }
        String canonical = CanonicalPath.of(path);
        return rulesAreCanonical && canonical.equals(path) ? strict : strict.and(lenient(request, method, canonical));
    }

    private PolicySet lenient(HttpRequest request, String method, String canonical) {
        for (Entry entry : rules) {
            if (entry.rule().matchesLeniently(method, canonical) && entry.rule().holds(request)) {
                return entry.policies();
            }
        }
        return general;
    }

    /** Whether anything here goes by the client's address. */
    boolean useAddresses() {
        return useAddresses;
    }
}
