package io.headgate.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.util.concurrent.RateLimiter;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.net.ClientAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** One way to limit clients by their number; the same limit for all. */
interface Contender {

    /** Those of the reports, in their order; {@link Eviction} has one more. */
    List<String> NAMES = List.of(
            "floor",
            "headgate",
            "headgate-map",
            "word-in-chm",
            "word-in-chm-text",
            "bucket4j-chm",
            "bucket4j-caffeine",
            "resilience4j-chm",
            "guava-chm");

    /** Admits every call for as long as a benchmark runs, and refills so slowly that no bucket is full meanwhile. */
    Limit GENEROUS = Limit.parse("2/minute burst 1000000");

    /**
     * What all contenders of a comparison are given.
     *
     * @param clients how many are known before it begins
     * @param most how many may be tracked, for those that have a bound
     * @param idle after how long a client may be forgotten, for those that forget
     */
    record Setting(Limit limit, int clients, int most, Duration idle) {

        /** Known clients, and room for a quarter more. */
        static Setting known(Limit limit, int clients) {
            return new Setting(limit, clients, clients + clients / 4 + 1_000, Duration.ofSeconds(10));
        }
    }

    /** Whether client i may call. */
    boolean tryAcquire(int i);

    /** Headgate as its users get it: addresses in the table. */
    private static Contender table(Setting setting) {
        return headgate(Limiter.forAddresses(setting.limit), setting);
    }

    /** Headgate's limiter of any key, with addresses as keys. */
    private static Contender map(Setting setting) {
        return headgate(Limiter.<ClientAddress>builder(setting.limit), setting);
    }

    /** The same addresses in a Caffeine cache, which evicts by use. */
    private static Contender cache(Setting setting) {
        return headgate(Limiter.forAddresses(setting.limit).overflow(Overflow.EVICT), setting);
    }

    private static Contender headgate(LimiterBuilder<ClientAddress> builder, Setting setting) {
        Limiter<ClientAddress> limiter =
                builder.maxKeys(setting.most).sweepInterval(setting.idle).build();
        return i -> limiter.tryAcquire(Keys.address(i));
    }

    /** The bare algorithm with a word for each client in a ConcurrentHashMap, unbounded and never swept. */
    private static Contender wordInMap(Setting setting) {
        ConcurrentHashMap<ClientAddress, AtomicLong> words = new ConcurrentHashMap<>();
        return wordIn(setting, i -> words.computeIfAbsent(Keys.address(i), key -> new AtomicLong(System.nanoTime())));
    }

    /** The same with the address as text, which is what a container hands out. The texts are made beforehand. */
    private static Contender wordInMapOfText(Setting setting) {
        String[] texts = new String[setting.clients];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Keys.text(i);
        }
        ConcurrentHashMap<String, AtomicLong> words = new ConcurrentHashMap<>();
        return wordIn(setting, i -> words.computeIfAbsent(texts[i], key -> new AtomicLong(System.nanoTime())));
    }

    /** Where the word of a client is. */
    interface WordOf {
        AtomicLong client(int i);
    }

    private static Contender wordIn(Setting setting, WordOf word) {
        long interval = setting.limit.period().toNanos() / setting.limit.permits();
        long full = interval * setting.limit.capacity();
        return i -> take(word.client(i), interval, full);
    }

    private static boolean take(AtomicLong word, long interval, long full) {
        long now = System.nanoTime();
        for (; ; ) {
            long state = word.get();
            long next = (state - now > 0 ? state : now) + interval;
            if (next - now > full) {
                return false;
            }
            if (word.compareAndSet(state, next)) {
                return true;
            }
        }
    }

    /** Bucket4j, a bucket each in a ConcurrentHashMap, on the nanosecond clock. */
    private static Contender bucket4jMap(Setting setting) {
        ConcurrentHashMap<ClientAddress, Bucket> buckets = new ConcurrentHashMap<>();
        return i -> buckets.computeIfAbsent(Keys.address(i), key -> bucket4j(setting.limit, TimeMeter.SYSTEM_NANOTIME))
                .tryConsume(1);
    }

    /** Bucket4j, a bucket each in a Caffeine cache with a bound, or with a time to forget if that is short. */
    private static Contender bucket4jCaffeine(Setting setting) {
        Caffeine<Object, Object> caffeine = Caffeine.newBuilder().maximumSize(setting.most);
        Cache<ClientAddress, Bucket> buckets = setting.idle.toSeconds() > 1
                ? caffeine.build()
                : caffeine.expireAfterAccess(setting.idle).build();
        return i -> buckets.get(Keys.address(i), key -> bucket4j(setting.limit, TimeMeter.SYSTEM_NANOTIME))
                .tryConsume(1);
    }

    static Bucket bucket4j(Limit limit, TimeMeter clock) {
        return Bucket.builder()
                .withCustomTimePrecision(clock)
                .addLimit(
                        bandwidth -> bandwidth.capacity(limit.capacity()).refillGreedy(limit.permits(), limit.period()))
                .build();
    }

    /** Resilience4j, a limiter each in a ConcurrentHashMap. Knows no burst: a window that is as long as a refill. */
    private static Contender resilience4j(Setting setting) {
        Limit limit = setting.limit;
        RateLimiterConfig config = RateLimiterConfig.custom()
                .limitForPeriod((int) limit.capacity())
                .limitRefreshPeriod(
                        limit.period().multipliedBy(limit.capacity()).dividedBy(limit.permits()))
                .timeoutDuration(Duration.ZERO)
                .build();
        ConcurrentHashMap<ClientAddress, io.github.resilience4j.ratelimiter.RateLimiter> limiters =
                new ConcurrentHashMap<>();
        return i -> limiters.computeIfAbsent(Keys.address(i), key -> new AtomicRateLimiter("client", config))
                .acquirePermission(1);
    }

    /** Guava's RateLimiter, one each in a ConcurrentHashMap. Knows no burst but a second's: a rate that admits as much. */
    @SuppressWarnings("UnstableApiUsage")
    private static Contender guava(Setting setting) {
        ConcurrentHashMap<ClientAddress, RateLimiter> limiters = new ConcurrentHashMap<>();
        return i -> limiters.computeIfAbsent(
                        Keys.address(i), key -> RateLimiter.create((double) setting.limit.capacity()))
                .tryAcquire();
    }

    /** What no limiter can do without: one clock reading and one CAS at a random place of as much memory as ours. */
    private static Contender floor(Setting setting) {
        long pairs;
        try (LocalLimiter<ClientAddress> ours =
                Limiter.forAddresses(setting.limit).maxKeys(setting.most).build()) {
            pairs = ours.memoryBytes() / (2 * Long.BYTES);
        }
        long[] array = new long[Math.toIntExact(2 * pairs)];
        VarHandle word = MethodHandles.arrayElementVarHandle(long[].class);
        return i -> {
            ClientAddress address = Keys.address(i);
            long bits = (address.highBits() ^ address.lowBits()) * 0x9E37_79B9_7F4A_7C15L;
            int index = 2 * (int) (((bits >>> 32) * pairs) >>> 32);
            long seen = (long) word.getVolatile(array, index);
            return word.compareAndSet(array, index, seen, System.nanoTime());
        };
    }

    /** A contender by its name, with all its clients known already. */
    static Contender named(String name, Setting setting) {
        Contender contender = switch (name) {
            case "headgate" -> table(setting);
            case "headgate-map" -> map(setting);
            case "headgate-caffeine" -> cache(setting);
            case "word-in-chm" -> wordInMap(setting);
            case "word-in-chm-text" -> wordInMapOfText(setting);
            case "bucket4j-chm" -> bucket4jMap(setting);
            case "bucket4j-caffeine" -> bucket4jCaffeine(setting);
            case "resilience4j-chm" -> resilience4j(setting);
            case "guava-chm" -> guava(setting);
            case "floor" -> floor(setting);
            default -> throw new IllegalArgumentException(name);
        };
        // In an order that is neither that of the keys nor that of the calls, then once more: maps settle, words move.
        for (int i = 0; i < setting.clients; i++) {
            contender.tryAcquire((int) (i * 0x9E37_79B1L % setting.clients));
        }
        for (int i = 0; i < setting.clients; i++) {
            contender.tryAcquire(i);
        }
        return contender;
    }
}
