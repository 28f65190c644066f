package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Overflow;
import io.headgate.http.HeaderStyle;
import io.headgate.http.InvalidOptionException;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.http.Option;
import io.headgate.http.RefusalStyle;
import io.headgate.http.RequestKey;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Rule;
import io.headgate.http.Stage;
import io.headgate.servlet.RateLimitFilter;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.DurationUnit;

/**
 * What may stand under {@code headgate} in the configuration: every key of the prefix. The options of the filter are checked
 * where all adapters check them, in {@link Option}, before the application has started; a mistake names the property.
 *
 * @param enabled Whether requests are limited at all.
 * @param limits Limits of each client, all of which apply.
 * @param rules Paths that are limited in another way, in order; the first rule that matches a request decides.
 * @param key What the limits hold for, each by itself; who has no such key is limited by address, and a header that no source of plans
 *     knows limits in addition.
 * @param stage Whether requests are limited by the key as they arrive, or behind authentication, where principals are known, and in front of
 *     it by address.
 * @param plans Other limits for clients in address ranges, and for keys that a source of plans knows.
 * @param tiers Further limits of a client's whole network, and of everybody together, beside the general limits.
 * @param secret Secret by which keys of more than 64 characters are hashed in memory.
 * @param trustedProxies Address ranges of your own proxies, whose forwarding header is believed.
 * @param forwardedHeader Header in which trusted proxies name the client.
 * @param trustedHops Number of elements that proxies of your own append to the header, in place of the proxies' addresses; a proxy that
 *     writes none, as with AJP or the PROXY protocol, does not count.
 * @param ipv6Prefix Leading bits of an IPv6 address by which clients are told apart.
 * @param translationPrefixes Prefixes under which NAT64 translators of your own write IPv4 clients as IPv6.
 * @param maxClients Number of clients that each limiter tracks at once, at most.
 * @param overflow What happens to a new client while a limiter is full.
 * @param sweepInterval Time between two sweeps that evict idle clients.
 * @param exempt Address ranges that are never limited, such as those of your own monitoring.
 * @param headers Fields that tell clients how they stand.
 * @param retryAfterJitter Up to how much is added to Retry-After at random, against clients that return at one instant.
 * @param refusal How requests are refused: with a page where the client prefers HTML, always with a problem as JSON, or by the error
 *     page of the application.
 * @param languages Languages of the page for requests that are refused; the first is for who prefers none of them.
 * @param drain How much of a refused upload is read, without waiting for it, so that the client gets the answer rather than an ended
 *     connection.
 * @param skipPreflight Whether CORS pre-flight requests pass uncounted.
 * @param cost Permits that a request takes.
 * @param chargeOn Responses that are charged.
 * @param dryRun Whether requests are only counted and never denied.
 * @param noAddress What happens to a request whose client has no address.
 * @param onFailure What happens to a request when limiting it fails.
 * @param name Name of the filter in the request attribute and in the log.
 * @param health How the health endpoint of the actuator is limited.
 * @param order Order of the filter.
 * @param showAddresses Whether the actuator endpoint shows denied clients with their whole address.
 */
@ConfigurationProperties(prefix = "headgate", ignoreUnknownFields = false)
public record HeadgateProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue List<RuleProperties> rules,
        @DefaultValue("client") String key,
        @DefaultValue("arrival") Stage stage,
        @DefaultValue Map<String, PlanProperties> plans,
        @DefaultValue Map<String, TierProperties> tiers,
        @Nullable String secret,
        @DefaultValue List<String> trustedProxies,
        @Nullable String forwardedHeader,
        @Nullable Integer trustedHops,
        @DefaultValue("64") int ipv6Prefix,
        @DefaultValue List<String> translationPrefixes,
        @DefaultValue("1000000") long maxClients,
        @DefaultValue("share") Overflow overflow,

        @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
        Duration sweepInterval,

        @DefaultValue List<String> exempt,
        @DefaultValue("draft-11") HeaderStyle headers,

        @DefaultValue("0") @DurationUnit(ChronoUnit.SECONDS) Duration retryAfterJitter,

        @DefaultValue("page") RefusalStyle refusal,
        @DefaultValue List<String> languages,
        @DefaultValue("none") String drain,
        @DefaultValue("false") boolean skipPreflight,
        @DefaultValue("1") long cost,
        @DefaultValue List<String> chargeOn,
        @DefaultValue("false") boolean dryRun,
        @DefaultValue("shared") NoAddress noAddress,
        @DefaultValue("allow") OnFailure onFailure,
        @DefaultValue("headgate") String name,
        @DefaultValue("own") Health health,
        @DefaultValue("-2147483608") int order,
        @DefaultValue("false") boolean showAddresses) {

    static final String PREFIX = "headgate";

    /** What the limiter of {@link #limits} is called. */
    static final String GENERAL = "default";

    /** What the name of a filter ends with that is behind authentication. */
    private static final String AUTHENTICATED = "-authenticated";

    /** What stands for a secret wherever it would be seen. */
    private static final String HIDDEN = "******";

    /** What the limiter of the health endpoint is called. */
    static final String HEALTH = "health";

    /** How the health endpoint of the actuator is limited. */
    public enum Health {
        /** Each client has a bucket for it apart from the application's, of 10 requests a second and bursts of 20. */
        OWN,
        /** It is never limited. */
        EXEMPT,
        /** It counts like any other path. */
        LIMITED
    }

    /** Takes limits as a list, and gives each the name that the configuration has for it. */
    public HeadgateProperties {
        limits = LimitsConverter.named(Option.LIMITS.property(), limits);
    }

    /** The name of an option as a property. */
    static String property(Option option) {
        return PREFIX + "." + option.property();
    }

    /** Where an entry of a map stands, below the prefix. */
    static String entry(Option option, String name) {
        return option.property() + (name.matches("[a-zA-Z0-9-]+") ? "." + name : "[" + name + "]");
    }

    /**
     * Sets the options of a filter: of the one that decides as requests arrive, or of the one behind authentication, which has its own
     * rules alone.
     *
     * @param builder whose options
     * @param stage which of the two
     * @param resolves whether the application has a resolver of its own, in place of proxies and hops
     * @param dispatcher where Spring's {@code DispatcherServlet} is, such as {@code /app}; empty for the root
     * @param doubts is told of logins that nothing was seen of; null if nobody tells of logins
     */
    void configure(
            RateLimitFilter.Builder builder,
            Stage stage,
            boolean resolves,
            String dispatcher,
            FailedLogin.@Nullable Doubts doubts) {
        naming(() -> {
            configureLimits(builder, stage);
            if (secret != null) {
                builder.secret(secret);
            }
            if (!resolves) {
                configureProxies(builder);
            }
            set(builder, Option.TRANSLATION_PREFIXES, translationPrefixes);
            set(builder, Option.EXEMPT, exempt);
            configureChargeOn(builder, doubts);
            set(builder, Option.LANGUAGES, languages);
            Option.DRAIN.set(builder, drain);
            builder.ipv6Prefix(ipv6Prefix)
                    .maxClients(maxClients)
                    .overflow(overflow)
                    .sweepInterval(sweepInterval)
                    .headers(headers)
                    .retryAfterJitter(retryAfterJitter)
                    .refusal(refusal)
                    .skipPreflight(skipPreflight)
                    .cost(cost)
                    .dryRun(dryRun)
                    .noAddress(noAddress)
                    .onFailure(onFailure)
                    .name(stage == Stage.ARRIVAL || name.isBlank() ? name : name + AUTHENTICATED)
                    .limiterName(GENERAL)
                    .stage(stage)
                    .spelling(HeadgateProperties::property);
            configureRules(builder, stage, dispatcher, doubts);
            return builder;
        });
    }

    /** Of the general limits, those of clients are for requests that arrive; those of a key are at its stage. */
    private void configureLimits(RateLimitFilter.Builder builder, Stage at) {
        requirePlanNames();
        boolean isOfKey = at == stage;
        if (!isOfKey && at == Stage.AUTHENTICATED) {
            return;
        }
        if (!limits.isEmpty()) {
            List<Limit> all = List.copyOf(limits.values());
            builder.limits(all.get(0), all.subList(1, all.size()).toArray(new Limit[0]));
        }
        if (isOfKey) {
            Option.KEY.set(builder, key);
        }
        plans.forEach((name, plan) -> {
            if (isOfKey || plan.isByAddress()) {
                builder.plan(plan.plan(name));
            }
        });
        if (at == Stage.ARRIVAL) {
            tiers.forEach((name, tier) -> builder.tier(tier.tier(name, ipv6Prefix)));
        }
    }

    /** Throws if two limiters would have one name, of which each filter sees but one. */
    private void requirePlanNames() {
        if (plans.containsKey(HEALTH)) {
            throw invalid(entry(Option.PLANS, HEALTH), HEALTH, "the limiter of health paths has this name");
        }
        if (stage != Stage.AUTHENTICATED) {
            return; // the filter says it
        }
        plans.forEach((name, plan) -> {
            String ofKeys = name + "-keys";
            PlanProperties other = plans.get(ofKeys);
            if (plan.isByAddress() && other != null && other.isByAddress()) {
                String reason = "the limiter for those who have the plan \"" + name + "\" by their key has this name";
                throw invalid(entry(Option.PLANS, ofKeys), ofKeys, reason);
            }
        });
        tiers.keySet().stream().filter(plans::containsKey).forEach(name -> {
            throw invalid(entry(Option.TIERS, name), name, "a plan has this name");
        });
    }

    private void configureProxies(RateLimitFilter.Builder builder) {
        set(builder, Option.TRUSTED_PROXIES, trustedProxies);
        if (forwardedHeader != null) {
            Option.FORWARDED_HEADER.set(builder, forwardedHeader);
        }
        if (trustedHops != null) {
            builder.trustedHops(trustedHops);
        }
    }

    private void configureChargeOn(RateLimitFilter.Builder builder, FailedLogin.@Nullable Doubts doubts) {
        if (FailedLogin.isIn(chargeOn)) {
            check(
                    Option.CHARGE_ON.property(),
                    String.join(", ", chargeOn),
                    () -> builder.chargeOn(FailedLogin.parse(property(Option.CHARGE_ON), chargeOn, doubts)));
        } else {
            set(builder, Option.CHARGE_ON, chargeOn);
        }
    }

    private void configureRules(
            RateLimitFilter.Builder builder, Stage stage, String dispatcher, FailedLogin.@Nullable Doubts doubts) {
        // Those of both filters are in one registry. A plan may have a limiter of addresses, and one of keys.
        Set<String> names = new HashSet<>(Set.of(GENERAL, GENERAL + " by " + key, HEALTH));
        if (hasSecondFilter()) {
            names.addAll(tiers.keySet()); // else the filter says it
        }
        plans.keySet().forEach(plan -> names.addAll(List.of(plan, plan + "-keys")));
        for (int i = 0; i < rules.size(); i++) {
            String at = "rules[" + i + "]";
            Rule rule = rules.get(i).rule(at, doubts);
            if (!names.add(rule.name())) {
                throw invalid(at + ".name", rule.name(), "another rule, plan or limiter has this name");
            }
            // What limits nobody is for the paths that are written, and no others.
            boolean below = !dispatcher.isEmpty() && rules.get(i).mayDeny();
            if (rule.stage() == stage) {
                builder.rule(below ? rule.alsoBelow(dispatcher) : rule);
            }
        }
    }

    /** Whether there are rules of a stage. */
    boolean hasRules(Stage stage) {
        return rules.stream().anyMatch(rule -> rule.stage() == stage);
    }

    /** Whether something is limited behind authentication. */
    boolean hasSecondFilter() {
        return stage == Stage.AUTHENTICATED || hasRules(Stage.AUTHENTICATED);
    }

    /**
     * Throws if something is about principals where nobody is authenticated yet.
     *
     * @param security the order of Spring Security's filter
     */
    void requireAuthentication(int security) {
        if (order > security) {
            return;
        }
        String place = "nobody is authenticated yet where this is asked, since headgate.order is " + order
                + ", before Spring Security at " + security;
        if (stage == Stage.ARRIVAL && RequestKey.parse(key).needsPrincipal()) {
            throw invalid(
                    Option.KEY.property(),
                    key,
                    place
                            + ": set headgate.stage to authenticated, so that requests are limited by address as they arrive, and by this"
                            + " key behind authentication; or set headgate.order to " + (security + 1)
                            + ", so that all limits come behind it");
        }
        for (int i = 0; i < rules.size(); i++) {
            rules.get(i).requireAuthentication("rules[" + i + "]", place, security + 1);
        }
    }

    /** Throws if a rule behind authentication needs general limits, of which there are none. */
    void requireLimitsBeside() {
        for (int i = 0; i < rules.size(); i++) {
            rules.get(i).requireLimitsBeside("rules[" + i + "]");
        }
    }

    /** Throws what is wrong here, whether or not a filter is made of it. */
    void requireSound(boolean resolves, boolean knowsPlans, FailedLogin.@Nullable Doubts doubts) {
        if (stage == Stage.AUTHENTICATED && RequestKey.parse(key).equals(RequestKey.CLIENT)) {
            throw invalid(
                    Option.STAGE.property(),
                    "authenticated",
                    "clients are limited as requests arrive: say in headgate.key what is limited behind authentication, such as"
                            + " principal; a rule has a stage of its own");
        }
        for (Stage each : Stage.values()) {
            if (each == Stage.AUTHENTICATED && !hasSecondFilter()) {
                continue;
            }
            RateLimitFilter.Builder builder = RateLimitFilter.builder();
            configure(builder, each, resolves, "", doubts);
            if (each == Stage.ARRIVAL && limits.isEmpty()) {
                builder.limits(
                        Limit.perSecond(1)); // that nothing would be limited is for the filter to say, if there is one
            }
            if (each == stage && knowsPlans) {
                builder.planSource(key -> CompletableFuture.completedFuture(null));
            }
            naming(builder::build);
        }
    }

    /** What a filter of ours decides with. */
    RequestLimiter started(RateLimitFilter filter) {
        return naming(() -> {
            try {
                return filter.limits();
            } catch (InvalidOptionException e) {
                plans.forEach((name, plan) -> plan.requireFile(name));
                throw e;
            }
        });
    }

    /** Lists are read where all text is read. */
    private static void set(RateLimitFilter.Builder builder, Option option, Collection<?> values) {
        if (!values.isEmpty()) {
            option.set(builder, values.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
    }

    /** Whether logins are watched. */
    boolean chargesFailedLogins() {
        return FailedLogin.isIn(chargeOn) || rules.stream().anyMatch(rule -> FailedLogin.isIn(rule.chargeOn()));
    }

    /** Whether some forwarding header is believed. */
    boolean trustsProxies() {
        return trustedHops != null || !trustedProxies.isEmpty();
    }

    /** What the attempt gives; what it says of an option it says of the property. */
    static <T> T naming(Supplier<T> attempt) {
        try {
            return attempt.get();
        } catch (InvalidOptionException e) {
            throw invalid(e.option().property(), e.value(), e.reason(HeadgateProperties::property));
        }
    }

    /** Throws what the attempt throws, under the name of a property. */
    static void check(String property, Object value, Supplier<?> attempt) {
        try {
            Objects.requireNonNull(attempt.get());
        } catch (InvalidOptionException e) {
            throw invalid(property, value, e.reason(HeadgateProperties::property));
        } catch (IllegalArgumentException e) {
            throw invalid(property, value, String.valueOf(e.getMessage()));
        }
    }

    static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(
                PREFIX + "." + property, value == null ? null : shown(property, value), reason);
    }

    /** The value of a property as it may be seen: not that of a secret, nor of what may be one that is misspelled. */
    static Object shown(String property, Object value) {
        return property.toLowerCase(Locale.ROOT).contains(Option.SECRET.property()) ? HIDDEN : value;
    }

    /** Without the values: one of them is a secret. */
    @Override
    public String toString() {
        return "HeadgateProperties";
    }
}
