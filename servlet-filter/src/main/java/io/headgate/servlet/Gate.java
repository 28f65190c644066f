package io.headgate.servlet;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A configured filter at work: the answers to the questions that {@code doFilter} asks, in its order. Thread-safe. */
final class Gate {

    /*
     * Immutable once built; what it points to is thread-safe. The limiters that were made for it are closed with it; a request
     * that is still under way then is decided as before, since a closed limiter goes on deciding.
     */

    final String name;
    final RateLimitHeaders headers;
    final Refusal refusal;

    private final String attribute;
    private final boolean skipPreflight;
    private final boolean usesAddresses;
    private final ClientAddressResolver resolver;
    private final List<AddressRange> exempt;
    private final Policies policies;
    private final boolean dryRun;
    private final OnFailure onFailure;
    private final Advice advice;
    private final Counters counters;
    private final Failures failures;

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
        this.policies = new Policies(settings, name);
        this.usesAddresses = policies.useAddresses() || !exempt.isEmpty();
        Warnings warnings = new Warnings(name);
        this.advice = new Advice(warnings, resolver, policies.clientOf());
        policies.announce(warnings);
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
        Policy policy = policies.of(request);
        try {
            return policy.decide(request, address);
        } catch (Throwable failure) {
            // The dry run of a rule never denies, not even by failing.
            return failed(failure, policy.dryRun());
        }
    }

    /** What the configuration says about a failure. */
    Verdict failed(Throwable failure) {
        return failed(failure, dryRun);
    }

    private Verdict failed(Throwable failure, boolean dryRun) {
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
        policies.close();
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
