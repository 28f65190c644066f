package io.headgate.servlet;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.Warnings.Topic;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A configured filter at work: the answers to the questions that {@code doFilter} asks, in its order. Thread-safe. */
final class Gate {

    /*
     * Immutable once built; what it points to is thread-safe. The limiters that it made are closed with it; a request
     * that is still under way then is decided as before, since a closed limiter goes on deciding.
     */

    private record RulePolicy(Rule rule, Policy policy) {}

    final String name;
    final RateLimitHeaders headers;
    final Refusal refusal;

    private final String attribute;
    private final boolean skipPreflight;
    private final boolean usesAddresses;
    private final ClientAddressResolver resolver;
    private final List<AddressRange> exempt;
    private final List<RulePolicy> rules;
    private final Policy general;
    private final boolean dryRun;
    private final OnFailure onFailure;
    private final Advice advice;
    private final Counters counters;
    private final Failures failures;
    private final List<LocalLimiter<?>> made = new ArrayList<>();

    Gate(Settings settings, String name, Counters counters) {
        this.name = name;
        this.attribute = RateLimitFilter.ATTRIBUTE_PREFIX + name;
        this.counters = counters;
        this.failures = new Failures(name, settings.ticker, counters.failed);
        this.headers = new RateLimitHeaders(settings.headers, settings.retryAfterJitter);
        this.refusal = new Refusal(settings.onDenied, failures);
        this.skipPreflight = settings.skipPreflight;
        this.resolver = settings.resolver;
        this.exempt = List.copyOf(settings.exempt);
        this.dryRun = settings.dryRun;
        this.onFailure = settings.onFailure;
        Target<?> target = settings.target;
        if (target == null) {
            target = Target.clients(make(settings, name, settings.limits));
        }
        this.general = new Policy(target, settings.cost, settings.noAddress, dryRun, settings.chargeOn);
        this.rules = settings.rules.stream()
                .map(rule -> new RulePolicy(rule, policy(rule, settings)))
                .toList();
        this.usesAddresses = target.isByAddress() || !exempt.isEmpty() || !rules.isEmpty();
        Warnings warnings = new Warnings(name);
        this.advice = new Advice(warnings, resolver);
        announce(warnings);
    }

    private Policy policy(Rule rule, Settings settings) {
        Limiter<ClientAddress> limiter = rule.limiter();
        if (limiter == null && !rule.limits().isEmpty()) {
            limiter = make(settings, rule.name(), rule.limits());
        }
        return new Policy(
                limiter == null ? null : Target.clients(limiter),
                rule.cost().isPresent() ? request -> rule.cost().getAsLong() : settings.cost,
                settings.noAddress,
                dryRun || rule.isDryRun(),
                rule.chargeOn() == null ? settings.chargeOn : rule.chargeOn());
    }

    private LocalLimiter<ClientAddress> make(Settings settings, String name, List<Limit> limits) {
        LocalLimiter<ClientAddress> limiter = settings.clientLimits.limiter(name, limits, settings.ticker);
        made.add(limiter);
        return limiter;
    }

    private void announce(Warnings warnings) {
        Set<LocalLimiter<?>> limiters = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Policy> policies =
                new ArrayList<>(rules.stream().map(RulePolicy::policy).toList());
        policies.add(general);
        for (Policy policy : policies) {
            if (policy.target() != null && policy.target().limiter() instanceof LocalLimiter<?> limiter) {
                limiters.add(limiter);
                if (policy.target().isByAddress() && limiter.ipv6Prefix().isEmpty()) {
                    warnings.once(
                            Topic.UNMASKED_KEYS,
                            () ->
                                    "a limiter of client addresses tells IPv6 addresses apart to the last bit, so a client gets"
                                            + " a new bucket with each address of its network; make it with Limiter.forAddresses");
                }
            }
        }
        long bytes = limiters.stream().mapToLong(LocalLimiter::memoryBytes).sum();
        warnings.info("started; its limiters may take up to " + bytes + " bytes of memory");
    }

    /** Whether this is the dispatch that a request is charged at. */
    boolean decidesAt(HttpServletRequest request) {
        return switch (request.getDispatcherType()) {
            case REQUEST, FORWARD, ASYNC -> request.getAttribute(attribute) == null;
            // A refusal would land inside another response; the request behind it has been decided, or has failed.
            case INCLUDE, ERROR -> false;
        };
    }

    /** Who is asking; null if nobody can tell, or nothing here depends on it. */
    @Nullable
    ClientAddress resolve(HttpServletRequest request) {
        return usesAddresses ? resolver.resolve(request) : null;
    }

    /** Takes the permits of the request, if there are enough. */
    Verdict decide(HttpServletRequest request, @Nullable ClientAddress address) {
        if (skipPreflight && isPreflight(request)) {
            return Verdict.without(Outcome.UNCHARGED);
        }
        if (address != null && isExempt(address)) {
            return Verdict.without(Outcome.EXEMPT);
        }
        if (usesAddresses) {
            advice.look(request, address);
        }
        return policyFor(request).decide(request, address);
    }

    /** What the configuration says about a failure. */
    Verdict failed(Throwable failure) {
        failures.report(failure);
        boolean closed = onFailure == OnFailure.DENY && !dryRun;
        return Verdict.without(closed ? Outcome.FAILED_CLOSED : Outcome.FAILED_OPEN);
    }

    /** Leaves the verdict where later dispatches, handlers and access logs find it. */
    void remember(HttpServletRequest request, Verdict verdict) {
        counters.count(verdict.outcome());
        request.setAttribute(attribute, verdict.attribute());
    }

    /** What settles a conditional charge once the response is known. */
    Settlement settlement(HttpServletResponse response, Verdict verdict) {
        return new Settlement(response, verdict, onFailure, counters, failures);
    }

    /** Ends the threads of the limiters that this gate made. */
    void close() {
        made.forEach(LocalLimiter::close);
    }

    private Policy policyFor(HttpServletRequest request) {
        if (rules.isEmpty()) {
            return general;
        }
        String path = RequestPath.of(request);
        if (path != null) {
            for (RulePolicy candidate : rules) {
                if (candidate.rule().matches(request.getMethod(), path)) {
                    return candidate.policy();
                }
            }
        }
        return general;
    }

    private boolean isExempt(ClientAddress address) {
        for (AddressRange range : exempt) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPreflight(HttpServletRequest request) {
        return request.getMethod().equals("OPTIONS")
                && request.getHeader("Origin") != null
                && request.getHeader("Access-Control-Request-Method") != null;
    }
}
