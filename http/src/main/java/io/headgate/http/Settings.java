package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LimiterRegistry;
import io.headgate.Overflow;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the options say so far. Written by one thread, and never after a limiter of requests was made with it. What is null is
 * as its default.
 */
final class Settings {

    private static final Limit ANY = Limit.parse("1/s");
    private static final Ticker SYSTEM = System::nanoTime;
    private static final int DEFAULT_IPV6_PREFIX = 64;
    private static final int ROOM_OF_ONE = 1_000;

    /** The general limiter, if it was handed in; else one is made from {@link #limits}. */
    final @Nullable KeyedLimiter<?> limiter;

    List<Limit> limits = List.of();
    final List<Rule> rules = new ArrayList<>();
    final List<Plan> plans = new ArrayList<>();
    final List<Tier> tiers = new ArrayList<>();
    RequestKey key = RequestKey.CLIENT;

    /** Tells the plans of keys, in a cache that is made here; null if nobody does. */
    @Nullable
    PlanSource<String> planSource;

    /** Tells the plans of keys, in place of {@link #planSource}; not closed here. */
    @Nullable
    PlanCache<String> planCache;

    @Nullable
    String secret;

    Stage stage = Stage.ARRIVAL;

    @Nullable
    ClientAddressResolver resolver;

    List<AddressRange> trustedProxies = List.of();

    @Nullable
    String forwardedHeader;

    @Nullable
    Integer trustedHops;

    int ipv6Prefix = DEFAULT_IPV6_PREFIX;
    List<AddressRange> translationPrefixes = List.of();

    @Nullable
    Long maxClients;

    @Nullable
    Overflow overflow;

    @Nullable
    Duration sweepInterval;

    final List<AddressRange> exempt = new ArrayList<>();
    HeaderStyle headers = HeaderStyle.DRAFT;
    Duration retryAfterJitter = Duration.ZERO;
    RefusalStyle refusal = RefusalStyle.PAGE;
    List<String> languages = List.of("en");
    Drain drain = Drain.NONE;
    ToLongFunction<HttpRequest> cost = request -> 1;
    /** Whether the cost is 0 for every request. */
    boolean costsNothing;

    @Nullable
    CostAfter costAfter;

    @Nullable
    ChargeOn chargeOn;

    boolean skipPreflight;
    boolean dryRun;
    NoAddress noAddress = NoAddress.SHARED;
    OnFailure onFailure = OnFailure.ALLOW;
    Ticker ticker = SYSTEM;

    @Nullable
    Consumer<ClientDenied> onClientDenied;

    @Nullable
    String name;

    /** What the limiter of {@link #limits} is called; null if as the limiter of requests. */
    @Nullable
    String limiterName;

    /** Where limiters are made; null if they are made and closed with the limiter of requests. */
    @Nullable
    LimiterRegistry registry;

    Function<Option, String> spelling = Option::toString;

    /** Options whose ranges have bits beyond their prefix, and what those mean; empty where all are as they should be. */
    final Map<Option, String> hostBits = new EnumMap<>(Option.class);

    Settings(@Nullable KeyedLimiter<?> limiter) {
        this.limiter = limiter;
    }

    Settings copy() {
        Settings copy = new Settings(limiter);
        copy.limits = limits;
        copy.rules.addAll(rules);
        copy.plans.addAll(plans);
        copy.tiers.addAll(tiers);
        copy.key = key;
        copy.planSource = planSource;
        copy.planCache = planCache;
        copy.secret = secret;
        copy.stage = stage;
        copy.resolver = resolver;
        copy.trustedProxies = trustedProxies;
        copy.forwardedHeader = forwardedHeader;
        copy.trustedHops = trustedHops;
        copy.ipv6Prefix = ipv6Prefix;
        copy.translationPrefixes = translationPrefixes;
        copy.maxClients = maxClients;
        copy.overflow = overflow;
        copy.sweepInterval = sweepInterval;
        copy.exempt.addAll(exempt);
        copy.headers = headers;
        copy.retryAfterJitter = retryAfterJitter;
        copy.refusal = refusal;
        copy.languages = languages;
        copy.drain = drain;
        copy.cost = cost;
        copy.costsNothing = costsNothing;
        copy.costAfter = costAfter;
        copy.chargeOn = chargeOn;
        copy.skipPreflight = skipPreflight;
        copy.dryRun = dryRun;
        copy.noAddress = noAddress;
        copy.onFailure = onFailure;
        copy.ticker = ticker;
        copy.onClientDenied = onClientDenied;
        copy.name = name;
        copy.limiterName = limiterName;
        copy.registry = registry;
        copy.spelling = spelling;
        copy.hostBits.putAll(hostBits);
        return copy;
    }

    /** Whose address counts. Throws if the options about it contradict each other. */
    ClientAddressResolver resolver() {
        if (resolver != null) {
            String reason = "a resolver is set too, and only one of them can say whose address counts";
            require(trustedProxies.isEmpty(), Option.TRUSTED_PROXIES, trustedProxies, reason);
            require(trustedHops == null, Option.TRUSTED_HOPS, trustedHops, reason);
            require(forwardedHeader == null, Option.FORWARDED_HEADER, forwardedHeader, reason);
            return resolver;
        }
        String header = forwardedHeader == null ? "X-Forwarded-For" : forwardedHeader;
        boolean rfc7239 = header.toLowerCase(Locale.ROOT).equals("forwarded");
        if (trustedHops != null) {
            require(
                    trustedProxies.isEmpty(),
                    Option.TRUSTED_HOPS,
                    trustedHops,
                    "{trustedProxies} is set too; only one of them can be");
            require(
                    rfc7239 || header.toLowerCase(Locale.ROOT).equals("x-forwarded-for"),
                    Option.FORWARDED_HEADER,
                    forwardedHeader,
                    "with {trustedHops} only these two can be read");
            return rfc7239
                    ? ClientAddressResolver.forwardedHops(trustedHops)
                    : ClientAddressResolver.xForwardedForHops(trustedHops);
        }
        require(
                forwardedHeader == null || !trustedProxies.isEmpty(),
                Option.FORWARDED_HEADER,
                forwardedHeader,
                "nothing says who may set it: set {trustedProxies} too");
        return trustedProxies.isEmpty()
                ? ClientAddressResolver.remoteAddress()
                : ClientAddressResolver.header(header, trustedProxies);
    }

    /** A limiter of clients as the options have it. */
    LimiterBuilder<ClientAddress> clients(List<Limit> limits) {
        return configured(Limiter.forNetworks(
                        ipv6Prefix,
                        limits.get(0),
                        limits.subList(1, limits.size()).toArray(new Limit[0]))
                .translationPrefixes(translationPrefixes.toArray(new AddressRange[0])));
    }

    /** Which client an address belongs to, as limiters of clients have it. */
    UnaryOperator<ClientAddress> clientOfAddress() {
        int prefix = ipv6Prefix;
        if (translationPrefixes.isEmpty()) {
            return address -> address.network(prefix);
        }
        Limiter<ClientAddress> one =
                clients(List.of(ANY)).maxKeys(1).sweepInterval(Duration.ZERO).build();
        return one::tracked;
    }

    /** A limiter of keys that are no addresses, as the options have it. */
    LimiterBuilder<String> keys(List<Limit> limits) {
        LimiterBuilder<String> builder =
                Limiter.builder(limits.get(0), limits.subList(1, limits.size()).toArray(new Limit[0]));
        return configured(builder);
    }

    /** A limiter of networks, as the options have it. A family of addresses that the tier does not name is never asked about. */
    LimiterBuilder<ClientAddress> networks(Tier tier) {
        List<Limit> limits = tier.limits();
        LimiterBuilder<ClientAddress> builder = configured(Limiter.forNetworks(
                        tier.ipv4Prefix().orElse(8),
                        tier.ipv6Prefix().orElse(32),
                        limits.get(0),
                        limits.subList(1, limits.size()).toArray(new Limit[0]))
                .translationPrefixes(translationPrefixes.toArray(new AddressRange[0])));
        tier.maxClients().ifPresent(builder::maxKeys);
        return builder;
    }

    /**
     * A limiter with one key. It has room for many, since a key that comes for the first time in several calls at once takes the room
     * of several for a moment.
     */
    LimiterBuilder<String> everybody(Tier tier) {
        return keys(tier.limits()).maxKeys(ROOM_OF_ONE).overflow(Overflow.SHARE);
    }

    private <K> LimiterBuilder<K> configured(LimiterBuilder<K> builder) {
        if (ticker != SYSTEM) { // else on the clock of every other builder: a registry compares clocks, too
            builder.ticker(ticker);
        }
        if (maxClients != null) {
            builder.maxKeys(maxClients);
        }
        if (overflow != null) {
            builder.overflow(overflow);
        }
        if (sweepInterval != null) {
            builder.sweepInterval(sweepInterval);
        }
        return builder;
    }

    /** Tries an option that is one of the limiters, and names the option if it is wrong. */
    void tryClients(Option option, Object value) {
        attempt(option, value, () -> clients(List.of(ANY)));
    }

    /** How requests are refused. Throws if there is no page in one of the languages. */
    Refusals refusals() {
        return new Refusals(refusal, languages);
    }

    /** Throws what starting with these settings would throw. */
    void requireSound() {
        Objects.requireNonNull(resolver());
        require(
                limiter == null || limits.isEmpty(),
                Option.LIMITS,
                limits,
                "a limiter was handed in too; only one of them can be");
        require(
                limiter != null
                        || !limits.isEmpty()
                        || !plans.isEmpty() // which need them, and say so
                        || !tiers.isEmpty()
                        || rules.stream().anyMatch(rule -> !rule.isUnlimited() || isInPlaceOfArrival(rule)),
                Option.LIMITS,
                null,
                "there are none here, and none in any rule, so nothing would be limited");
        require(
                costAfter == null || !costsNothing || !isCostInherited(),
                Option.COST,
                0,
                "costAfter is set too, and is asked only about requests that have taken a permit before");
        attempt(Option.RULES, rules.stream().map(Rule::name).toList(), () -> RuleNames.requireUnique(rules));
        requireSoundKeys();
        requireSoundTiers();
        String generalName = limiterName == null ? name : limiterName;
        if (generalName != null) {
            requireOtherNamesThan(generalName);
        }
    }

    /** Behind authentication an unlimited rule changes something: it is in place of what the client was charged before. */
    private boolean isInPlaceOfArrival(Rule rule) {
        return stage == Stage.AUTHENTICATED && rule.isAuthenticated();
    }

    /** Who has no key, and no plan, is under the general limits of each client: there must be some. */
    private void requireSoundKeys() {
        attempt(Option.PLANS, plans.stream().map(Plan::name).toList(), this::requirePlanNames);
        require(
                plans.isEmpty() || !limits.isEmpty(),
                Option.PLANS,
                plans.stream().map(Plan::name).toList(),
                "there are no {limits}, which hold for everybody without a plan");
        require(
                key.isClient() || !limits.isEmpty(),
                Option.KEY,
                key,
                "there are no {limits}, which each key would have, and each client without a key");
        require(
                planCache == null || planSource == null,
                Option.KEY,
                key,
                "a source and a cache of plans are set; only one of them can be");
        require(
                (planSource == null && planCache == null) || !key.isClient(),
                Option.KEY,
                key,
                "it is that of a client, and a source of plans is asked about keys: say which, such as header X-API-Key");
        for (Rule rule : rules) {
            require(
                    rule.key().isClient() || stage == Stage.AUTHENTICATED || hasGeneralClients(),
                    Option.RULES,
                    rule.name(),
                    "its key is " + rule.key()
                            + ", and requests without it would not be limited, since there are no {limits}");
            require(
                    stage == Stage.AUTHENTICATED || !rule.isAuthenticated(),
                    Option.RULES,
                    rule.name(),
                    "its stage is authenticated, so it belongs into a second filter, behind authentication, with {stage}"
                            + " authenticated");
        }
        for (Plan plan : plans) {
            require(
                    plan.isByAddress() || planSource != null || planCache != null,
                    Option.PLANS,
                    plan.name(),
                    "nobody has it: it has no ranges and no ranges-file, and there is no source of plans");
        }
    }

    /** Whether the general limits are those of clients, too. Behind authentication a limiter at arrival has those, where keys have others. */
    boolean limitsClients() {
        return !limits.isEmpty() && (stage == Stage.ARRIVAL || key.isClient());
    }

    private void requireSoundTiers() {
        for (Tier tier : tiers) {
            require(
                    !limits.isEmpty(),
                    Option.TIERS,
                    tier,
                    "there are no {limits}, beside which it would hold; a limiter that is handed in has its tiers by Limiter.allOf");
            require(
                    stage == Stage.ARRIVAL,
                    Option.TIERS,
                    tier,
                    "with {stage} authenticated requests have come through another filter before, whose tiers are for all of them:"
                            + " set it there");
            require(
                    tier.ipv6Prefix().orElse(0) < ipv6Prefix,
                    Option.TIERS,
                    tier,
                    "its networks would be no wider than clients are, of which IPv6 has " + ipv6Prefix
                            + " bits by {ipv6Prefix}, so it would limit nothing further");
        }
        TierNames.require(this);
    }

    private boolean hasGeneralClients() {
        return !limits.isEmpty() || (limiter != null && limiter.isByAddress());
    }

    private List<Plan> requirePlanNames() {
        Set<String> names = new HashSet<>();
        for (Plan plan : plans) {
            if (plan.name().equals(Limiter.DEFAULT_PLAN)) {
                throw new IllegalArgumentException("the plan \"" + plan.name() + "\" is that of the general limits");
            }
            if (!names.add(plan.name())) {
                throw new IllegalArgumentException("two plans have the name \"" + plan.name() + "\"");
            }
        }
        return plans;
    }

    /** Throws if a rule has the name of the general limits: the two limiters would have one. */
    void requireOtherNamesThan(String generalName) {
        boolean isTaken = !limits.isEmpty()
                && limitedRules().stream()
                        .anyMatch(rule ->
                                rule.givenName().filter(generalName::equals).isPresent());
        require(!isTaken, Option.RULES, generalName, "the limiter of all other requests has this name");
        tiers.stream().filter(tier -> tier.name().equals(generalName)).forEach(tier -> {
            throw new InvalidOptionException(
                    Option.TIERS, tier, "the limiter of the general limits has this name", null);
        });
    }

    /** The rules with limits of their own, each once. */
    List<Rule> limitedRules() {
        return rules.stream()
                .filter(rule -> !rule.limits().isEmpty())
                .distinct()
                .toList();
    }

    /** Whether a source of plans tells whose a key is. */
    boolean knowsPlansOf(RequestKey key) {
        return (planSource != null || planCache != null) && key.equals(this.key);
    }

    /** Whether general limits hold beside a rule: as it charges by the response, or by a key that nobody vouches for. */
    boolean isBesideGeneralLimits(Rule rule) {
        return rule.isInAddition() || !(rule.key().isVerified() || knowsPlansOf(rule.key()));
    }

    /** Whether anything is limited that has no cost of its own. */
    private boolean isCostInherited() {
        return limiter != null
                || !limits.isEmpty()
                || rules.stream()
                        .anyMatch(rule -> !rule.isUnlimited() && rule.cost().isEmpty());
    }

    /** What the attempt gives; what it throws is thrown under the name of the option. */
    static void attempt(Option option, @Nullable Object value, Supplier<?> attempt) {
        try {
            Objects.requireNonNull(attempt.get());
        } catch (InvalidOptionException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new InvalidOptionException(option, value, String.valueOf(e.getMessage()), e);
        }
    }

    private static void require(boolean condition, Option option, @Nullable Object value, String reason) {
        if (!condition) {
            throw new InvalidOptionException(option, value, reason, null);
        }
    }
}
