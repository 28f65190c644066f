package io.headgate.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.util.concurrent.RateLimiter;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** One way to limit clients by their number; the same limit for all. */
interface Contender {

    /** A generous limit: every client is admitted for as long as a benchmark runs. */
    long PERMITS = 1_000_000;

    /** Whether client i may call. */
    boolean tryAcquire(int i);

    /** Headgate as its users get it: addresses in the table. */
    static Contender table(int clients, long permits) {
        Limiter<ClientAddress> limiter = Limiter.forAddresses(limit(permits))
                .maxKeys(clients + clients / 4 + 1_000)
                .build();
        return i -> limiter.tryAcquire(Keys.address(i));
    }

    /** Headgate's limiter of any key, with addresses as keys. */
    static Contender map(int clients, long permits) {
        Limiter<ClientAddress> limiter = Limiter.<ClientAddress>builder(limit(permits))
                .maxKeys(clients + clients / 4 + 1_000)
                .build();
        return i -> limiter.tryAcquire(Keys.address(i));
    }

    /** The bare algorithm with a word for each client in a ConcurrentHashMap, unbounded and never swept. */
    static Contender wordInMap(int clients, long permits) {
        ConcurrentHashMap<ClientAddress, AtomicLong> words = new ConcurrentHashMap<>();
        return i -> take(words.computeIfAbsent(Keys.address(i), key -> new AtomicLong(System.nanoTime())), permits);
    }

    /** The same with the address as text, which is what a container hands out. The texts are made beforehand. */
    static Contender wordInMapOfText(int clients, long permits) {
        String[] texts = new String[clients];
        for (int i = 0; i < clients; i++) {
            texts[i] = Keys.text(i);
        }
        ConcurrentHashMap<String, AtomicLong> words = new ConcurrentHashMap<>();
        return i -> take(words.computeIfAbsent(texts[i], key -> new AtomicLong(System.nanoTime())), permits);
    }

    private static boolean take(AtomicLong word, long permits) {
        long interval = 1_000_000_000L / permits;
        long now = System.nanoTime();
        for (; ; ) {
            long state = word.get();
            long next = (state - now > 0 ? state : now) + interval;
            if (next - now > interval * permits) {
                return false;
            }
            if (word.compareAndSet(state, next)) {
                return true;
            }
        }
    }

    /** Bucket4j, a bucket each in a ConcurrentHashMap, on the nanosecond clock. */
    static Contender bucket4jMap(int clients, long permits) {
        ConcurrentHashMap<ClientAddress, Bucket> buckets = new ConcurrentHashMap<>();
        return i -> buckets.computeIfAbsent(Keys.address(i), key -> bucket4j(permits))
                .tryConsume(1);
    }

    /** Bucket4j, a bucket each in a Caffeine cache with a bound. */
    static Contender bucket4jCaffeine(int clients, long permits) {
        Cache<ClientAddress, Bucket> buckets =
                Caffeine.newBuilder().maximumSize(clients + clients / 4 + 1_000).build();
        return i -> buckets.get(Keys.address(i), key -> bucket4j(permits)).tryConsume(1);
    }

    private static Bucket bucket4j(long permits) {
        return Bucket.builder()
                .withNanosecondPrecision()
                .addLimit(limit -> limit.capacity(permits).refillGreedy(permits, Duration.ofSeconds(1)))
                .build();
    }

    /** Resilience4j, a limiter each in a ConcurrentHashMap. */
    static Contender resilience4j(int clients, long permits) {
        RateLimiterConfig config = RateLimiterConfig.custom()
                .limitForPeriod((int) permits)
                .limitRefreshPeriod(Duration.ofSeconds(1))
                .timeoutDuration(Duration.ZERO)
                .build();
        ConcurrentHashMap<ClientAddress, io.github.resilience4j.ratelimiter.RateLimiter> limiters =
                new ConcurrentHashMap<>();
        return i -> limiters.computeIfAbsent(Keys.address(i), key -> new AtomicRateLimiter("client", config))
                .acquirePermission(1);
    }

    /** Guava's RateLimiter, one each in a ConcurrentHashMap. */
    @SuppressWarnings("UnstableApiUsage")
    static Contender guava(int clients, long permits) {
        ConcurrentHashMap<ClientAddress, RateLimiter> limiters = new ConcurrentHashMap<>();
        return i -> limiters.computeIfAbsent(Keys.address(i), key -> RateLimiter.create((double) permits))
                .tryAcquire();
    }

    /** What no limiter can do without: one clock reading and one CAS at a random place of an equally large array. */
    static Contender floor(int clients, long permits) {
        int words = Integer.highestOneBit(Math.max(2, 2 * clients - 1)) * 2; // 16 bytes a client, as the table
        long[] array = new long[words];
        VarHandle word = MethodHandles.arrayElementVarHandle(long[].class);
        return i -> {
            ClientAddress address = Keys.address(i);
            long bits = (address.highBits() ^ address.lowBits()) * 0x9E37_79B9_7F4A_7C15L;
            int index = (int) (bits >>> 33) & (words - 2);
            long seen = (long) word.getVolatile(array, index);
            return word.compareAndSet(array, index, seen, System.nanoTime());
        };
    }

    private static Limit limit(long permits) {
        return Limit.of(permits, Duration.ofSeconds(1));
    }

    /** A contender by the name that the reports use, with all its clients known already. */
    static Contender named(String name, int clients, long permits) {
        Contender contender = switch (name) {
            case "headgate" -> table(clients, permits);
            case "headgate-map" -> map(clients, permits);
            case "word-in-chm" -> wordInMap(clients, permits);
            case "word-in-chm-text" -> wordInMapOfText(clients, permits);
            case "bucket4j-chm" -> bucket4jMap(clients, permits);
            case "bucket4j-caffeine" -> bucket4jCaffeine(clients, permits);
            case "resilience4j-chm" -> resilience4j(clients, permits);
            case "guava-chm" -> guava(clients, permits);
            case "floor" -> floor(clients, permits);
            default -> throw new IllegalArgumentException(name);
        };
        // In an order that is neither that of the keys nor that of the calls, several times: maps settle, words move.
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < clients; i++) {
                contender.tryAcquire((int) ((i * 0x9E37_79B1L + round) % clients));
            }
            for (int i = 0; i < clients; i++) {
                contender.tryAcquire(i);
            }
        }
        return contender;
    }
}
