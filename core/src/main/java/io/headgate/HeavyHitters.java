package io.headgate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The keys that came most often, found in a fixed amount of memory however many keys there are: Metwally, Agrawal and
 * El Abbadi's <em>space-saving</em> sketch. With {@code size} places, a key that came in more than one of
 * {@code size} calls is among them. Thread-safe; never blocks.
 *
 * @param <K> the type of the keys
 */
public final class HeavyHitters<K> {

    /*
     * While there are free places every new key gets one, and the counts are exact. Then a newcomer takes the place of
     * the key that came least often, with its count, which is what it may be overestimated by.
     *
     * The sketch is cut into stripes, so that threads which are flooded at once seldom meet: a thread keeps to its own.
     * A call that finds its stripe taken is dropped instead of made to wait; only a flood loses some, and a flood shows
     * anyway. The map and the places of a stripe are guarded by its lock.
     */

    private static final int STRIPES = 4;

    /**
     * A key and how often it came.
     *
     * @param key the key
     * @param count about how often: what it misses are calls that were dropped, and a share of a rare key that came by
     *     several threads
     * @param error by how much the count may be too high, at most
     * @param <K> the type of the key
     */
    public record Hit<K>(K key, long count, long error) {}

    private final List<Stripe<K>> stripes;
    private final int size;

    /**
     * A sketch that nobody has come to yet.
     *
     * @param size how many keys it can hold, 1 to 10,000; a few times as many as are to be shown
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
     * Counts a key.
     *
     * @param key the key
     */
    public void add(K key) {
        stripes.get((int) (Thread.currentThread().getId() & (STRIPES - 1))).tryAdd(key);
    }

    /**
     * The keys that came most often, the most frequent first.
     *
     * @param most how many at most
     * @return a snapshot
     */
    public List<Hit<K>> top(int most) {
        Map<K, Hit<K>> all = new HashMap<>();
        for (Stripe<K> stripe : stripes) {
            for (Hit<K> hit : stripe.hits()) {
                all.merge(hit.key, hit, (a, b) -> new Hit<>(a.key, a.count + b.count, a.error + b.error));
            }
        }
        return all.values().stream()
                .sorted(Comparator.<Hit<K>>comparingLong(Hit::count).reversed())
                .limit(Math.min(most, size))
                .toList();
    }

    /** Forgets everything. */
    public void clear() {
        stripes.forEach(Stripe::clear);
    }

    /** One thread at a time counts here. */
    private static final class Stripe<K> {

        private static final class Place<K> {
            K key;
            long count;
            long error;

            Place(K key) {
                this.key = key;
            }
        }

        private final ReentrantLock lock = new ReentrantLock();
        private final int size;
        private final Map<K, Place<K>> byKey = new HashMap<>();
        private final List<Place<K>> places = new ArrayList<>();

        Stripe(int size) {
            this.size = size;
        }

        void tryAdd(K key) {
            if (lock.tryLock()) {
                try {
                    add(key);
                } finally {
                    lock.unlock();
                }
            }
        }

        private void add(K key) {
            Place<K> place = byKey.get(key);
            if (place == null) {
                place = places.size() < size ? newPlace(key) : leastPlace(key);
                byKey.put(key, place);
            }
            place.count++;
        }

        private Place<K> newPlace(K key) {
            Place<K> place = new Place<>(key);
            places.add(place);
            return place;
        }

        private Place<K> leastPlace(K key) {
            Place<K> least = places.get(0);
            for (Place<K> place : places) {
                least = place.count < least.count ? place : least;
            }
            byKey.remove(least.key);
            least.key = key;
            least.error = least.count;
            return least;
        }

        List<Hit<K>> hits() {
            lock.lock();
            try {
                return places.stream()
                        .map(place -> new Hit<>(place.key, place.count, place.error))
                        .toList();
            } finally {
                lock.unlock();
            }
        }

        void clear() {
            lock.lock();
            try {
                byKey.clear();
                places.clear();
            } finally {
                lock.unlock();
            }
        }
    }
}
