package io.headgate.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys that came most often, found in a fixed amount of memory however many keys there are: Metwally, Agrawal and
 * El Abbadi's <em>space-saving</em> sketch, in several parts for several threads. Thread-safe. {@link #add} waits for
 * no other thread. {@link #top} and {@link #clear} wait for a thread that is at a part of the sketch, which may be in
 * the {@code hashCode}, {@code equals} or {@code compareTo} of a key.
 *
 * <pre>{@code
 * HeavyHitters<ClientAddress> denied = new HeavyHitters<>(50);
 * Limiter<ClientAddress> limiter =
 *         Limiter.forAddresses(Limit.perMinute(100)).onDenied(denied::add).build();
 * denied.top(10).forEach(hit -> System.out.println(hit.key() + " " + hit.count()));
 * }</pre>
 *
 * <p>{@link #top} has every key that came in more than one of {@code size} of the calls that were counted, whichever
 * threads they came from. A call is counted unless it comes while other threads are at all parts of the sketch.
 *
 * @param <K> the type of the keys
 */
public final class HeavyHitters<K> {

    /*
     * While there are free counters every new key gets one, and the counts are exact. Then a newcomer takes over the
     * counter of the key that came least often, with its count. That is what the newcomer may be overestimated by.
     *
     * The sketch is cut into stripes, so that threads under a flood of calls seldom meet. A thread begins at its own
     * stripe and goes on to the next if that is taken. Its call is dropped if all are. A flag guards a stripe. It is
     * released by a plain write to it, which needs no stack and so cannot fail.
     *
     * Stripes are merged by adding up. For a key that a full stripe does not have, it reports its least count: the key
     * came that often at most, and perhaps never. So no sum is below the truth, nor further above it than its error.
     *
     * Why the top m have every key that came in more than N / m of the N calls counted, for m up to the size s: in a
     * stripe that counted n of them the counts add up to n, so the least is at most n / s if it is full.
     * - Such a key is in some stripe: one that does not have it saw it n / s times at most, in all stripes N / s.
     * - Any m keys have sums that add up to N at most. In each stripe, let every key that it does not have stand for
     *   the counter of a key that is not among the m: there are enough, as m is no more than s, and none has less than
     *   the least count. So what the stripe reports for the m keys is at most n.
     * - If such a key were not in the top m, these would have sums no smaller than its own, each more than N / m.
     */

    private static final int STRIPES = 4;

    /**
     * A key and how often it came.
     *
     * @param key the key
     * @param count how often it came, or more: never less than the calls with it that were counted
     * @param error by how much the count may be too high, at most; no more than one of {@code size} of all calls counted
     * @param <K> the type of the key
     */
    public record Hit<K>(K key, long count, long error) {
        private Hit<K> plus(Hit<K> other) {
            return new Hit<>(key, count + other.count, error + other.error);
        }
    }

    private final List<Stripe<K>> stripes;
    private final int size;

    /**
     * An empty sketch.
     *
     * @param size how many keys each of its four parts can hold, 1 to 10,000; a few times as many as are to be shown
     * @throws IllegalArgumentException if the size is out of range
     */
    public HeavyHitters(int size) {
        if (size < 1 || size > 10_000) {
            throw new IllegalArgumentException("the size must be 1 to 10000, not " + size);
        }
        this.size = size;
        this.stripes = Stream.generate(() -> new Stripe<K>(size)).limit(STRIPES).toList();
    }

    /**
     * Counts a key. If its {@code hashCode} or {@code equals} throws, the call is not counted.
     *
     * @param key the key
     */
    public void add(K key) {
        Objects.requireNonNull(key, "key");
        long own = Thread.currentThread().getId();
        for (int i = 0; i < STRIPES; i++) {
            if (stripes.get((int) ((own + i) & (STRIPES - 1))).tryAdd(key)) {
                return;
            }
        }
    }

    /**
     * The keys that came most often, the most frequent first. Every key that came in more than one of {@code most} of
     * the calls counted is among them, if {@code most} is no more than the size.
     *
     * @param most how many at most, zero or more; no more than the size are returned
     * @return a snapshot of each part of the sketch, one after the other: calls in progress may be counted or not
     * @throws IllegalArgumentException if {@code most} is negative
     */
    public List<Hit<K>> top(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("most must be zero or more, not " + most);
        }
        Map<K, Hit<K>> all = new HashMap<>();
        long absent = 0;
        for (Stripe<K> stripe : stripes) {
            List<Hit<K>> hits = stripe.hits();
            long least = hits.size() < size
                    ? 0
                    : hits.stream().mapToLong(Hit::count).min().orElse(0);
            // For each key here, the other stripes already count as if it were absent; this one adds what it has beyond
            // that.
            for (Hit<K> hit : hits) {
                all.merge(hit.key, new Hit<>(hit.key, hit.count - least, hit.error - least), Hit::plus);
            }
            absent += least;
        }
        long everywhere = absent;
        return all.values().stream()
                .map(hit -> new Hit<>(hit.key, hit.count + everywhere, hit.error + everywhere))
                .sorted(Comparator.<Hit<K>>comparingLong(Hit::count).reversed())
                .limit(Math.min(most, size))
                .toList();
    }

    /** Removes all keys and counts. */
    public void clear() {
        stripes.forEach(Stripe::clear);
    }

    /** A part of the sketch. One thread at a time counts here. */
    private static final class Stripe<K> {

        private static final class Counter<K> {
            K key;
            long count;
            long error;

            Counter(K key) {
                this.key = key;
            }
        }

        /**
         * The pause between two attempts to take a stripe that must be taken: as a rule it is free within a
         * microsecond.
         */
        private static final long NAP_NANOS = 10_000;

        private static final VarHandle TAKEN;

        static {
            try {
                TAKEN = MethodHandles.lookup().findVarHandle(Stripe.class, "taken", boolean.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private final int size;
        private final List<Counter<K>> counters = new ArrayList<>();

        /**
         * The counters by key. Null if a change threw, as the interrupted map may have lost any key; the next change
         * makes it again.
         */
        private @Nullable Map<K, Counter<K>> byKey = new HashMap<>();

        /** Whether a thread has this stripe, and so may read and write the other fields. Set by CAS. */
        private volatile boolean taken;

        Stripe(int size) {
            this.size = size;
        }

        boolean tryAdd(K key) {
            if (!tryTake()) {
                return false;
            }
            try {
                add(key);
            } finally {
                taken = false;
            }
            return true;
        }

        private boolean tryTake() {
            return !taken && TAKEN.compareAndSet(this, false, true);
        }

        private void take() {
            while (!tryTake()) {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }

        /** Changes the counters last, when nothing can throw any more. */
        private void add(K key) {
            Map<K, Counter<K>> index = byKey == null ? index() : byKey;
            Counter<K> counter = index.get(key);
            if (counter == null) {
                byKey = null;
                counter = counters.size() < size ? newCounter(index, key) : leastCounter(index, key);
            }
            byKey = index;
            counter.count++;
        }

        private Map<K, Counter<K>> index() {
            Map<K, Counter<K>> index = new HashMap<>();
            for (Counter<K> counter : counters) {
                index.put(counter.key, counter);
            }
            return index;
        }

        private Counter<K> newCounter(Map<K, Counter<K>> index, K key) {
            Counter<K> counter = new Counter<>(key);
            index.put(key, counter);
            counters.add(counter);
            return counter;
        }

        private Counter<K> leastCounter(Map<K, Counter<K>> index, K key) {
            Counter<K> least = counters.get(0);
            for (Counter<K> counter : counters) {
                least = counter.count < least.count ? counter : least;
            }
            index.remove(least.key);
            index.put(key, least);
            least.key = key;
            least.error = least.count;
            return least;
        }

        List<Hit<K>> hits() {
            take();
            try {
                return counters.stream()
                        .map(counter -> new Hit<>(counter.key, counter.count, counter.error))
                        .toList();
            } finally {
                taken = false;
            }
        }

        void clear() {
            take();
            try {
                byKey = null;
                counters.clear();
            } finally {
                taken = false;
            }
        }
    }
}
