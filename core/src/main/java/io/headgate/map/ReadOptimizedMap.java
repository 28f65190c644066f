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
 * <p>Looking up or replacing the value of a settled key takes no lock, and looking it up allocates nothing unless more
 * than eight keys share its hash code. A key settles once keys of its segment that have not settled were asked for as
 * often as it has keys, or when a {@link #range}, a {@link #walk} or an iterator comes to the segment. Until then
 * operations on it take the lock of its segment, and so does asking for a key that is absent; adding a key always does,
 * deleting one does now and then.
 *
 * <p>An operation on one key costs O(1), or O(log n) if n keys share its hash code and are mutually {@link Comparable}, or
 * O(n) if they are not: amortized over all operations, except that the first key that comes to a segment after a range, a
 * walk or an iterator has settled its keys copies the segment. So whoever stores new keys and begins to range in turn has
 * the same segment copied again and again. A segment has at most 16,384 keys while the map is not larger than expected, nor than 800 million,
 * and hash codes are distinct.
 *
 * <p>Deleted keys are kept for a while. While no operation is under way, those of a segment do not outnumber its live ones
 * by more than 16, and none are left when it has no live one; unless dropping them failed, as it may for want of memory:
 * then the next deletion tries again. Values are let go as soon as they are deleted or replaced, but for the last one that
 * a walk or iterator has met.
 *
 * <p>Safe for use by any number of threads. Every operation on one key is atomic: it takes effect at one instant
 * between its call and its return. What a thread did before it stored a value is visible to every thread that
 * then sees this value. Neither null keys nor null values are allowed: they are refused with a
 * {@link NullPointerException}. Keys are spread with a seed of each map's own, so that nobody can choose keys that
 * meet in one slot unless their hash codes are equal.
 *
 * <p>An operation on one key that throws, because {@code equals}, {@code hashCode} or {@code compareTo} did or because
 * memory is short, has changed nothing.
 *
 * @param <K> the type of the keys, which must not change in a way that {@code equals} or {@code hashCode} would notice
 * @param <V> the type of the values
 */
public final class ReadOptimizedMap<K, V> {

    /*
     * A key's hash code is mixed into 32 bits; the upper ones pick the segment, the lower ones the slot in its tables.
     * All concurrency is inside the segments: see the notes in Segment and Entry.
     *
     * A hit goes from the published slots to the entry to the value. Going through the segment and its read table would
     * be two more reads that wait for each other, a tenth of the time of a hit among a million keys.
     */

    /** Expected entries of a segment: a quarter below 16,384, so that chance does not lift any above it. */
    private static final long ENTRIES_PER_SEGMENT = 12_288;

    /** Bytes: more than it takes to forget that a function is watched. */
    private static final int STACK = 2048;

    private static final int FEWEST_SEGMENTS = 16;
    private static final int MOST_SEGMENTS = 1 << 16;

    private final Segment[] segments;

    /**
     * The slots of each segment's read table. Read by anyone, written by the segments. They may be about to be
     * replaced: an entry found here that is not expunged is the right one, anything else must be asked of the segment.
     */
    private final AtomicReferenceArray<@Nullable Entry[]> published;

    private final int segmentShift;
    private final long addend;
    private final long multiplier;
    private final ConcurrentMap<K, V> view = new MapView<>(this);

    /** The functions that are watched: see {@link #watched}. As a rule empty. */
    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();

    private record Watched(Thread thread, Object key) {}

    /** An empty map for up to some 200,000 keys; with more it is as correct, but copies more at a time. */
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
     * An empty map that spreads its keys by a given seed, for those who must repeat themselves exactly. Whoever knows the
     * seed can choose keys that meet in one slot, so keep it secret where keys come from strangers.
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
     * Maps a key to a value and tells what it was mapped to.
     *
     * @param key the key
     * @param value its value from now on
     * @return the value before, null if it was absent
     */
    public @Nullable V swap(K key, V value) {
        return value(update(key, UpdateCondition.ALWAYS, null, requireNonNull(value, "value")));
    }

    /**
     * Returns the value of a key, which is mapped to the one given if it is absent.
     *
     * @param key the key
     * @param value its value from now on if it has none
     * @return the value it has already, else the one given
     */
    public V loadOrStore(K key, V value) {
        V existing = value(update(key, UpdateCondition.IF_ABSENT, null, requireNonNull(value, "value")));
        return existing == null ? value : existing;
    }

    /**
     * Deletes a key and tells what it was mapped to.
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
     * <p>No snapshot: a key that is there all the time is visited exactly once, one that comes or goes meanwhile at
     * most once, with a value that it had during the walk. The visitor runs without a lock and may do anything with
     * the map, ranging over it included. Allocates nothing per entry.
     *
     * @param visitor receives key and value; false ends the walk
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
     * Begins a walk over the mappings that can be left and taken up again.
     *
     * @return the walk, before the first mapping; made in O(1)
     */
    public Walk<K, V> walk() {
        return new Walk<>(this);
    }

    /**
     * Deletes all keys, segment after segment: one that is stored meanwhile may stay or not.
     */
    public void clear() {
        if (watched.stream().anyMatch(function -> function.thread() == Thread.currentThread())) {
            throw new IllegalStateException("Recursive update: a function changes the value of its own key");
        }
        for (Segment segment : segments) {
            segment.clear();
        }
    }

    /**
     * Returns the number of keys, exact while no operation is under way. It adds up one count for each segment, which is
     * raised after a key came and lowered after it went: so it may lag by the operations under way, and never have been
     * the number at any instant.
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
     * <p>Iterators are weakly consistent, support {@code remove}, are made in O(1), and see a key at most once. The
     * functions given to {@code compute}, {@code computeIfAbsent}, {@code computeIfPresent}, {@code merge} and
     * {@code replaceAll} run without a lock, and again if another thread changed the value meanwhile; the result takes
     * effect only if the value still is the very object the function was given. If it throws, nothing changes. A function
     * that changes the value of its key itself, again and again, gets an {@link IllegalStateException} for it.
     *
     * @return the same view every time
     */
    public ConcurrentMap<K, V> asMap() {
        return view;
    }

    /** {@link #load} for whatever a caller of the view takes for a key. */
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
            refuseRecursion(key);
        }
        int hash = mix(requireNonNull(key, "key").hashCode());
        return segments[hash >>> segmentShift].update(key, hash, condition, expected, updated);
    }

    /** Applies a function and lets nothing be changed for its key by it. */
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

    private void refuseRecursion(Object key) {
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

    /** Multiply-add with a secret, which hits any two hash codes differently in each map, then spread to all bits. */
    private int mix(int hashCode) {
        long product = (hashCode + addend) * multiplier;
        return (int) (((product ^ (product >>> 32)) * 0x9E3779B97F4A7C15L) >>> 32);
    }

    /** The key of an entry, which no one but this map's callers put there. */
    @SuppressWarnings("unchecked")
    K key(Entry entry) {
        return (K) entry.key;
    }

    /** A value out of an entry, which no one but this map's callers put there. */
    @SuppressWarnings("unchecked")
    @Nullable
    V value(@Nullable Object value) {
        return (V) value;
    }

    /** The value a cursor stopped at. */
    V visited(Cursor cursor) {
        return requireNonNull(value(cursor.value()));
    }
}
