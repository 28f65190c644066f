package io.headgate.http;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.Ticker;
import io.headgate.http.Explanation.Met;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.net.PrefixTable;
import io.headgate.plan.AddressPlans;
import io.headgate.plan.PlanCache;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides which HTTP requests pass, on any server. This is what adapters are made around; where there is one for your server,
 * use that.
 *
 * <p>The answer about a request is its <dfn>verdict</dfn>. It says whether the request goes on to the application, and what the
 * client is told. The permits of the request ({@link io.headgate.Limit} says what those are) have been taken by then. If it
 * depends on the response how many of them stay taken, the request has a <dfn>settlement</dfn>: once the response is known,
 * it gives permits back, or takes more.
 *
 * <pre>{@code
 * try (RequestLimiter limits = RequestLimiter.builder(limiter).build()) {
 *     Verdict verdict = limits.decide(request);
 *     limits.addFields(verdict, response);
 *     if (!verdict.passes()) {
 *         answer(verdict.refusal());
 *     } else {
 *         Settlement settlement = limits.settlement(verdict, request, response);
 *         handle(request, response, settlement);
 *     }
 * }
 * }</pre>
 *
 * <p>Thread-safe. Never blocks, unless a function or a limiter of yours does.
 */
public final class RequestLimiter implements AutoCloseable {

    /*
     * Immutable once built, but for being closed; what it points to is thread-safe. A request that is still under way when it is closed is decided as
     * before, since a closed limiter goes on deciding.
     */

    private static final Logger LOGGER = System.getLogger(RequestLimiter.class.getName());

    private final String name;
    private final String attribute;
    private final Stage stage;
    private final Ticker ticker;
    private final boolean skipPreflight;
    private final ClientAddressResolver resolver;
    private final PrefixTable<Boolean> exempt;
    private final LimiterRegistry registry;
    private final boolean ownsRegistry;
    /** Who uses the limiters in the registry: this one, and those that took its place. */
    private final Object user;
    /** What the limiter is called that every request without a rule is charged to, if it is made here. */
    private final String generalName;

    private final Plans plans;
    private final Limiters limiters;
    private final RuleTable rules;
    private final boolean usesAddresses;
    private final RequestCharger charger;
    /** Of whose failures nobody is told. */
    private final RequestCharger spectator;

    private final RateLimitFields fields;
    private final Refusals refusals;
    private final Drain drain;
    private final ProxyDiagnostics diagnostics;
    private final @Nullable Consumer<ClientDenied> onClientDenied;
    // These outlive a change of configuration.
    private final Counters counters;
    private final Warnings warnings;
    private final FailureLog failures;
    private final DenialLog denials;

    /** Whether its own registry is closed. A closed limiter decides as before. */
    private volatile boolean closed;

    RequestLimiter(Settings settings, String name, String attributePrefix, @Nullable RequestLimiter before) {
        this.name = name;
        this.attribute = attributePrefix + name;
        this.stage = settings.stage;
        this.ticker = settings.ticker;
        this.skipPreflight = settings.skipPreflight;
        this.resolver = settings.resolver();
        this.exempt = PrefixTable.of(settings.exempt, true);
        this.registry = registry(settings, before);
        // One that a former configuration was handed is still not ours.
        this.ownsRegistry =
                settings.registry == null && (before == null || before.registry != registry || before.ownsRegistry);
        this.user = before == null ? new Object() : before.user;
        this.generalName =
                settings.limiterName != null ? settings.limiterName : before != null ? before.generalName : name;
        this.warnings = new Warnings(name, settings.spelling);
        this.plans = new Plans(settings, warnings, before == null ? null : before.plans);
        this.limiters = new Limiters(settings, plans, generalName, registry, user);
        this.rules = new RuleTable(settings, limiters, plans, this::warnOfPlan);
        this.usesAddresses = rules.useAddresses() || exempt.size() > 0;
        this.fields = new RateLimitFields(settings.headers, settings.retryAfterJitter);
        this.refusals = settings.refusals();
        this.drain = settings.drain;
        this.counters = before == null ? new Counters() : before.counters;
        this.failures = before == null ? new FailureLog(name, ticker, counters.failed) : before.failures;
        this.denials = before == null ? new DenialLog(ticker) : before.denials;
        this.onClientDenied = settings.onClientDenied;
        this.charger = new RequestCharger(settings.onFailure, failures::report);
        this.spectator = new RequestCharger(settings.onFailure, FailureLog::passOn);
        this.diagnostics = new ProxyDiagnostics(warnings, resolver, limiters::client);
        announceLimiters(settings);
        settings.rules.stream()
                .filter(Rule::isUnlimitedExtension)
                .forEach(rule -> warnings.once(Warning.UNLIMITED_EXTENSION, rule.name()));
        settings.rules.stream()
                .filter(Rule::isUnlimitedForTheAsking)
                .forEach(rule -> warnings.also(Warning.UNLIMITED_FOR_THE_ASKING, rule.name()));
        UnreachableRules.find(settings.rules, (rule, why) -> warnings.also(Warning.UNREACHABLE_RULE, rule.name(), why));
        settings.hostBits.forEach((option, ranges) -> {
            if (!ranges.isEmpty()) {
                warnings.also(Warning.HOST_BITS, settings.spelling.apply(option), ranges);
            }
        });
    }

    private void warnOfPlan(String plan) {
        if (!warnings.isSaid(Warning.UNKNOWN_PLAN)) {
            warnings.once(Warning.UNKNOWN_PLAN, plan);
        }
    }

    /** A limiter that cannot tell of itself now can decide later. */
    private void announceLimiters(Settings settings) {
        try {
            limiters.announce(settings, warnings);
        } catch (Throwable failure) {
            failures.report(failure);
        }
    }

    /**
     * Starts one that limits clients by address.
     *
     * @param limiter limits each client; it is not closed
     * @return the builder
     */
    public static Builder builder(Limiter<ClientAddress> limiter) {
        return new Builder(limiter);
    }

    /**
     * Starts one that limits by what a function finds in the request: a principal, an API key, a tenant.
     *
     * @param limiter limits each key; it is not closed
     * @param key the key of a request
     * @param <K> the type of the keys
     * @return the builder
     */
    public static <K> Builder builder(Limiter<K> limiter, Function<HttpRequest, @Nullable K> key) {
        return new Builder(limiter, key);
    }

    /**
     * Starts one whose limits, or rules, are yet to be said.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Decides about a request, once: takes its permits, if there are enough, before anything is done for it.
     *
     * @param request the request
     * @return the verdict. No failure is thrown: what becomes of the request then is configured ({@link OnFailure})
     */
    public Verdict decide(HttpRequest request) {
        Assessed assessed = assess(request);
        Verdict verdict = assessed.assessment() instanceof Charge<?> charge
                ? charger.take(charge, null)
                : (Verdict) assessed.assessment();
        return conclude(request, verdict, assessed.policies(), true);
    }

    /**
     * Decides as {@link #decide} does, by {@link Limiter#decideAsync}: for limiters that would block. Of a request that is charged
     * twice, a denial by the first limiter does not wait for the second one to tell its own wait, unless that is in memory: the
     * client may be denied once more after {@code Retry-After}.
     *
     * @param request the request
     * @return the verdict; never an exceptional completion
     */
    public CompletionStage<Verdict> decideAsync(HttpRequest request) {
        Assessed assessed = assess(request);
        CompletionStage<Verdict> verdict = assessed.assessment() instanceof Charge<?> charge
                ? charger.takeAsync(charge, null)
                : CompletableFuture.completedFuture((Verdict) assessed.assessment());
        return verdict.thenApply(reached -> conclude(request, reached, assessed.policies(), false));
    }

    /** What a request comes to, and by which policies. */
    private record Assessed(Assessment assessment, PolicySet policies) {}

    /** Whose request is it, and what would it be charged? Takes nothing. */
    private Assessed assess(HttpRequest request) {
        PolicySet policies = rules.general();
        try {
            ClientAddress client = clientOf(request);
            Verdict free = withoutRules(request, client);
            if (free != null) {
                return new Assessed(free, policies);
            }
            if (usesAddresses) {
                look(request, client);
            }
            policies = rules.of(request, client);
            return new Assessed(policies.assess(request, client, charger), policies);
        } catch (Throwable failure) {
            // Our own trouble, or that of a function we were given.
            return new Assessed(charger.failed(failure, policies.neverDenies()), policies);
        }
    }

    private @Nullable ClientAddress clientOf(HttpRequest request) {
        // Only hops that the configuration trusts have a say in this.
        return usesAddresses ? resolver.resolve(request) : null;
    }

    /** The verdict on a request that passes whatever rules there are; null for any other. */
    private @Nullable Verdict withoutRules(HttpRequest request, @Nullable ClientAddress client) {
        if (skipPreflight && isPreflight(request)) {
            return Verdict.without(RequestOutcome.UNCHARGED);
        }
        return client != null && isExempt(client) ? Verdict.without(RequestOutcome.EXEMPT) : null;
    }

    /**
     * Tells which rule, key and plan a request meets, and what {@link #decide} would answer now. Takes nothing, counts no
     * request, loads no plan, and leaves nothing in the request. The look-ups of a cache of plans are counted.
     *
     * @param request one that was made up for the question, or any other
     * @return what would become of it. No failure is thrown, but it may be told of
     */
    public Explanation explain(HttpRequest request) {
        PolicySet policies = rules.general();
        ClientAddress client = null;
        List<Met> met = List.of();
        Assessment assessment;
        try {
            client = clientOf(request);
            assessment = withoutRules(request, client);
            if (assessment == null) {
                met = rules.met(request, client);
                policies = rules.of(request, client);
                assessment = policies.assess(request, client, spectator);
            }
        } catch (Throwable failure) {
            assessment = spectator.failed(failure, policies.neverDenies());
        }
        Verdict verdict = assessment instanceof Charge<?> charge ? spectator.look(charge, null) : (Verdict) assessment;
        return Explanation.of(verdict, client, met);
    }

    /** A limiter that cannot tell whom it tracks can decide all the same. */
    private void look(HttpRequest request, @Nullable ClientAddress client) {
        try {
            diagnostics.look(request, client);
        } catch (Throwable failure) {
            failures.report(failure);
        }
    }

    /** Counts the verdict, and leaves it where handlers and access logs find it. */
    private Verdict conclude(HttpRequest request, Verdict reached, PolicySet policies, boolean mayWait) {
        Verdict verdict = handOver(request, reached, policies, mayWait);
        counters.count(verdict.outcome());
        try {
            request.attribute(attribute, verdict.attribute());
        } catch (Throwable failure) {
            failures.report(failure);
        }
        for (Verdict each = verdict; each != null; each = each.before()) {
            if (each.isDenial()) {
                noteDenial(each);
            } else if (verdict.passes()) {
                lookUpPlan(request, each);
            }
        }
        return verdict;
    }

    /**
     * At arrival the verdict is left for the limiter behind authentication. There it gives way to what is in place of it, and who is
     * denied has to get past it once more.
     */
    private Verdict handOver(HttpRequest request, Verdict verdict, PolicySet policies, boolean mayWait) {
        try {
            if (stage == Stage.ARRIVAL && verdict.passes()) {
                Arrival.leave(request, verdict, rules.general().policies().get(0));
            } else if (!verdict.passes()) {
                return charger.waitingForToo(verdict, Arrival.charges(request), mayWait);
            } else if (policies.isInPlaceOfClient() && verdict.outcome().isRegular()) {
                return Arrival.replace(request, verdict, policies.neverDenies());
            }
        } catch (Throwable failure) {
            failures.report(failure);
        }
        return verdict;
    }

    /** Only what was admitted may make a source of plans load anything. */
    private void lookUpPlan(HttpRequest request, Verdict verdict) {
        Charge<?> charge = verdict.charge();
        PlanLoading loading = charge == null ? null : charge.policy().loading();
        try {
            if (loading != null && charge != null && verdict.isTaken()) {
                loading.admitted(request, charge);
            }
        } catch (Throwable failure) {
            failures.report(failure);
        }
    }

    private void noteDenial(Verdict verdict) {
        Charge<?> charge = verdict.charge();
        Decision answer = verdict.answer();
        try {
            ClientAddress client = charge == null ? null : charge.client();
            if (charge != null && client != null && answer != null) {
                Limiter<?> limiter = charge.limiter();
                Supplier<String> denying = () -> answer.deniedBy().orElseGet(limiter::name);
                denials.add(client, denying, charge.policy().dryRun(), onClientDenied);
            }
        } catch (Throwable failure) {
            failures.report(failure);
        }
    }

    /**
     * Tells the client how it stands, on allowed and denied alike. Call it before the application can commit the response.
     *
     * @param verdict about the request
     * @param response gets the rate-limit fields and, where the request does not pass and waiting helps, {@code Retry-After};
     *     nothing if it is committed
     */
    public void addFields(Verdict verdict, HttpResponse response) {
        fields.add(verdict, response);
    }

    /**
     * The answer to a request that does not pass, in the form and the language that the client prefers ({@link RefusalStyle}).
     *
     * @param verdict about the request
     * @param request the request
     * @param response has the fields of {@link #addFields}
     * @return what is to be written
     * @throws IllegalStateException if the request passes
     */
    public Refusal refusal(Verdict verdict, HttpRequest request, HttpResponse response) {
        Refusal problem = verdict.refusal();
        try {
            return refusals.preferred(verdict, problem, request, response);
        } catch (Throwable failure) {
            failures.report(failure);
            return problem;
        }
    }

    /**
     * How requests are refused.
     *
     * @return as it was set
     */
    public RefusalStyle refusalStyle() {
        return refusals.style();
    }

    /**
     * How much of a refused upload is to be read before it is answered.
     *
     * @return as it was set
     */
    public Drain drain() {
        return drain;
    }

    /** Warns that {@link #drain} has no effect, since the server would have to read with a thread that waits. */
    public void cannotDrain() {
        warnings.once(Warning.CANNOT_DRAIN, name);
    }

    /**
     * What settles the charge of a request that passes, once it is known how it was answered.
     *
     * @param verdict about the request
     * @param request the request
     * @param response the response
     * @return null if the charge stays, whatever the answer is, and if the request does not pass
     */
    public @Nullable Settlement settlement(Verdict verdict, HttpRequest request, HttpResponse response) {
        return verdict.passes() && verdict.isConditional() ? new Settlement(verdict, request, response, this) : null;
    }

    /**
     * The name.
     *
     * @return as it was set, or as the adapter has it
     */
    public String name() {
        return name;
    }

    /**
     * The name of the request attribute that holds the {@link Decision}, or a word for why there is none.
     *
     * @return a prefix of the adapter, and the name
     */
    public String attribute() {
        return attribute;
    }

    /**
     * What it has done.
     *
     * @return the counts so far
     */
    public FilterStats stats() {
        return counters.snapshot();
    }

    /**
     * The limiters that it asks, those that were handed in included.
     *
     * @return the general one first, if there is one; then those of the rules in their order, each once
     */
    public List<LimiterUse> limiters() {
        return limiters.all();
    }

    /**
     * The plans of clients by their addresses, such as for meters of them.
     *
     * @return empty if no plan has ranges; it is closed with this
     */
    public Optional<AddressPlans> addressPlans() {
        return Optional.ofNullable(plans.ofAddresses);
    }

    /**
     * What knows the plans of keys, such as for meters of it.
     *
     * @return empty if no source of plans is asked; one that was made here is closed with this
     */
    public Optional<PlanCache<String>> planCache() {
        return Optional.ofNullable(plans.ofKeys);
    }

    /**
     * The clients that were denied most often, networks of IPv6 as one. Requests whose denials are only counted are among them.
     *
     * @param most how many
     * @return the most often denied first
     */
    public List<Hit<ClientAddress>> topDenied(int most) {
        return denials.top(most);
    }

    /**
     * What looks misconfigured.
     *
     * @return what has been warned of so far
     */
    public Set<Warning> warnings() {
        return warnings.said().keySet();
    }

    /**
     * What looks misconfigured, in words.
     *
     * @return what has been warned of so far, each with its text as it was logged
     */
    public Map<Warning, String> warningTexts() {
        return warnings.said();
    }

    /**
     * Tells which requests can come, so that rules for other ones are warned of (HG-013). May be told more than once: each time, a
     * rule needs one of the patterns.
     *
     * @param patterns as in servlet mappings, such as {@code /api/*}, {@code *.html} or {@code /}; one that no rule may have is for everything
     * @param why what is said of a rule for none of them, such as "the filter is mapped to /api/* alone"
     */
    public void expectOnly(Collection<String> patterns, String why) {
        UnreachableRules.find(
                rules.rules(), patterns, rule -> warnings.also(Warning.UNREACHABLE_RULE, rule.name(), why));
    }

    /** Counts a failure, and logs it at most once a minute: for an adapter whose own part fails. */
    public void report(Throwable failure) {
        failures.report(failure);
    }

    static boolean isLogged(Level level) {
        return LOGGER.isLoggable(level);
    }

    /** Here and nowhere else, so that a log that tells where a line comes from tells this. */
    static void log(Level level, Supplier<String> line) {
        LOGGER.log(level, line);
    }

    static void log(Level level, Supplier<String> line, Throwable failure) {
        LOGGER.log(level, line, failure);
    }

    Ticker ticker() {
        return ticker;
    }

    /** Notices a condition that never charges. */
    void watch(Charge<?> charge, boolean charged) {
        ChargeCondition condition = charge.policy().condition();
        try {
            if (condition != null && condition.isOpen()) {
                ClientAddress client = charge.client();
                if (condition.becomesSuspect(client == null ? charge.key() : client, charged)) {
                    warnings.also(Warning.NEVER_CHARGED, condition);
                }
            }
        } catch (Throwable failure) {
            failures.report(failure);
        }
    }

    void countRefund() {
        counters.refunded.increment();
    }

    /** Where limiters are made: as configured, else where the former one made them, so that they lose nothing. */
    private static LimiterRegistry registry(Settings settings, @Nullable RequestLimiter before) {
        if (settings.registry != null) {
            return settings.registry;
        }
        return before != null && !(before.closed && before.ownsRegistry) ? before.registry : new LimiterRegistry();
    }

    /**
     * Gives its place to another one that was made with it as the former. What both have goes on; the rest is closed, unless
     * others use it.
     *
     * @param other takes its place; it must not be closed itself any more
     */
    public void giveWayTo(RequestLimiter other) {
        plans.giveWayTo(other.plans);
        if (other.registry == registry) {
            limiters.letGoUnlessIn(other.limiters.names(), registry, user);
        } else {
            limiters.letGoUnlessIn(Set.of(), registry, user);
            close();
        }
    }

    /** Closes the limiters that were made for it, never one that was handed in, nor those in a registry that was. */
    @Override
    public void close() {
        closed = true;
        plans.close();
        if (ownsRegistry) {
            registry.close();
        } else {
            registry.release(user);
        }
    }

    private boolean isExempt(ClientAddress address) {
        return exempt.get(address) != null;
    }

    private static boolean isPreflight(HttpRequest request) {
        return request.method().equals("OPTIONS")
                && request.hasHeader("Origin")
                && request.hasHeader("Access-Control-Request-Method");
    }

    /**
     * Builds a {@link RequestLimiter} without an adapter.
     *
     * <pre>{@code
     * // Limits each API key. Requests that have none share a bucket.
     * Limiter<String> keys = Limiter.builder(Limit.perMinute(100)).build();
     * RequestLimiter limits = RequestLimiter.builder(
     *                 keys, request -> request.headers("X-Api-Key").stream().findFirst().orElse("none"))
     *         .cost(request -> request.method().equals("POST") ? 5 : 1)
     *         .build();
     * }</pre>
     */
    public static final class Builder extends RequestLimiterBuilder<Builder> {

        private static final String ATTRIBUTE_PREFIX = "io.headgate.http.RequestLimiter.";

        private Builder() {}

        private Builder(Limiter<ClientAddress> limiter) {
            super(limiter);
        }

        private <K> Builder(Limiter<K> limiter, Function<HttpRequest, @Nullable K> key) {
            super(limiter, key);
        }

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * Says how many permits a request takes.
         *
         * @param cost 0 for a request that is not charged; a negative number is a failure
         * @return this
         */
        public Builder cost(ToLongFunction<HttpRequest> cost) {
            return costOf(cost);
        }

        /**
         * Makes the limiter of requests.
         *
         * @return to be closed when no further requests come
         * @throws InvalidOptionException if options contradict each other, or nothing would be limited
         * @throws IllegalStateException if another user of the registry has a limiter of one of the names, with other limits
         *     or settings
         */
        public RequestLimiter build() {
            return open("headgate", ATTRIBUTE_PREFIX, null);
        }

        /**
         * Makes a limiter of requests that takes the place of another: its counts go on, and so do the limiters of the same
         * names, limits and settings.
         *
         * @param before is told to {@link RequestLimiter#giveWayTo} this one once requests are decided here
         * @return to be closed when no further requests come
         * @throws InvalidOptionException if options contradict each other, or nothing would be limited
         * @throws IllegalStateException if another user of the registry has a limiter of one of the names, with other limits
         *     or settings; then the former one stays as it is
         */
        public RequestLimiter buildInPlaceOf(RequestLimiter before) {
            return open(before.name(), ATTRIBUTE_PREFIX, before);
        }
    }
}
