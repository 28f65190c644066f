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

    private record Entry(Rule rule, Policy<?> policy) {}

    private final List<Entry> rules = new ArrayList<>();
    private final Policy<?> general;
    /** Whether both readings of a canonical path lead to one policy. */
    private final boolean rulesAreCanonical;

    RuleTable(Settings settings, Limiters limiters) {
        general = policy(settings, limiters.general(), null);
        for (Rule rule : settings.rules) {
            Limiter<ClientAddress> limiter = limiters.of(rule);
            rules.add(
                    new Entry(rule, policy(settings, limiter == null ? null : KeyedLimiter.byAddress(limiter), rule)));
        }
        rulesAreCanonical = settings.rules.stream().allMatch(Rule::isCanonical);
    }

    /** What a rule leaves open is as in the settings. */
    private static <K> Policy<K> policy(Settings settings, @Nullable KeyedLimiter<K> limiter, @Nullable Rule rule) {
        return new Policy<>(
                limiter,
                rule != null && rule.cost().isPresent() ? request -> rule.cost().getAsLong() : settings.cost,
                settings.costAfter,
                settings.noAddress,
                settings.dryRun || (rule != null && rule.isDryRun()),
                rule == null || rule.chargeOn() == null ? settings.chargeOn : rule.chargeOn(),
                null);
    }

    Policy<?> general() {
        return general;
    }

    /** What a request is charged by. */
    Policy<?> of(HttpRequest request) {
        String path = rules.isEmpty() ? null : request.path();
        if (path == null) {
            return general;
        }
        String method = request.method();
        Policy<?> strict = general;
        for (Entry entry : rules) {
            if (entry.rule().matches(method, path)) {
                strict = entry.policy();
                break;
            }
        }
        String canonical = CanonicalPath.of(path);
        return rulesAreCanonical && canonical.equals(path) ? strict : strict.and(lenient(method, canonical));
    }

    private Policy<?> lenient(String method, String canonical) {
        for (Entry entry : rules) {
            if (entry.rule().matchesLeniently(method, canonical)) {
                return entry.policy();
            }
        }
        return general;
    }

    /** Whether anything here goes by the client's address. */
    boolean useAddresses() {
        return !rules.isEmpty()
                || (general.limiter() != null && general.limiter().isByAddress());
    }
}
