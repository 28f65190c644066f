package io.headgate.http;

import io.headgate.http.Explanation.Met;
import io.headgate.net.ClientAddress;
import io.headgate.plan.AddressPlans;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules in order, and the general policy after them. Immutable. */
final class RuleTable {

    /*
     * A path can be read in two ways: strictly, as the server gives it; and leniently, as a handler that mends paths and does
     * not care about case would. Where they lead to different policies, the request is charged under both, since nobody knows
     * which way the application goes. So a limit holds if either reading is under it, and a request is unlimited only if both
     * readings are.
     */

    /**
     * A rule, or the general limits.
     *
     * @param keyed tells the policies by the request's key; null if its policies are always the same
     * @param isInAddition whether what else a request would be under holds beside it
     * @param isInPlace whether it is in place of what a principal's client was charged before
     */
    private record Entry(
            @Nullable Rule rule,
            PolicySet policies,
            @Nullable KeyedPolicies keyed,
            boolean isInAddition,
            boolean isInPlace) {

        PolicySet of(HttpRequest request, @Nullable ClientAddress client) {
            if (keyed != null) {
                return keyed.of(request, client);
            }
            return isInPlace && request.principal() != null ? policies.inPlaceOfClient(true) : policies;
        }

        boolean matches(HttpRequest request, String method, String path) {
            return rule == null || (rule.matches(method, path) && rule.holds(request));
        }

        boolean matchesLeniently(HttpRequest request, String method, String canonical) {
            return rule == null || (rule.matchesLeniently(method, canonical) && rule.holds(request));
        }
    }

    /** The rules in their order, and the general limits after them, which are for any request. */
    private final List<Entry> entries = new ArrayList<>();
    /** The last of them. */
    private final Entry last;
    /** By the client's address, or what else the general limiter has for a key. */
    private final PolicySet general;
    /** Whether both readings of a canonical path lead to the same policies. */
    private final boolean rulesAreCanonical;

    private final boolean useAddresses;
    private final Plans plans;

    /** @param unknownPlan is told of a plan that the source of plans names, and nobody has configured */
    RuleTable(Settings settings, Limiters limiters, Plans plans, Consumer<String> unknownPlan) {
        this.plans = plans;
        KeyedLimiter<?> all = limiters.general();
        PlanLoading loading = plans.ofKeys == null ? null : new PlanLoading(settings.key, plans.digest, plans.ofKeys);
        Policy<?> everything = policy(settings, all, null).loading(loading);
        general = PolicySet.of(everything);
        // Behind authentication the client has been charged before.
        boolean isBehind = settings.stage == Stage.AUTHENTICATED;
        PolicySet withoutKey =
                isBehind ? PolicySet.of(policy(settings, (KeyedLimiter<ClientAddress>) null, null)) : general;
        for (Rule rule : settings.rules) {
            PlanLoading known = settings.knowsPlansOf(rule.key()) ? loading : null;
            Policy<?> own = policy(settings, limiters.of(rule), rule).loading(known);
            boolean isUnverified = known == null && !rule.key().isVerified();
            boolean isByClient = isUnverified || (rule.isInAddition() && settings.key.isClient());
            boolean isInPlace = isBehind && !isUnverified && !rule.isInAddition();
            PolicySet policies = isByClient ? PolicySet.of(own, everything) : PolicySet.of(own);
            KeyedPolicies keyed = rule.key().isClient()
                    ? null
                    : new KeyedPolicies(
                            rule.key(),
                            plans,
                            known != null,
                            withoutKey,
                            policies.inPlaceOfClient(isInPlace),
                            Map.of(),
                            plan -> {});
            entries.add(new Entry(rule, policies, keyed, rule.isInAddition(), isInPlace));
        }
        KeyedPolicies byKey = null;
        if (!settings.key.isClient()) {
            Policy<?> own = policy(settings, limiters.generalOfKeys(), null).loading(loading);
            boolean beside = loading == null && !settings.key.isVerified();
            Map<String, PolicySet> byPlan = new HashMap<>();
            limiters.plansOfKeys()
                    .forEach((plan, limiter) -> byPlan.put(
                            plan,
                            PolicySet.of(policy(settings, limiter, null).loading(loading))
                                    .inPlaceOfClient(isBehind)));
            PolicySet policies = beside ? PolicySet.of(own, everything) : PolicySet.of(own);
            byKey = new KeyedPolicies(
                    settings.key,
                    plans,
                    loading != null,
                    withoutKey,
                    policies.inPlaceOfClient(isBehind && !beside),
                    byPlan,
                    unknownPlan);
        }
        last = new Entry(null, general, byKey, false, false);
        entries.add(last);
        rulesAreCanonical = settings.rules.stream().allMatch(Rule::isCanonical);
        useAddresses = !settings.rules.isEmpty() || (all != null && all.isByAddress());
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
                        : null,
                null);
    }

    List<Rule> rules() {
        return entries.stream().map(Entry::rule).filter(Objects::nonNull).toList();
    }

    /** What requests without a rule are charged by. */
    PolicySet general() {
        return general;
    }

    /** What a request is charged by. */
    PolicySet of(HttpRequest request, @Nullable ClientAddress client) {
        String path = entries.size() == 1 ? null : request.path();
        PolicySet policies = of(strictly(request, path), request, client);
        Entry lenient = leniently(request, path);
        return lenient == null ? policies : policies.and(of(lenient, request, client));
    }

    /** By an entry. Where the general limits are those of a key, they are so beside a rule, and in its place, too. */
    private PolicySet of(Entry entry, HttpRequest request, @Nullable ClientAddress client) {
        PolicySet policies = entry.of(request, client);
        if (!isUnderLast(entry, policies)) {
            return policies;
        }
        PolicySet others = last.of(request, client);
        return policies.equals(general) ? others : policies.and(others).inPlaceOfClient(others.isInPlaceOfClient());
    }

    /** Whether a request with these policies is under the general limits of its key. */
    private boolean isUnderLast(Entry entry, PolicySet policies) {
        return entry.rule() != null && last.keyed() != null && (entry.isInAddition() || policies.equals(general));
    }

    private Entry strictly(HttpRequest request, @Nullable String path) {
        if (path == null) {
            return entries.get(entries.size() - 1);
        }
        String method = request.method();
        return first(entry -> entry.matches(request, method, path));
    }

    /** By the other reading of the path; null where there is one reading. */
    private @Nullable Entry leniently(HttpRequest request, @Nullable String path) {
        String canonical = path == null ? null : CanonicalPath.of(path);
        if (canonical == null || (rulesAreCanonical && canonical.equals(path))) {
            return null;
        }
        String method = request.method();
        return first(entry -> entry.matchesLeniently(request, method, canonical));
    }

    /** What a request is under, for people. */
    List<Met> met(HttpRequest request, @Nullable ClientAddress client) {
        String path = entries.size() == 1 ? null : request.path();
        return Stream.of(strictly(request, path), leniently(request, path))
                .filter(Objects::nonNull)
                .map(entry -> met(entry, request, client))
                .distinct()
                .toList();
    }

    private Met met(Entry entry, HttpRequest request, @Nullable ClientAddress client) {
        KeyedPolicies keyed = entry.keyed();
        String plan = planOf(keyed, request, client);
        if (plan == null && isUnderLast(entry, entry.of(request, client))) {
            plan = planOf(last.keyed(), request, client);
        }
        AddressPlans ofAddresses = plans.ofAddresses;
        if (plan == null && ofAddresses != null && client != null && isByClient(of(entry, request, client))) {
            plan = ofAddresses.planOf(client);
        }
        return new Met(
                Optional.ofNullable(entry.rule()).map(Rule::name),
                keyed == null ? RequestKey.CLIENT : keyed.key(),
                keyed == null ? client != null : keyed.key().of(request, client, plans.digest) != null,
                Optional.ofNullable(plan));
    }

    private @Nullable String planOf(
            @Nullable KeyedPolicies keyed, HttpRequest request, @Nullable ClientAddress client) {
        String key = keyed == null ? null : keyed.key().of(request, client, plans.digest);
        return key == null || keyed == null ? null : keyed.planOf(key);
    }

    /** Whether the general limits of clients are among them. */
    private boolean isByClient(PolicySet policies) {
        return policies.policies().containsAll(general.policies());
    }

    private Entry first(Predicate<Entry> matches) {
        for (Entry entry : entries) {
            if (matches.test(entry)) {
                return entry;
            }
        }
        throw new IllegalStateException("the general limits are for any request");
    }

    /** Whether anything here goes by the client's address. */
    boolean useAddresses() {
        return useAddresses;
    }
}
