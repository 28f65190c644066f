package io.headgate.map;

import static java.util.Objects.requireNonNull;

import io.headgate.internal.StackProbe;
import java.security.SecureRandom;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A concurrent map for keys that are looked up far more often than they come and go.
 *
 * <pre>{@code
 * ReadOptimizedMap<String, Integer> seats = new ReadOptimizedMap<>();
 * seats.store("ann", 12);
 * seats.load("ann");                  // 12
 * seats.loadOrStore("ann", 7);        // 12: she has one
 * seats.compareAndDelete("ann", 7);   // false: it is another one
 * }</pre>
 *
 * <p><b>Locks.</b> The map consists of segments. A key that was added <dfn>settles</dfn> after a while. Looking up a
 * settled key or replacing its value takes no lock, and a look-up allocates nothing unless more than eight keys share
 * its hash code. Operations on a key that has not settled take the lock of its segment, and so does asking for an
 * absent key while the segment has such keys. Adding a key always takes the lock, deleting one now and then. The keys
 * of a segment settle once keys that have not settled were asked for as often as the segment has keys, or when a
 * {@link #range}, a {@link #walk} or an iterator comes to it.
 *
 * <p><b>Costs.</b> An operation on one key costs O(1). If n keys share its hash code it costs O(log n) where they are
 * mutually {@link Comparable}, else O(n). That is amortized over all operations, with an exception: after a range, a
 * walk or an iterator has settled a segment, the first new key copies it. So code that stores new keys and starts
 * ranges in turn has a segment copied each time. A segment has at most 16,384 keys, if hash codes are distinct and the
 * map is not larger than expected, nor than 800 million.
 *
 * <p><b>Deleted keys</b> are kept for a while. While no operation is in progress, those of a segment outnumber its live
 * ones by at most 16, and none are left once it has no live one. If dropping them fails, as it may for want of memory,
 * the next deletion tries again. Values are released as soon as they are deleted or replaced, except for the last one
 * that a walk or iterator has met.
 *
 * <p><b>Threads.</b> Safe for use by any number of threads. Every operation on one key is atomic: it takes effect at
 * one instant between its call and its return. What a thread did before it stored a value is visible to every thread
 * that then sees this value. Null keys and null values throw a {@link NullPointerException}. Each map spreads keys with
 * a seed of its own, so no attacker can choose keys that meet in one slot, unless their hash codes are equal.
 *
 * <p>If an operation on one key throws, because {@code equals}, {@code hashCode} or {@code compareTo} did or because
 * memory is short, it has changed nothing.
 *
 * @param <K> the type of the keys, which must not change in a way that {@code equals} or {@code hashCode} would notice
 * @param <V> the type of the values
 */
public final class ReadOptimizedMap<K, V> {

    /*
     * A key's hash code is mixed into 32 bits. The upper ones pick the segment, the lower ones the slot in its tables.
     * All concurrency is inside the segments: see the notes in Segment and Entry.
     *
     * A hit goes from the published slots to the entry to the value. Going through the segment and its read table would
     * be two more reads that depend on each other, a tenth of the time of a hit among a million keys.
     */

    /** Expected entries of a segment: a quarter below 16,384, so that chance does not lift any above it. */
    private static final long ENTRIES_PER_SEGMENT = 12_288;

    /** Bytes of stack: more than it takes to remove a function from {@link #watched}. */
    private static final int STACK = 2048;

    private static final int FEWEST_SEGMENTS = 16;
    private static final int MOST_SEGMENTS = 1 << 16;

    private final Segment[] segments;

    /**
     * The slots of each segment's read table. Read by any thread, written by the segments. They may be about to be
     * replaced: an entry found here that is not expunged is the right one; for anything else ask the segment.
     */
    private final AtomicReferenceArray<@Nullable Entry[]> published;

    private final int segmentShift;
    private final long addend;
    private final long multiplier;
    private final ConcurrentMap<K, V> view = new MapView<>(this);

    /** The functions that run now: see {@link #watched}. As a rule empty. */
    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();

    private record Watched(Thread thread, Object key) {}

    /** An empty map for up to some 200,000 keys. With more it is as correct, but copies more at a time. */
    public ReadOptimizedMap() {
        this(0);
    }

    /**
     * An empty map.
     *
     * @param expectedSize how many keys there may be, zero or more; decides the number of segments and is no limit
     * @throws IllegalArgumentException if the expected size is negative
     */
    public ReadOptimizedMap(long expectedSize) {
        this(expectedSize, new SecureRandom().nextLong());
    }

    /**
     * An empty map that spreads its keys by a given seed, for programs that must repeat themselves exactly. An attacker
     * who knows the seed can choose keys that meet in one slot, so keep it secret where keys come from strangers.
     *
     * @param expectedSize how many keys there may be, zero or more; decides the number of segments and is no limit
     * @param seed any number
     * @throws IllegalArgumentException if the expected size is negative
     */
    public ReadOptimizedMap(long expectedSize, long seed) {
        if (expectedSize < 0) {
            throw new IllegalArgumentException("expectedSize is " + expectedSize + ", must be zero or more");
        }
        int count = FEWEST_SEGMENTS;
        while (count < MOST_SEGMENTS && expectedSize / count >= ENTRIES_PER_SEGMENT) {
            count *= 2;
        }
        segments = new Segment[count];
        published = new AtomicReferenceArray<>(count);
        for (int i = 0; i < count; i++) {
            segments[i] = new Segment(published, i);
        }
        segmentShift = Integer.numberOfLeadingZeros(count) + 1;
        SplittableRandom random = new SplittableRandom(seed);
        addend = random.nextLong();
        multiplier = random.nextLong() | 1;
    }

    /**
     * Returns the value of a key.
     *
     * @param key the key
     * @return its value, null if it is absent
     */
    public @Nullable V load(K key) {
        return value(loadObject(key));
    }

    /**
     * Maps a key to a value.
     *
     * @param key the key
     * @param value its value from now on
     */
    public void store(K key, V value) {
        swap(key, value);
    }

    /**
     * Maps a key to a value and returns the value before.
     *
     * @param key the key
     * @param value its value from now on
     * @return the value before, null if it was absent
     */
    public @Nullable V swap(K key, V value) {
        return value(update(key, UpdateCondition.ALWAYS, null, requireNonNull(value, "value")));
    }

    /**
     * Returns the value of a key. If the key is absent, maps it to the given value.
     *
     * @param key the key
     * @param value its value from now on if it has none
     * @return the value that the key had, else the given one
     */
    public V loadOrStore(K key, V value) {
        V existing = value(update(key, UpdateCondition.IF_ABSENT, null, requireNonNull(value, "value")));
        return existing == null ? value : existing;
    }

    /**
     * Deletes a key and returns its value.
     *
     * @param key the key
     * @return the value before, null if it was absent
     */
    public @Nullable V loadAndDelete(K key) {
        return value(update(key, UpdateCondition.IF_PRESENT, null, null));
    }

    /**
     * Deletes a key.
     *
     * @param key the key
     * @return whether it was there
     */
    public boolean delete(K key) {
        return update(key, UpdateCondition.IF_PRESENT, null, null) != null;
    }

    /**
     * Replaces the value of a key if it equals the one expected.
     *
     * @param key the key
     * @param expected what its value must be equal to
     * @param updated its value from then on
     * @return whether it was replaced
     */
    public boolean compareAndSwap(K key, V expected, V updated) {
        requireNonNull(expected, "expected");
        return update(key, UpdateCondition.IF_EQUAL, expected, requireNonNull(updated, "updated")) != null;
    }

    /**
     * Deletes a key if its value equals the one expected.
     *
     * @param key the key
     * @param expected what its value must be equal to
     * @return whether it was deleted
     */
    public boolean compareAndDelete(K key, V expected) {
        return update(key, UpdateCondition.IF_EQUAL, requireNonNull(expected, "expected"), null) != null;
    }

    /**
     * Shows the keys and their values to a visitor, until it answers false.
     *
     * <p>This is no snapshot. A key that is present all the time is visited exactly once, a key that comes or goes
     * meanwhile at most once, with a value that it had during the call. The visitor runs without a lock and may use the
     * map in any way, also call {@code range}. Allocates nothing per entry.
     *
     * @param visitor receives key and value; false ends the range
     */
    public void range(BiPredicate<? super K, ? super V> visitor) {
        requireNonNull(visitor, "visitor");
        Cursor cursor = cursor();
        for (Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (!visitor.test(key(entry), visited(cursor))) {
                return;
            }
        }
    }

    /**
     * Begins a walk over the mappings, which can be interrupted and continued.
     *
     * @return the walk, before the first mapping; made in O(1)
     */
    public Walk<K, V> walk() {
        return new Walk<>(this);
    }

    /** Deletes all keys, one segment after another. A key that is stored meanwhile may stay or not. */
    public void clear() {
        if (watched.stream().anyMatch(function -> function.thread() == Thread.currentThread())) {
            throw new IllegalStateException("Recursive update: a function changes the value of its own key");
        }
        for (Segment segment : segments) {
            segment.clear();
        }
    }

    /**
     * Returns the number of keys, exact while no operation is in progress. It adds up one count per segment, which is
     * raised after a key came and lowered after it went. So it may lag by the operations in progress, and may never
     * have been the number at any instant.
     *
     * @return zero or more
     */
    public long size() {
        long size = 0;
        for (Segment segment : segments) {
            size += segment.live();
        }
        return Math.max(0, size);
    }

    /**
     * Returns a live view that keeps the whole contract of a concurrent map.
     *
     * <p>Iterators are weakly consistent, support {@code remove}, are made in O(1), and see a key at most once.
     *
     * <p>The functions given to {@code compute}, {@code computeIfAbsent}, {@code computeIfPresent}, {@code merge} and
     * {@code replaceAll} run without a lock, and again if another thread has changed the value meanwhile. The result
     * takes effect only if the value still is the very object that the function was given. If the function throws,
     * nothing changes. If a function changes the value of its own key, again and again, it gets an
     * {@link IllegalStateException}.
     *
     * @return the same view every time
     */
    public ConcurrentMap<K, V> asMap() {
        return view;
    }

    /** {@link #load} for any object that a caller of the view passes as a key. */
    @Nullable
    Object loadObject(Object key) {
        int hash = mix(requireNonNull(key, "key").hashCode());
        int index = hash >>> segmentShift;
        Entry entry = Table.find(published.get(index), key, hash);
        if (entry != null) {
            Object value = entry.value();
            if (value != Entry.EXPUNGED) {
                return value;
            }
        }
        return segments[index].load(key, hash);
    }

    /** Updates a value: see {@link Segment#update(Object, int, UpdateCondition, Object, Object)}. */
    @Nullable
    Object update(Object key, UpdateCondition condition, @Nullable Object expected, @Nullable Object updated) {
        if (!watched.isEmpty()) {
            requireNoRecursion(key);
        }
        int hash = mix(requireNonNull(key, "key").hashCode());
        return segments[hash >>> segmentShift].update(key, hash, condition, expected, updated);
    }

    /** Applies a function, and throws if it changes the value of its own key. */
    @Nullable
    V watched(K key, @Nullable V seen, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
        StackProbe.require(STACK);
        Watched mark = new Watched(Thread.currentThread(), key);
        boolean outer = !watched.add(mark);
        try {
            return function.apply(key, seen);
        } finally {
            if (!outer) {
                watched.remove(mark);
            }
        }
    }

    private void requireNoRecursion(Object key) {
        if (watched.contains(new Watched(Thread.currentThread(), key))) {
            throw new IllegalStateException("Recursive update: a function changes the value of its own key");
        }
    }

    Cursor cursor() {
        return new Cursor(segments);
    }

    Segment[] segments() {
        return segments;
    }

    /** Multiply-add with a secret, which maps any two hash codes differently in each map, then spread to all bits. */
    private int mix(int hashCode) {
        long product = (hashCode + addend) * multiplier;
        return (int) (((product ^ (product >>> 32)) * 0x9E3779B97F4A7C15L) >>> 32);
    }

    /** The key of an entry. Only callers of this map put keys there. */
    @SuppressWarnings("unchecked")
    K key(Entry entry) {
        return (K) entry.key;
    }

    /** A value of an entry. Only callers of this map put values there. */
    @SuppressWarnings("unchecked")
    @Nullable
    V value(@Nullable Object value) {
        return (V) value;
    }

    /** The value that a cursor stopped at. */
    V visited(Cursor cursor) {
        return requireNonNull(value(cursor.value()));
    }
}
