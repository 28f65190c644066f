package io.headgate;

import io.headgate.internal.QuotedText;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link LocalLimiter}. Not thread-safe. One builder may build several limiters.
 *
 * <pre>{@code
 * Limiter<String> limiter = Limiter.builder(Limit.perSecond(10).burst(20), Limit.perDay(1_000))
 *         .name("mails")
 *         .maxKeys(100_000)
 *         .overflow(Overflow.DENY)
 *         .onDenied((String account) -> denied.increment())
 *         .build();
 * }</pre>
 *
 * <p>The type of the keys is inferred from the listener of denials, or from the variable that the limiter is assigned
 * to. Where there is neither, write {@code Limiter.<String>builder(limit)}.
 *
 * @param <K> the type of the keys, or one above it
 */
public final class LimiterBuilder<K> {

    /** One object, so that builders without a clock of their own have equal settings. */
    private static final Ticker SYSTEM = System::nanoTime;

    static final int ANY_KEY = -1;
    private static final long MOST_KEYS = 1L << 30;
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(365);

    final List<Limit> limits;
    final int ipv4Prefix;
    final int ipv6Prefix;
    final Function<List<TranslationPrefix>, KeyKind<K>> kinds;

    RandomGenerator random = new SecureRandom();
    Ticker ticker = SYSTEM;
    long maxKeys = 1_000_000;
    Overflow overflow = Overflow.SHARE;
    Duration sweepInterval = Duration.ofSeconds(10);

    @Nullable
    ScheduledExecutorService scheduler;

    String name = "limiter";
    List<TranslationPrefix> translators = List.of();

    @Nullable
    Consumer<? super K> onDenied;

    LimiterBuilder(
            int ipv4Prefix,
            int ipv6Prefix,
            Function<List<TranslationPrefix>, KeyKind<K>> kinds,
            Limit first,
            Limit... more) {
        List<Limit> all = new ArrayList<>();
        all.add(Objects.requireNonNull(first, "first"));
        for (Limit limit : Objects.requireNonNull(more, "more")) {
            all.add(Objects.requireNonNull(limit, () -> "more[" + (all.size() - 1) + "]"));
        }
        this.limits = List.copyOf(all);
        this.ipv4Prefix = ipv4Prefix;
        this.ipv6Prefix = ipv6Prefix;
        this.kinds = kinds;
        Set<String> names = new HashSet<>();
        for (Limit limit : limits) {
            if (!names.add(limit.name())) {
                throw new IllegalArgumentException(
                        "two limits are called " + QuotedText.of(limit.name()) + "; tell them apart by Limit.named");
            }
        }
    }

    static <K> LimiterBuilder<K> forAnyKey(Limit first, Limit... more) {
        return new LimiterBuilder<>(ANY_KEY, ANY_KEY, translators -> KeyKind.any(), first, more);
    }

    static LimiterBuilder<ClientAddress> forNetworks(int ipv4Prefix, int ipv6Prefix, Limit first, Limit... more) {
        if (ipv4Prefix < 8 || ipv4Prefix > 32) {
            throw new IllegalArgumentException("the IPv4 prefix must be 8 to 32 bits, not " + ipv4Prefix);
        }
        if (ipv6Prefix < 32 || ipv6Prefix > 128) {
            throw new IllegalArgumentException("the IPv6 prefix must be 32 to 128 bits, not " + ipv6Prefix);
        }
        return new LimiterBuilder<>(
                ipv4Prefix,
                ipv6Prefix,
                translators -> KeyKind.networks(ipv4Prefix, ipv6Prefix, translators),
                first,
                more);
    }

    /**
     * All that a limiter depends on, except its name, the listener and the secrets of its hashes.
     *
     * @param scheduler null if the limiter may be swept anywhere
     */
    private record Settings(
            List<Limit> limits,
            int ipv4Prefix,
            int ipv6Prefix,
            List<TranslationPrefix> translators,
            Ticker ticker,
            long maxKeys,
            Overflow overflow,
            Duration sweepInterval,
            @Nullable ScheduledExecutorService scheduler) {}

    /** Equal settings mean that the limiters built now are alike. */
    Object settings() {
        return new Settings(
                limits, ipv4Prefix, ipv6Prefix, translators, ticker, maxKeys, overflow, sweepInterval, scheduler);
    }

    KeyKind<K> kind() {
        KeyKind<K> kind = kinds.apply(translators);
        return overflow == Overflow.EVICT ? kind.evictedByUse() : kind;
    }

    BucketStore<K> openStore(KeyKind<K> kind, TokenBucket[] buckets) {
        long seed = random.nextLong();
        boolean sharing = overflow == Overflow.SHARE;
        return kind.stores()
                .open(
                        name,
                        buckets,
                        ticker,
                        sharing
                                ? new SharedBuckets<>(
                                        buckets, ticker, kind.neighbours().apply(seed), kind.families())
                                : null,
                        seed,
                        maxKeys,
                        random);
    }

    /** The source of the secrets of hashes. For tests that have to repeat themselves. */
    LimiterBuilder<K> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * The clock. Default: {@link System#nanoTime}, which on some systems stands still while the machine is
     * suspended.
     *
     * @param ticker nanoseconds from any origin
     * @return this
     */
    public LimiterBuilder<K> ticker(Ticker ticker) {
        this.ticker = Objects.requireNonNull(ticker, "ticker");
        return this;
    }

    /**
     * How many keys are tracked at once, at most. Default: 1,000,000. See {@link LocalLimiter#memoryBytes} for the
     * memory that this may take.
     *
     * @param maxKeys 1 to 2<sup>30</sup>
     * @return this
     * @throws IllegalArgumentException if the number is out of range
     */
    public LimiterBuilder<K> maxKeys(long maxKeys) {
        if (maxKeys < 1 || maxKeys > MOST_KEYS) {
            throw new IllegalArgumentException("maxKeys must be 1 to " + MOST_KEYS + ", not " + maxKeys);
        }
        this.maxKeys = maxKeys;
        return this;
    }

    /**
     * What happens to new keys for which there is no room. Default: {@link Overflow#SHARE}. With {@link Overflow#EVICT}
     * {@link #build} throws an {@link IllegalStateException} if Caffeine is missing.
     *
     * @param overflow the rule
     * @return this
     */
    public LimiterBuilder<K> overflow(Overflow overflow) {
        this.overflow = Objects.requireNonNull(overflow, "overflow");
        return this;
    }

    /**
     * How long to wait between two sweeps that evict idle keys. Default: 10 seconds. However long it is, the sweeper
     * wakes once a minute, and ends if nothing refers to the limiter any more.
     *
     * @param interval at most 365 days; zero: idle keys are evicted only when room is needed, or by
     *     {@link LocalLimiter#sweep}
     * @return this
     * @throws IllegalArgumentException if the interval is negative or longer than that
     */
    public LimiterBuilder<K> sweepInterval(Duration interval) {
        Objects.requireNonNull(interval, "interval");
        if (interval.isNegative() || interval.compareTo(LONGEST_INTERVAL) > 0) {
            throw new IllegalArgumentException("the sweep interval must be 0 to 365 days, not " + interval);
        }
        this.sweepInterval = interval;
        return this;
    }

    /**
     * Where sweeps run. Default: on a daemon thread of the limiter's own, or on that of the {@link LimiterRegistry}
     * that builds the limiter.
     *
     * <p>{@link LocalLimiter#close} removes the limiter's task from a {@link ThreadPoolExecutor}. In any other
     * scheduler it cancels the task, which is due within a minute.
     *
     * @param scheduler the caller shuts it down; a sweep keeps one of its threads busy for a millisecond at a time
     * @return this
     */
    public LimiterBuilder<K> scheduler(ScheduledExecutorService scheduler) {
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        return this;
    }

    /**
     * What the limiter is called in metrics, logs and the sweeper's thread. Default: {@code limiter}.
     *
     * @param name not blank
     * @return this
     * @throws IllegalArgumentException if the name is blank
     */
    public LimiterBuilder<K> name(String name) {
        if (Objects.requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("the name of a limiter must not be blank");
        }
        this.name = name;
        return this;
    }

    /**
     * Prefixes under which translators of the operator's own write IPv4 clients as IPv6 (RFC 6052), such as
     * {@code 64:ff9b:1::/48}. An address under one of them counts as the IPv4 address that it carries. If it carries
     * 0.0.0.0, it counts as IPv6 like any other. Default: none; {@code 64:ff9b::/96} is one in any case.
     *
     * @param prefixes IPv6 of 32, 40, 48, 56, 64 or 96 bits, of which the bits 64 to 71 are zero, and without
     *     {@code ::1}; the longest prefix that an address is in applies
     * @return this
     * @throws IllegalArgumentException if a prefix is not like that
     * @throws IllegalStateException if the keys are not client addresses
     */
    public LimiterBuilder<K> translationPrefixes(AddressRange... prefixes) {
        if (ipv6Prefix == ANY_KEY) {
            throw new IllegalStateException("translation prefixes are for limiters of client addresses,"
                    + " made with Limiter.forAddresses or Limiter.forNetworks");
        }
        this.translators = Arrays.stream(prefixes)
                .map(TranslationPrefix::new)
                .sorted(Comparator.comparingInt(TranslationPrefix::length).reversed())
                .toList();
        return this;
    }

    /**
     * The listener of denials, such as a {@code HeavyHitters} of {@code io.headgate.metrics}. Default: none.
     *
     * <p>The listener may call this limiter. Such a call is decided and counted as any other, but if it is denied the
     * listener is not told. What the listener throws is thrown to the caller that was denied; the call is counted.
     *
     * @param onDenied is given the key as the limiter tracks it ({@link LocalLimiter#tracked}), in the thread that is
     *     denied: any thread, many at once, as often as an attacker likes. Must be cheap, and should not throw
     * @param <K1> the type of the keys, if it is not known yet
     * @return this
     */
    public <K1 extends K> LimiterBuilder<K1> onDenied(Consumer<? super K1> onDenied) {
        Objects.requireNonNull(onDenied, "onDenied");
        LimiterBuilder<K1> self = ofKeys();
        self.onDenied = onDenied;
        return self;
    }

    /** This builder, for keys of a narrower type. Safe, since a limiter only returns keys that it was given. */
    @SuppressWarnings("unchecked")
    private <K1 extends K> LimiterBuilder<K1> ofKeys() {
        return (LimiterBuilder<K1>) this;
    }

    /**
     * Builds the limiter and starts to sweep it.
     *
     * @param <K1> the type of the keys, as a rule that of the variable to which the limiter is assigned
     * @return the limiter, to be closed when it is no longer needed
     * @throws IllegalArgumentException if sweeps are to run on a scheduler that takes no more tasks
     * @throws IllegalStateException if Caffeine is missing and {@link Overflow#EVICT} needs it
     */
    public <K1 extends K> LocalLimiter<K1> build() {
        return build(scheduler);
    }

    /** Builds a limiter that is swept on the given scheduler, unless this builder has one of its own. */
    <K1 extends K> LocalLimiter<K1> build(@Nullable ScheduledExecutorService other) {
        ScheduledExecutorService where = scheduler == null ? other : scheduler;
        if (where != null && !sweepInterval.isZero() && where.isShutdown()) {
            throw Sweeper.notSwept(name, null);
        }
        LocalLimiter<K1> limiter = new LocalLimiter<>(ofKeys(), where);
        limiter.start();
        return limiter;
    }
}
