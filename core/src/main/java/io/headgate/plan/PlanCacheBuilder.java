package io.headgate.plan;

import io.headgate.Ticker;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link PlanCache}. Not thread-safe. One builder may build several.
 *
 * <pre>{@code
 * PlanCache<String> plans = PlanCache.<String>builder(source)
 *         .maxKeys(50_000)
 *         .maxLoads(16)
 *         .timeout(Duration.ofSeconds(2))
 *         .negativeTtl(Duration.ofMinutes(10))
 *         .build();
 * }</pre>
 *
 * <p>Durations are 1 millisecond to 365 days.
 *
 * @param <K> the type of the keys
 */
public final class PlanCacheBuilder<K> {

    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(365);

    final PlanSource<? super K> source;
    long maxKeys = 10_000;
    Duration refreshAfter = Duration.ofMinutes(1);
    Duration maxStale = Duration.ofHours(1);
    Duration negativeTtl = Duration.ofMinutes(1);
    Duration failureBackoff = Duration.ofSeconds(5);
    Duration timeout = Duration.ofSeconds(5);
    int maxLoads = 64;
    int loaderThreads = 4;
    Ticker ticker = System::nanoTime;

    @Nullable
    Executor executor;

    PlanCacheBuilder(PlanSource<? super K> source) {
        this.source = Objects.requireNonNull(source, "source");
    }

    /**
     * How many plans are kept, and how many keys beside them of which there is no plan. Beyond that the one least worth
     * keeping is evicted, by how often and how recently it was used; for a moment there may be a few more.
     *
     * @param maxKeys 1 to 2^30; 10,000 if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> maxKeys(long maxKeys) {
        this.maxKeys = range("maxKeys", maxKeys, 1L << 30);
        return this;
    }

    /**
     * The age from which a plan is loaded again when its key is requested; the old one serves meanwhile.
     *
     * @param refreshAfter no more than {@code maxStale}; a minute if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> refreshAfter(Duration refreshAfter) {
        this.refreshAfter = range("refreshAfter", refreshAfter);
        return this;
    }

    /**
     * The age from which a plan no longer serves, as it could not be loaded again for so long.
     *
     * @param maxStale no less than {@code refreshAfter}; an hour if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> maxStale(Duration maxStale) {
        this.maxStale = range("maxStale", maxStale);
        return this;
    }

    /**
     * How long it is remembered that a key has no plan.
     *
     * @param negativeTtl a minute if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> negativeTtl(Duration negativeTtl) {
        this.negativeTtl = range("negativeTtl", negativeTtl);
        return this;
    }

    /**
     * How long a key is not asked for again after its load failed or took too long, so that a source in trouble is not
     * asked at every request.
     *
     * @param failureBackoff five seconds if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> failureBackoff(Duration failureBackoff) {
        this.failureBackoff = range("failureBackoff", failureBackoff);
        return this;
    }

    /**
     * How long a load may take, from the request that caused it. A later answer is dropped. Nothing is interrupted: a
     * thread that hangs in the source is occupied until the source returns.
     *
     * @param timeout five seconds if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> timeout(Duration timeout) {
        this.timeout = range("timeout", timeout);
        return this;
    }

    /**
     * How many loads may be under way at once, those that wait for a thread included. Beyond it none is started.
     *
     * @param maxLoads 1 to 10,000; 64 if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> maxLoads(int maxLoads) {
        this.maxLoads = (int) range("maxLoads", maxLoads, 10_000);
        return this;
    }

    /**
     * How many threads of the cache's own call the source: the most calls that block at once. Without effect if an
     * executor is given.
     *
     * @param loaderThreads 1 to 1,000; 4 if not set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public PlanCacheBuilder<K> loaderThreads(int loaderThreads) {
        this.loaderThreads = (int) range("loaderThreads", loaderThreads, 1_000);
        return this;
    }

    /**
     * What calls the source, in place of threads of the cache's own. It gets no more than {@code maxLoads} tasks at once,
     * and must run each or refuse it by an exception: a task that it drops in silence counts as under way for ever. It
     * should not run them in the calling thread, which would wait. The cache does not shut it down.
     *
     * @param executor the executor
     * @return this
     */
    public PlanCacheBuilder<K> executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * The clock of all durations here, {@link System#nanoTime} if not set.
     *
     * @param ticker the clock
     * @return this
     */
    public PlanCacheBuilder<K> ticker(Ticker ticker) {
        this.ticker = Objects.requireNonNull(ticker, "ticker");
        return this;
    }

    /**
     * Builds a cache that knows nothing yet.
     *
     * @return the cache; to be closed by the caller
     * @throws IllegalArgumentException if {@code refreshAfter} is longer than {@code maxStale}
     * @throws IllegalStateException if there is no Caffeine
     */
    public PlanCache<K> build() {
        if (refreshAfter.compareTo(maxStale) > 0) {
            throw new IllegalArgumentException(
                    "refreshAfter must be no longer than maxStale (" + maxStale + "), not " + refreshAfter);
        }
        try {
            return new PlanCache<>(this);
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException(
                    "plans of keys are kept by Caffeine: add com.github.ben-manes.caffeine:caffeine 3 to the application",
                    e);
        }
    }

    private static long range(String name, long value, long most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + " must be 1 to " + most + ", not " + value);
        }
        return value;
    }

    private static Duration range(String name, Duration value) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + " must be 1 ms to 365 days, not " + value);
        }
        return value;
    }
}
