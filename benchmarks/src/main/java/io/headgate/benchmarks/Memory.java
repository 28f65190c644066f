package io.headgate.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What limiters occupy as clients come and go, by what is left on the heap after collections. Prints a table. */
public final class Memory {

    private static final int MOST = 1_000_000;
    private static final int FEW = 1_000;

    private static final Limit LIMIT = Limit.parse("20/minute");
    private static final Duration FULL = LIMIT.period();

    private static final AtomicLong CLOCK = new AtomicLong();

    /** A limiter, set up as its users do. */
    private record Subject(IntPredicate call, Runnable forget, LongSupplier tracked) {}

    private Memory() {}

    /**
     * Measures and prints.
     *
     * @param arguments are not read
     */
    public static void main(String[] arguments) {
        Page page = new Page();
        write(page);
        System.out.println(page);
    }

    static void write(Page page) {
        page.heading("Bytes as clients come and go, by the heap after collections");
        page.paragraph(
                "Each has room for a million and limits to 20 a minute. In the flood a million clients called once; a minute later",
                "only the last thousand had called again, and we swept twice; Caffeine (`maximumSize`, and `expireAfterAccess` of that",
                "minute) was told to `cleanUp()` until it forgot no more, as once removes a part; Resilience4j's registry never forgets.",
                "All but the limiter of addresses are given the address as text; they keep that, so it counts. This table alone is",
                "printed by `" + Report.COMMAND + " -Dbenchmarks=memory`.");
        List<Supplier<Subject>> kinds =
                List.of(Memory::addresses, Memory::texts, Memory::bucket4jCaffeine, Memory::resilience4j);
        kinds.forEach(kind -> flood(kind.get())); // loads classes and starts threads
        page.table("", "headgate, addresses", "headgate, any key", "bucket4j-caffeine", "resilience4j");
        row(page, "empty", kinds, 100, 0, subject -> {});
        row(page, "1,000 clients", kinds, 10, FEW, subject -> call(subject, 0, FEW));
        row(page, "1,000,000 clients", kinds, 1, MOST, subject -> call(subject, 0, MOST));
        row(page, "1,000 after the flood", kinds, 1, FEW, Memory::flood);
    }

    private static void row(
            Page page, String name, List<Supplier<Subject>> kinds, int copies, int clients, Consumer<Subject> scene) {
        Stream<String> cells = kinds.stream().map(kind -> {
            Subject[] subjects = new Subject[copies]; // several, as other threads leave something on the heap too
            long before = Footprint.used();
            for (int i = 0; i < copies; i++) {
                subjects[i] = kind.get();
                scene.accept(subjects[i]);
                if (subjects[i].tracked.getAsLong() < clients) {
                    throw new IllegalStateException(name + ": forgot clients that are not idle");
                }
            }
            long bytes = (Footprint.used() - before) / copies;
            Reference.reachabilityFence(subjects);
            return String.format(Locale.ROOT, "%,d", bytes);
        });
        page.row(Stream.concat(Stream.of(name), cells).toArray());
    }

    private static void call(Subject subject, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!subject.call.test(i)) {
                throw new IllegalStateException("denied");
            }
        }
    }

    private static void flood(Subject subject) {
        call(subject, 0, MOST);
        CLOCK.addAndGet(FULL.minusSeconds(1).toNanos());
        // The last ones, as Caffeine may not note a read: of the first ones, such would keep it from those behind them.
        call(subject, MOST - FEW, MOST);
        CLOCK.addAndGet(Duration.ofSeconds(2).toNanos());
        subject.forget.run();
        subject.forget.run();
    }

    private static Subject addresses() {
        return headgate(Limiter.forAddresses(LIMIT), Keys::address);
    }

    private static Subject texts() {
        return headgate(Limiter.<String>builder(LIMIT), Keys::text);
    }

    private static <K> Subject headgate(LimiterBuilder<K> builder, IntFunction<K> key) {
        LocalLimiter<K> limiter = builder.maxKeys(MOST)
                .ticker(CLOCK::get)
                .sweepInterval(Duration.ZERO)
                .build();
        return new Subject(i -> limiter.tryAcquire(key.apply(i)), limiter::sweep, limiter::size);
    }

    private static Subject bucket4jCaffeine() {
        TimeMeter meter = new TimeMeter() {

            @Override
            public long currentTimeNanos() {
                return CLOCK.get();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
        Cache<String, Bucket> buckets = Caffeine.newBuilder()
                .maximumSize(MOST)
                .expireAfterAccess(FULL)
                .ticker(CLOCK::get)
                .build();
        return new Subject(
                i -> buckets.get(Keys.text(i), key -> Contender.bucket4j(LIMIT, meter))
                        .tryConsume(1),
                () -> settledSize(buckets),
                () -> settledSize(buckets));
    }

    /** What is left once all that is due was done: a call of {@code cleanUp} ends after so many removals. */
    private static long settledSize(Cache<?, ?> cache) {
        long before;
        do {
            before = cache.estimatedSize();
            cache.cleanUp();
        } while (cache.estimatedSize() < before);
        return cache.estimatedSize();
    }

    private static Subject resilience4j() {
        RateLimiterRegistry limiters = RateLimiterRegistry.of(RateLimiterConfig.custom()
                .limitForPeriod((int) LIMIT.permits())
                .limitRefreshPeriod(LIMIT.period())
                .timeoutDuration(Duration.ZERO)
                .build());
        return new Subject(
                i -> limiters.rateLimiter(Keys.text(i)).acquirePermission(1),
                () -> {},
                () -> limiters.getAllRateLimiters().size());
    }
}
