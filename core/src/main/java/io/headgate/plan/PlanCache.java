package io.headgate.plan;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.headgate.Ticker;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plans of keys, in a bounded cache in front of a {@link PlanSource}. Thread-safe. Needs Caffeine.
 *
 * <pre>{@code
 * PlanCache<String> plans = PlanCache.<String>builder(source)
 *         .maxKeys(50_000)
 *         .refreshAfter(Duration.ofMinutes(5))
 *         .build();
 * String plan = plans.apply(apiKey); // null at first, and while there is none
 * }</pre>
 *
 * <p><b>No call waits for a load.</b> Until a plan is known the answer is null, which means the default plan. A load is
 * started for the first request of a key, runs in the background, and is the only one of its key at a time.
 *
 * <p><b>Two doors.</b> {@link #planIfKnown} looks, and never loads. {@link #request} starts a load where one is due. Who
 * must not let a stranger cause loads asks the first, lets the limits of the client decide, and calls the second only for
 * what they admit. {@link #apply} is both.
 *
 * <p><b>What is remembered.</b> A plan is asked for again once it is older than {@code refreshAfter}, and serves meanwhile;
 * if that fails it serves until it is older than {@code maxStale}. That there is no such key is remembered for
 * {@code negativeTtl}, a failure for {@code failureBackoff}. These have room of their own: invented keys evict no plan.
 *
 * <p>A cache that is not closed leaves no thread behind: those of its own end half a minute after the last load.
 *
 * @param <K> the type of the keys; equal keys have the same plan
 */
public final class PlanCache<K> implements Function<K, @Nullable String>, AutoCloseable {

    /*
     * plans: key -> plan and when it was loaded. Its times are compared here, since Caffeine rounds them.
     * asked: key -> its load, while that is under way or if it brought no plan. A load under way has no weight, so Caffeine
     *        does not evict it. There is one load of a key at a time because there is one entry.
     * underWay: the loads that wait for an answer, the oldest first.
     * slots: one for each load until it is answered and its task has left the executor. So a thread that hangs keeps its
     *        slot, whatever the timeout did, and a stage that nobody completes gives it back at the timeout.
     *
     * Timeouts need no thread: a request that wants a load, and who reads the stats, first end the loads that are overdue; so
     * does a late answer.
     *
     * A plan is put, and the load then taken out of asked. So a thread that finds no load there, enters one and still finds
     * no fresh plan is the first.
     *
     * invalidate marks the load, then removes the plan. The plan is put under the key's lock if the mark is not seen there:
     * so it is put before it is removed, or not at all.
     */

    private static final Logger LOG = System.getLogger(PlanCache.class.getName());

    /** What the source said of a key, and when. */
    private record Plan(String name, long loadedAt) {}

    private final PlanSource<? super K> source;
    private final Ticker ticker;
    private final long refreshAfter;
    private final long maxStale;
    private final long negativeTtl;
    private final long failureBackoff;
    private final Duration timeout;
    private final int maxLoads;
    private final Executor executor;
    private final @Nullable ExecutorService ownExecutor;

    private final Cache<StableKey<K>, Plan> plans;
    private final AsyncCache<StableKey<K>, Long> asked;
    private final Queue<Load<K>> underWay = new ConcurrentLinkedQueue<>();
    private final Semaphore slots;
    private volatile boolean closed;

    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder loads = new LongAdder();
    private final LongAdder found = new LongAdder();
    private final LongAdder absent = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder timeouts = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    PlanCache(PlanCacheBuilder<K> builder) {
        source = builder.source;
        ticker = builder.ticker;
        refreshAfter = builder.refreshAfter.toNanos();
        maxStale = builder.maxStale.toNanos();
        negativeTtl = builder.negativeTtl.toNanos();
        failureBackoff = builder.failureBackoff.toNanos();
        timeout = builder.timeout;
        maxLoads = builder.maxLoads;
        slots = new Semaphore(maxLoads);
        ownExecutor = builder.executor == null ? LoaderThreads.create(builder.loaderThreads) : null;
        executor = builder.executor == null ? Objects.requireNonNull(ownExecutor) : builder.executor;
        // What Caffeine has to do besides is done by the callers, a few entries at a time.
        plans = Caffeine.newBuilder()
                .maximumSize(builder.maxKeys)
                .executor(Runnable::run)
                .build();
        asked = Caffeine.newBuilder()
                .maximumSize(builder.maxKeys)
                .executor(Runnable::run)
                .buildAsync();
    }

    /**
     * Starts a builder.
     *
     * @param source where the plans stand
     * @param <K> the type of the keys
     * @return a builder with the defaults
     */
    public static <K> PlanCacheBuilder<K> builder(PlanSource<? super K> source) {
        return new PlanCacheBuilder<>(source);
    }

    /**
     * The plan of a key, if it is known now. Never loads and never waits, in constant time.
     *
     * @param key the key
     * @return the plan; null if there is none, if it was not loaded yet, or not within {@code maxStale}
     */
    public @Nullable String planIfKnown(K key) {
        return known(plans.getIfPresent(new StableKey<>(key)), ticker.read());
    }

    /**
     * Starts a load of a key's plan in the background, if that is due: if nothing of the key is remembered, or what is
     * known is older than {@code refreshAfter}, and no load of the key is under way. If {@code maxLoads} are, nothing is
     * started; a later request of the key tries again. Never waits.
     *
     * @param key the key
     */
    public void request(K key) {
        StableKey<K> stable = new StableKey<>(key);
        // The look of the same request at the plan was its use.
        request(stable, plans.policy().getIfPresentQuietly(stable), ticker.read());
    }

    /**
     * {@link #planIfKnown}, then {@link #request}. This is what a limiter by plan takes.
     *
     * @param key the key
     * @return the plan, as it was known before
     */
    @Override
    public @Nullable String apply(K key) {
        StableKey<K> stable = new StableKey<>(key);
        Plan plan = plans.getIfPresent(stable);
        long now = ticker.read();
        request(stable, plan, now);
        return known(plan, now);
    }

    private @Nullable String known(@Nullable Plan plan, long now) {
        if (plan == null || now - plan.loadedAt >= maxStale) {
            misses.increment();
            return null;
        }
        hits.increment();
        return plan.name;
    }

    private boolean isFresh(@Nullable Plan plan, long now) {
        return plan != null && now - plan.loadedAt < refreshAfter;
    }

    private void request(StableKey<K> key, @Nullable Plan plan, long now) {
        if (!isFresh(plan, now)) {
            endOverdue(now);
            startUnlessAsked(key, now);
        }
    }

    private void startUnlessAsked(StableKey<K> key, long now) {
        CompletableFuture<Long> last = asked.getIfPresent(key);
        if (last != null && (!last.isDone() || now - last.join() < 0)) {
            return; // under way, or remembered
        }
        if (closed || slots.availablePermits() == 0) {
            rejected.increment();
            return;
        }
        Load<K> load = new Load<>(key, now + timeout.toNanos(), slots::release);
        boolean first = last == null
                ? asked.asMap().putIfAbsent(key, load) == null
                : asked.asMap().replace(key, last, load);
        if (first) {
            boolean started = false;
            try {
                started = !isFresh(plans.getIfPresent(key), now) && start(load);
            } finally {
                if (!started) {
                    asked.asMap().remove(key, load);
                }
            }
        }
    }

    /** Answers false if the load was not started. Then it holds no slot. */
    private boolean start(Load<K> load) {
        if (!slots.tryAcquire()) {
            rejected.increment();
            return false;
        }
        try {
            underWay.add(load);
            if (!closed) { // else close() may have ended the others already
                executor.execute(() -> run(load));
                return true;
            }
        } catch (RuntimeException | Error e) { // the executor takes no task: no reason for a request to fail
            LOG.log(Level.DEBUG, "the executor takes no task", e);
        }
        rejected.increment();
        load.tryAnswer();
        load.leave();
        underWay.remove(load);
        return false;
    }

    private void run(Load<K> load) {
        try {
            if (!isOverdue(load, ticker.read()) && !load.isAnswered()) { // else no thread was free in time
                loads.increment();
                Objects.requireNonNull(source.load(load.key.key), "the source returned no stage")
                        .whenComplete((plan, failure) -> answer(load, plan, failure));
            }
        } catch (Throwable e) { // whatever a source throws
            answer(load, null, e);
        } finally {
            load.leave();
        }
    }

    private void answer(Load<K> load, @Nullable String name, @Nullable Throwable failure) {
        long now = ticker.read();
        if (isOverdue(load, now) || !load.tryAnswer()) {
            return; // too late
        }
        long pause = failureBackoff;
        try {
            if (failure == null) {
                take(load, name == null ? null : new Plan(name, now));
                pause = name == null ? negativeTtl : 0;
                (name == null ? absent : found).increment();
            } else {
                failed(failure);
            }
        } catch (RuntimeException | Error e) { // a key that is broken
            failed(e);
        } finally {
            end(load, now, pause);
        }
    }

    private void take(Load<K> load, @Nullable Plan plan) {
        plans.asMap().compute(load.key, (key, old) -> load.isInvalidated() ? old : plan);
    }

    /** Keeps the key from being asked for again during the pause, if there is one. */
    private void end(Load<K> load, long now, long pause) {
        if (pause == 0) {
            asked.asMap().remove(load.key, load);
        } else {
            load.complete(now + pause);
        }
        underWay.remove(load);
    }

    private void endOverdue(long now) {
        for (Load<K> oldest = underWay.peek(); oldest != null && isOverdue(oldest, now); oldest = underWay.peek()) {
            underWay.remove(oldest); // also if another thread is about to
        }
    }

    /** Whether a load has had its time. Then it ends here, unless it has an answer. */
    private boolean isOverdue(Load<K> load, long now) {
        boolean overdue = now - load.deadline >= 0;
        if (overdue && load.tryAnswer()) {
            timeouts.increment();
            log(timeouts, "A plan was not loaded within " + timeout + ".");
            end(load, now, failureBackoff);
        }
        return overdue;
    }

    private void failed(Throwable failure) {
        Throwable cause = failure.getCause();
        Throwable known = failure instanceof CompletionException && cause != null ? cause : failure;
        failures.increment();
        log(failures, "A plan was not loaded: " + known.getClass().getName() + ".");
    }

    /** Logs the first, the second, the fourth and so on. Neither the key nor what an exception says of it is for a log. */
    private static void log(LongAdder count, String message) {
        long times = count.sum();
        if (Long.bitCount(times) == 1) {
            LOG.log(Level.WARNING, message + " So far: " + times + "; next logged: number " + 2 * times);
        }
    }

    /**
     * Forgets what is known of a key, since its plan has changed. A load that is under way brings nothing. The next
     * request of the key loads anew, and until then its plan is unknown.
     *
     * @param key the key
     */
    public void invalidate(K key) {
        StableKey<K> stable = new StableKey<>(key);
        CompletableFuture<Long> last = asked.getIfPresent(stable);
        if (last != null) {
            forget(stable, last);
        }
        plans.invalidate(stable);
    }

    /** Forgets what is known of all keys, as {@link #invalidate} does of one. */
    public void invalidateAll() {
        asked.asMap().forEach(this::forget);
        plans.invalidateAll();
    }

    /** Marks it first: another thread that does not find it any more relies on the mark. */
    private void forget(StableKey<K> key, CompletableFuture<Long> last) {
        ((Load<?>) last).invalidate();
        asked.asMap().remove(key, last);
    }

    /**
     * What the cache has done and holds now.
     *
     * @return a snapshot
     */
    public PlanCacheStats stats() {
        endOverdue(ticker.read());
        return new PlanCacheStats(
                hits.sum(),
                misses.sum(),
                loads.sum(),
                found.sum(),
                absent.sum(),
                failures.sum(),
                timeouts.sum(),
                rejected.sum(),
                maxLoads - slots.availablePermits(),
                plans.estimatedSize(),
                asked.synchronous().estimatedSize());
    }

    /**
     * Starts no more loads, takes no more answers, and ends the threads, unless the executor was given. Interrupts nobody.
     * Plans that are known go on to be, until they are older than {@code maxStale}.
     */
    @Override
    public void close() {
        closed = true;
        if (ownExecutor != null) {
            ownExecutor.shutdown();
        }
        for (Load<K> load = underWay.poll(); load != null; load = underWay.poll()) {
            load.tryAnswer();
            asked.asMap().remove(load.key, load);
        }
    }
}
