package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.Overflow;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The options of a limiter of requests, in code: what the builders of all adapters share. {@link Option} has the same options
 * as text. Not thread-safe; may be used again after it has built something.
 *
 * <pre>{@code
 * RequestLimiter limits = RequestLimiter.builder()
 *         .limits(Limit.perSecond(10).burst(20), Limit.perHour(500))
 *         .rule(Rule.limits("/login/*", Limit.perMinute(5)))
 *         .trustedProxies(AddressRange.parse("10.0.0.0/8"))
 *         .dryRun(true)  // only counts at first
 *         .build();
 * }</pre>
 *
 * @param <B> the builder itself
 */
public abstract class RequestLimiterBuilder<B extends RequestLimiterBuilder<B>> {

    private static final Duration LONGEST_JITTER = Duration.ofDays(1);

    private final Settings settings;

    /** Options without a general limiter: {@link #limits} makes one, or only rules limit. */
    protected RequestLimiterBuilder() {
        this(new Settings(null));
    }

    /**
     * Options of another builder, as they are now.
     *
     * @param other stays as it is
     */
    protected RequestLimiterBuilder(RequestLimiterBuilder<?> other) {
        this(other.settings.copy());
    }

    private RequestLimiterBuilder(Settings settings) {
        this.settings = settings;
    }

    /**
     * Options with a general limiter of client addresses.
     *
     * @param limiter never closed by what is built
     */
    protected RequestLimiterBuilder(Limiter<ClientAddress> limiter) {
        this(new Settings(KeyedLimiter.byAddress(Objects.requireNonNull(limiter, "limiter"))));
    }

    /**
     * Options with a general limiter of what a function finds in requests.
     *
     * @param limiter never closed by what is built
     * @param key the key of a request; null lets {@link #noAddress} decide, of which {@code SHARED} is a failure here
     * @param <K> the type of the keys
     */
    protected <K> RequestLimiterBuilder(Limiter<K> limiter, Function<HttpRequest, @Nullable K> key) {
        this(new Settings(
                KeyedLimiter.byKey(Objects.requireNonNull(limiter, "limiter"), Objects.requireNonNull(key, "key"))));
    }

    /**
     * This builder.
     *
     * @return this
     */
    protected abstract B self();

    /**
     * Sets the limits of each client, all of which apply, in a limiter that is made for them and closed with what is built.
     *
     * @param first the first
     * @param more further ones
     * @return this
     */
    public B limits(Limit first, Limit... more) {
        List<Limit> limits = new ArrayList<>(List.of(more));
        limits.add(0, Objects.requireNonNull(first, "first"));
        Settings.attempt(Option.LIMITS, limits, () -> settings.clients(limits));
        settings.limits = List.copyOf(limits);
        return self();
    }

    /**
     * Adds rules. The first one that matches a request decides, in place of the general limits. Rules limit by address,
     * whatever the key of the general limits is, unless they have a {@linkplain Rule#key key of their own}.
     *
     * @param rules after those that were added before
     * @return this
     */
    public B rule(Rule... rules) {
        for (Rule rule : rules) {
            if (!rule.limits().isEmpty()) {
                Settings.attempt(Option.RULES, rule.name(), () -> settings.clients(rule.limits()));
            }
        }
        settings.rules.addAll(List.of(rules));
        return self();
    }

    /**
     * Says what the general limits hold for, each by itself.
     *
     * <p>A request without such a key is under the same limits by its address. A key that {@linkplain RequestKey the client has
     * written} is limited in addition to the client, and in its place only if a {@linkplain #planSource source of plans} knows it.
     *
     * @param key {@link RequestKey#CLIENT} by default
     * @return this
     */
    public B key(RequestKey key) {
        settings.key = Objects.requireNonNull(key, "key");
        return self();
    }

    /**
     * Adds plans: other limits, in place of the general ones, for clients in address ranges, and for keys that a
     * {@linkplain #planSource source of plans} says to have them. Rules hold for everybody, whatever the plan.
     *
     * @param plans after those that were added before
     * @return this
     * @throws InvalidOptionException if the limits of a plan have one name
     */
    public B plan(Plan... plans) {
        for (Plan plan : plans) {
            if (!plan.isUnlimited()) {
                Settings.attempt(Option.PLANS, plan.name(), () -> settings.clients(plan.limits()));
            }
        }
        settings.plans.addAll(List.of(plans));
        noteHostBits(
                Option.PLANS,
                settings.plans.stream()
                        .map(Plan::hostBits)
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining(", ")));
        return self();
    }

    /**
     * Adds tiers: further limits, beside the general ones, of all clients of a network together, and of everybody. A request takes its
     * permits from all of them or from none. Rules, exempt addresses and unlimited plans are under no tier.
     *
     * @param tiers in any order; requests are charged from narrow to broad
     * @return this
     * @throws InvalidOptionException if the limits of a tier have one name
     */
    public B tier(Tier... tiers) {
        for (Tier tier : tiers) {
            Settings.attempt(Option.TIERS, tier, () -> settings.keys(tier.limits()));
        }
        settings.tiers.addAll(List.of(tiers));
        return self();
    }

    /**
     * Says who knows the plans of keys, such as a database. It is asked in the background, through a {@link PlanCache} that is made
     * here, needs Caffeine, and is closed with what is built. No request waits for it, and only requests that the client's limits
     * have admitted make it load anything.
     *
     * @param source is given keys as {@link #key} finds them, those of more than 64 characters hashed
     * @return this
     */
    public B planSource(PlanSource<String> source) {
        settings.planSource = Objects.requireNonNull(source, "source");
        return self();
    }

    /**
     * Says who knows the plans of keys, by a cache with settings of its own.
     *
     * @param cache in place of {@link #planSource}; not closed by what is built
     * @return this
     */
    public B planCache(PlanCache<String> cache) {
        settings.planCache = Objects.requireNonNull(cache, "cache");
        return self();
    }

    /**
     * Says where requests are when they come here.
     *
     * @param stage {@link Stage#ARRIVAL} by default
     * @return this
     */
    public B stage(Stage stage) {
        settings.stage = Objects.requireNonNull(stage, "stage");
        return self();
    }

    /**
     * Sets the secret by which keys of more than 64 characters are hashed, so that nobody can look for two that collide.
     *
     * @param secret not empty; by default one that is drawn at random
     * @return this
     * @throws InvalidOptionException if it is blank
     */
    public B secret(String secret) {
        if (secret.isBlank()) {
            throw new InvalidOptionException(Option.SECRET, "", "it is empty", null);
        }
        settings.secret = secret;
        return self();
    }

    /**
     * Tells whose address counts, in place of {@link #trustedProxies} and {@link #trustedHops}.
     *
     * @param resolver the resolver; {@link ClientAddressResolver#remoteAddress} by default
     * @return this
     */
    public B resolver(ClientAddressResolver resolver) {
        settings.resolver = Objects.requireNonNull(resolver, "resolver");
        return self();
    }

    /**
     * Names your own proxies, whose forwarding header is believed.
     *
     * @param ranges in place of those that were named before
     * @return this
     */
    public B trustedProxies(AddressRange... ranges) {
        settings.trustedProxies = List.of(ranges);
        return self();
    }

    /**
     * Names the header in which trusted proxies name the client.
     *
     * @param name in any case; {@code X-Forwarded-For} by default
     * @return this
     * @throws InvalidOptionException if the name cannot be that of a header
     */
    public B forwardedHeader(String name) {
        Settings.attempt(Option.FORWARDED_HEADER, name, () -> HeaderName.require(name));
        settings.forwardedHeader = name;
        return self();
    }

    /**
     * Says how many elements your own proxies append to the header, in place of the proxies' addresses. A proxy that writes
     * none does not count: AJP, the PROXY protocol and mod_remoteip hand the address on without a header. With a number that
     * is too large, clients choose their address.
     *
     * @param hops 1 to 64
     * @return this
     * @throws InvalidOptionException if the number is out of its range
     */
    public B trustedHops(int hops) {
        Settings.attempt(Option.TRUSTED_HOPS, hops, () -> ClientAddressResolver.xForwardedForHops(hops));
        settings.trustedHops = hops;
        return self();
    }

    /**
     * Says by how many leading bits IPv6 clients are told apart, in the limiters that are made here.
     *
     * @param bits 32 to 128; 64 by default
     * @return this
     * @throws InvalidOptionException if the number is out of its range
     */
    public B ipv6Prefix(int bits) {
        Settings tried = settings.copy();
        tried.ipv6Prefix = bits;
        tried.tryClients(Option.IPV6_PREFIX, bits);
        settings.ipv6Prefix = tried.ipv6Prefix;
        return self();
    }

    /**
     * Names the prefixes under which NAT64 translators of your own write IPv4 clients as IPv6.
     *
     * @param prefixes IPv6 of 32, 40, 48, 56, 64 or 96 bits; none by default
     * @return this
     * @throws InvalidOptionException if a prefix is anything else
     */
    public B translationPrefixes(AddressRange... prefixes) {
        Settings tried = settings.copy();
        tried.translationPrefixes = List.of(prefixes);
        tried.tryClients(Option.TRANSLATION_PREFIXES, Arrays.toString(prefixes));
        settings.translationPrefixes = tried.translationPrefixes;
        return self();
    }

    /**
     * Says how many clients each limiter that is made here tracks at once, at most.
     *
     * @param most 1 to 2<sup>30</sup>; 1,000,000 by default
     * @return this
     * @throws InvalidOptionException if the number is out of its range
     */
    public B maxClients(long most) {
        Settings tried = settings.copy();
        tried.maxClients = most;
        tried.tryClients(Option.MAX_CLIENTS, most);
        settings.maxClients = tried.maxClients;
        return self();
    }

    /**
     * Says what happens to a new client while a limiter that is made here is full.
     *
     * @param overflow {@link Overflow#SHARE} by default
     * @return this
     */
    public B overflow(Overflow overflow) {
        settings.overflow = Objects.requireNonNull(overflow, "overflow");
        return self();
    }

    /**
     * Says how long the limiters that are made here wait between two sweeps that evict idle clients.
     *
     * @param interval at most 365 days; zero for no sweeping; 10 seconds by default
     * @return this
     * @throws InvalidOptionException if the interval is out of its range
     */
    public B sweepInterval(Duration interval) {
        Settings tried = settings.copy();
        tried.sweepInterval = interval;
        tried.tryClients(Option.SWEEP_INTERVAL, interval);
        settings.sweepInterval = tried.sweepInterval;
        return self();
    }

    /**
     * Adds addresses that are never limited, such as those of health checks. They get no header fields.
     *
     * @param ranges in addition to those that were added before
     * @return this
     */
    public B exempt(AddressRange... ranges) {
        settings.exempt.addAll(List.of(ranges));
        return self();
    }

    /**
     * Chooses the header fields.
     *
     * @param style {@link HeaderStyle#DRAFT_11} by default
     * @return this
     */
    public B headers(HeaderStyle style) {
        settings.headers = Objects.requireNonNull(style, "style");
        return self();
    }

    /**
     * Spreads the return of clients that were denied at one instant.
     *
     * @param most up to how much is added to {@code Retry-After}, at random, in whole seconds; zero, the default, for none
     * @return this
     * @throws InvalidOptionException if the duration is negative, longer than a day, or not of whole seconds
     */
    public B retryAfterJitter(Duration most) {
        if (most.isNegative() || most.compareTo(LONGEST_JITTER) > 0) {
            throw new InvalidOptionException(
                    Option.RETRY_AFTER_JITTER, most, "the jitter of Retry-After must be zero to a day", null);
        }
        if (!most.equals(most.truncatedTo(ChronoUnit.SECONDS))) {
            throw new InvalidOptionException(
                    Option.RETRY_AFTER_JITTER,
                    most,
                    "Retry-After has whole seconds, so its jitter must have them too",
                    null);
        }
        settings.retryAfterJitter = most;
        return self();
    }

    /**
     * Says how requests are refused.
     *
     * @param style {@link RefusalStyle#PAGE} by default
     * @return this
     */
    public B refusal(RefusalStyle style) {
        settings.refusal = Objects.requireNonNull(style, "style");
        return self();
    }

    /**
     * Says in which languages there is a page for requests that are refused. English, German and French come with the library; the
     * texts of others, or other texts, are files {@code META-INF/headgate/refusal_LANGUAGE.properties} on the class path, which are
     * loaded here.
     *
     * @param tags such as {@code de} or {@code pt-BR}; the first is for who prefers none of them. {@code en} by default
     * @return this
     * @throws InvalidOptionException if there is none, or no such file, or it has not all texts
     */
    public B languages(String... tags) {
        List<String> languages = List.of(tags);
        if (languages.isEmpty()) {
            throw new InvalidOptionException(Option.LANGUAGES, languages, "there must be one", null);
        }
        Settings.attempt(Option.LANGUAGES, languages, () -> new Refusals(RefusalStyle.PAGE, languages));
        settings.languages = languages;
        return self();
    }

    /**
     * Says how much of a refused upload is read before it is answered, by adapters that can do so without a thread that waits.
     *
     * @param drain {@link Drain#NONE} by default
     * @return this
     */
    public B drain(Drain drain) {
        settings.drain = Objects.requireNonNull(drain, "drain");
        return self();
    }

    /**
     * Says whether CORS pre-flight requests pass uncounted: {@code OPTIONS} with {@code Origin} and
     * {@code Access-Control-Request-Method}.
     *
     * @param skipPreflight false by default
     * @return this
     */
    public B skipPreflight(boolean skipPreflight) {
        settings.skipPreflight = skipPreflight;
        return self();
    }

    /**
     * Says how many permits every request takes, unless a rule says otherwise.
     *
     * @param permits 0 for requests that are not charged, which cannot be with {@link #costAfter}; 1 by default
     * @return this
     * @throws InvalidOptionException if the number is negative
     */
    public B cost(long permits) {
        if (permits < 0) {
            throw new InvalidOptionException(Option.COST, permits, "the cost of a request must be at least 0", null);
        }
        costOf(request -> permits);
        settings.costsNothing = permits == 0;
        return self();
    }

    /**
     * Says how many permits a request takes; an adapter offers it with its own type of requests.
     *
     * @param cost 0 for a request that is not charged; a negative number is a failure
     * @return this
     */
    protected B costOf(ToLongFunction<HttpRequest> cost) {
        settings.cost = Objects.requireNonNull(cost, "cost");
        settings.costsNothing = false;
        return self();
    }

    /**
     * Charges by what a request turned out to cost. A request that takes nothing before it is answered is not asked about: let it
     * take one permit, by {@link #cost(long)}.
     *
     * @param costAfter tells how many permits it takes in all, once it is answered
     * @return this
     */
    public B costAfter(CostAfter costAfter) {
        settings.costAfter = Objects.requireNonNull(costAfter, "costAfter");
        return self();
    }

    /**
     * Charges by the response: permits are given back for those that are not to be charged.
     *
     * @param chargeOn tells which responses are charged; all by default
     * @return this
     */
    public B chargeOn(ChargeOn chargeOn) {
        settings.chargeOn = Objects.requireNonNull(chargeOn, "chargeOn");
        return self();
    }

    /**
     * Says whether requests are only decided, counted and told their fields, and never denied.
     *
     * @param dryRun false by default
     * @return this
     */
    public B dryRun(boolean dryRun) {
        settings.dryRun = dryRun;
        return self();
    }

    /**
     * Says what happens to a request without an address, or without a key.
     *
     * @param noAddress {@link NoAddress#SHARED} by default
     * @return this
     */
    public B noAddress(NoAddress noAddress) {
        settings.noAddress = Objects.requireNonNull(noAddress, "noAddress");
        return self();
    }

    /**
     * Says what happens to a request when the limiter, the resolver or a function of yours fails.
     *
     * @param onFailure {@link OnFailure#ALLOW} by default
     * @return this
     */
    public B onFailure(OnFailure onFailure) {
        settings.onFailure = Objects.requireNonNull(onFailure, "onFailure");
        return self();
    }

    /**
     * Sets who hears of denied clients, for alerts: as seldom as the log has a line of them, once a minute for each client at
     * most.
     *
     * @param listener called by the thread that denies; must not block
     * @return this
     */
    public B onClientDenied(Consumer<ClientDenied> listener) {
        settings.onClientDenied = Objects.requireNonNull(listener, "listener");
        return self();
    }

    /**
     * Names what is built, for the request attribute and the log.
     *
     * @param name not blank; unique within the application
     * @return this
     * @throws InvalidOptionException if the name is blank
     */
    public B name(String name) {
        if (name.isBlank()) {
            throw new InvalidOptionException(Option.NAME, name, "the name of a filter must not be blank", null);
        }
        settings.name = name;
        return self();
    }

    /**
     * Names the limiter that {@link #limits} makes, for metrics and the log.
     *
     * @param name not blank; that of what is built by default
     * @return this
     * @throws IllegalArgumentException if the name is blank
     */
    public B limiterName(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of a limiter must not be blank");
        }
        settings.limiterName = name;
        return self();
    }

    /**
     * Makes limiters in a registry, where others find them by name, and which closes them. They outlive what is built, with
     * what clients have taken, and share a thread. What is built elsewhere with the same names, limits and settings has the
     * same limiters; one name with different limits or settings is refused.
     *
     * @param registry by default one of its own, which is closed with what is built
     * @return this
     */
    public B registry(LimiterRegistry registry) {
        settings.registry = Objects.requireNonNull(registry, "registry");
        return self();
    }

    /**
     * Says how options are called where they are set, for warnings.
     *
     * @param spelling such as {@link Option#property} with a prefix; {@link Option#toString} by default
     * @return this
     */
    public B spelling(Function<Option, String> spelling) {
        settings.spelling = Objects.requireNonNull(spelling, "spelling");
        return self();
    }

    /**
     * Sets the clock of the limiters and logs that are made here.
     *
     * @param ticker {@link System#nanoTime} by default
     * @return this
     */
    public B ticker(Ticker ticker) {
        settings.ticker = Objects.requireNonNull(ticker, "ticker");
        return self();
    }

    /** Takes notice of ranges whose text means less than it says; nothing to say of an option that is written well. */
    void noteHostBits(Option option, String ranges) {
        settings.hostBits.put(option, ranges);
    }

    /**
     * Throws what {@link #open} would throw, and makes nothing.
     *
     * @throws InvalidOptionException if options contradict each other, or nothing would be limited
     */
    protected void requireSound() {
        settings.requireSound();
    }

    /**
     * Makes the limiter of requests.
     *
     * @param otherName its name if none was set, or if it takes the place of another
     * @param attributePrefix what the name of the request attribute begins with; the limiter's name follows
     * @param before the one that this one takes the place of, whose counts go on; null if there is none
     * @return to be closed when no further requests come
     * @throws InvalidOptionException if options contradict each other, or nothing would be limited
     * @throws IllegalStateException if another user of the registry has a limiter of one of the names, with other limits or
     *     settings; then nothing changes
     */
    protected RequestLimiter open(String otherName, String attributePrefix, @Nullable RequestLimiter before) {
        settings.requireSound();
        return new RequestLimiter(
                settings.copy(),
                before != null || settings.name == null ? otherName : settings.name,
                attributePrefix,
                before);
    }

    /**
     * The name that was set.
     *
     * @return null if none was
     */
    protected @Nullable String name() {
        return settings.name;
    }
}
