package io.headgate.servlet;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.Warnings.Topic;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/** The rules of a filter in order, the general policy after them, and the limiters made for both. Immutable. */
final class Policies {

    private record RulePolicy(Rule rule, Policy policy) {}

    private final List<RulePolicy> rules = new ArrayList<>();
    private final Policy general;
    private final UnaryOperator<ClientAddress> clientOf;
    private final List<LocalLimiter<?>> made = new ArrayList<>();

    Policies(Settings settings, String name) {
        Target<?> target =
                settings.target == null ? Target.clients(make(settings, name, settings.limits)) : settings.target;
        clientOf = target.clientOf();
        general = new Policy(target, settings.cost, settings.noAddress, settings.dryRun, settings.chargeOn);
        for (Rule rule : settings.rules) {
            rules.add(new RulePolicy(rule, policy(rule, settings)));
        }
    }

    /** What a rule says; what it leaves open is as in the filter. */
    private Policy policy(Rule rule, Settings settings) {
        Limiter<ClientAddress> limiter = rule.limiter();
        if (limiter == null && !rule.limits().isEmpty()) {
            limiter = make(settings, rule.name(), rule.limits());
        }
        return new Policy(
                limiter == null ? null : Target.clients(limiter),
                rule.cost().isPresent() ? request -> rule.cost().getAsLong() : settings.cost,
                settings.noAddress,
                settings.dryRun || rule.isDryRun(),
                rule.chargeOn() == null ? settings.chargeOn : rule.chargeOn());
    }

    private LocalLimiter<ClientAddress> make(Settings settings, String name, List<Limit> limits) {
        LocalLimiter<ClientAddress> limiter = settings.clientLimits.limiter(name, limits, settings.ticker);
        made.add(limiter);
        return limiter;
    }

    /** The policy of the first rule that matches, else the general one. */
    Policy of(HttpServletRequest request) {
        if (rules.isEmpty()) {
            return general;
        }
        String path = RequestPath.of(request);
        if (path != null) {
            String canonical = CanonicalPath.of(path);
            for (RulePolicy candidate : rules) {
                if (candidate.rule().matches(request.getMethod(), path, canonical)) {
                    return candidate.policy();
                }
            }
        }
        return general;
    }

    /** Which client an address counts for, unless a rule says otherwise. */
    UnaryOperator<ClientAddress> clientOf() {
        return clientOf;
    }

    /** Whether anything here goes by the client's address. */
    boolean useAddresses() {
        return !rules.isEmpty() || (general.target() != null && general.target().isByAddress());
    }

    /** Tells what the limiters take together, and warns of those that a rotated IPv6 network would pass. */
    void announce(Warnings warnings) {
        Set<LocalLimiter<?>> limiters = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Policy> all = new ArrayList<>(List.of(general));
        rules.forEach(rule -> all.add(rule.policy()));
        for (Policy policy : all) {
            Target<?> target = policy.target();
            if (target != null && target.limiter() instanceof LocalLimiter<?> limiter) {
                limiters.add(limiter);
                if (target.isByAddress() && limiter.ipv6Prefix().isEmpty()) {
                    warnings.once(Topic.UNMASKED_KEYS);
                }
            }
        }
        warnings.info(String.format(
                Locale.ROOT,
                "started; its limiters take %.2f MB of memory now and %.2f MB at most",
                megabytes(limiters, limiter -> limiter.stats().memoryBytes()),
                megabytes(limiters, LocalLimiter::memoryBytes)));
    }

    private static double megabytes(Set<LocalLimiter<?>> limiters, ToLongFunction<LocalLimiter<?>> bytes) {
        return limiters.stream().mapToLong(bytes).sum() / 1e6;
    }

    /** Ends the threads of the limiters that were made here. */
    void close() {
        made.forEach(LocalLimiter::close);
    }
}
