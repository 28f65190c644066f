package io.headgate;

import io.headgate.internal.StackProbe;
import io.headgate.map.ReadOptimizedMap;
import io.headgate.map.Walk;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Buckets of keys of any type: an array of states per key, in a map. */
final class MapStore<K> extends BucketStore<K> {

    /*
     * The first state of a key tells about all its buckets:
     *
     *   NEW      → inserted, not charged yet
     *   a time   → charged; every charge of the key begins with this state
     *   RETIRED  → final: all states were full when it was written; the array is unlinked, or the next thread to meet it does so
     *
     * A key is evicted by one CAS of its first state, full → RETIRED, after all its states and its cell were seen to be
     * full. The CAS compares the first state only, and that is enough. A take moves the first state before any other.
     * Every other operation moves the first state, too, and last, and starts over if it is RETIRED. A thread may take
     * from the first state, sleep until all are full again, and then take from the second one in an array that no
     * thread finds any more. It has lost nothing either: the first limit refills most slowly, so all that was ever
     * admitted from these buckets had been earned back by then. An array belongs to one key for ever, so no other key
     * is charged.
     *
     * A thread may read the clock, sleep while its key is spent, refilled and evicted, and then charge a new bucket as
     * of its old reading. At that reading the permit would cost nothing. So an eviction raises the watermark to its own
     * reading before it retires, and a NEW bucket is charged as of the watermark, if that is later. For the same reason
     * a clock that steps back by at most a minute, or the longest refill, earns no key a permit.
     */

    /** How many keys a newcomer without room looks at. It evicts those whose buckets are full. */
    private static final int CANDIDATES = 8;
    /** Bytes of stack: more than it takes to unlink a key or to give back what it reserved. */
    private static final int STACK = 2048;

    /** An entry of the map, and its slots in a table and in a copy of the table, both as empty as tables get. */
    private static final int MAP_BYTES_PER_KEY = 24 + 2 * 32;

    private static final int ARRAY_HEADER_BYTES = 16;

    /** A map without keys: its segments, one for each 12,288 keys that may come, or up to two. */
    private static final int MAP_BYTES = 3_000;

    private static final int KEYS_PER_MAP_BYTE = 80;

    private final long maxKeys;
    private final ReadOptimizedMap<K, long[]> map;
    /** Keys in the map and keys about to be. Raised before an insert, by CAS below maxKeys; lowered after a removal. */
    private final AtomicLong reserved = new AtomicLong();

    private final EvictionWatermark watermark;
    private final LongAdder evicted = new LongAdder();

    /** Where the candidates begin, as in CLOCK. Guarded by its own monitor, as the scout is. At rest between uses. */
    private final Walk<K, long[]> hand;
    /** Goes ahead of the hand, to the candidates. At rest, except while it evicts. */
    private final Walk<K, long[]> scout;

    MapStore(
            String limiter,
            TokenBucket[] buckets,
            Ticker ticker,
            @Nullable SharedBuckets<K> shared,
            long maxKeys,
            RandomGenerator random) {
        super(limiter, buckets, ticker, shared, 1);
        this.maxKeys = maxKeys;
        this.map = new ReadOptimizedMap<>(maxKeys, random.nextLong());
        this.watermark = newWatermark();
        this.hand = map.walk();
        this.scout = map.walk();
    }

    @Override
    int apply(K key, Operation operation, long permits, long now, long @Nullable [] states) {
        long[] row = map.load(key);
        if (row == null) {
            return ABSENT;
        }
        int result = isRetired(row) ? ABSENT : applyTo(row, 0, NO_ROW_KEY, key, operation, permits, now, states);
        if (result == ABSENT) {
            StackProbe.require(STACK);
            if (map.compareAndDelete(key, row)) { // the thread that retired it may be asleep
                unlinked();
            }
        }
        return result;
    }

    @Override
    long asOf(K key, long now) {
        return watermark.notBefore(now);
    }

    @Override
    boolean insert(K key, boolean mayEvict, long now) {
        StackProbe.require(STACK);
        if (growth.isPaused(now) || !reserve(mayEvict, now)) {
            return map.load(key) != null; // another thread may have found room for it
        }
        boolean stored = false;
        try {
            long[] row = newRow();
            stored = map.loadOrStore(key, row) == row;
            return true;
        } catch (OutOfMemoryError e) {
            growth.failed(e, now);
            return false;
        } finally {
            if (!stored) {
                reserved.decrementAndGet();
            }
            growth.warn();
        }
    }

    @Override
    boolean hasRoom(K key, long now) {
        if (growth.isPaused(now)) {
            return false;
        }
        if (reserved.get() < maxKeys) {
            return true;
        }
        StackProbe.require(STACK);
        return evictCandidates(now, false);
    }

    private boolean reserve(boolean mayEvict, long now) {
        for (; ; ) {
            long taken = reserved.get();
            if (taken < maxKeys) {
                if (reserved.compareAndSet(taken, taken + 1)) {
                    return true;
                }
            } else if (!mayEvict || !evictCandidates(now, true)) {
                return false;
            }
        }
    }

    /**
     * Evicts what is full among the candidates: a bounded piece of work. If nothing is, the hand moves on for a
     * newcomer that wants a row, and not when a caller only asks, since asking twice has one answer.
     */
    private boolean evictCandidates(long now, boolean movesOn) {
        synchronized (hand) {
            boolean any = false;
            try {
                scout.moveTo(hand);
                if (!movesOn) {
                    scout.settle(); // or the next look-up might settle them, and asking twice would meet other keys
                }
                for (int keys = 0, rounds = 0; keys < CANDIDATES && rounds < 2; ) {
                    if (scout.next()) {
                        any |= evict(scout, now);
                        keys++;
                    } else {
                        rounds++;
                    }
                }
            } finally {
                scout.rest();
            }
            if (any || movesOn) {
                hand.moveTo(scout);
            }
            return any;
        }
    }

    /** Evicts the key that the walk has met, if all its buckets are full. */
    private boolean evict(Walk<K, long[]> met, long now) {
        long[] row = met.value();
        return retire(met.key(), row, watermark, now) && met.delete(row) && unlinked();
    }

    private boolean unlinked() {
        reserved.decrementAndGet();
        evicted.increment();
        return true;
    }

    @Override
    long size() {
        return reserved.get();
    }

    @Override
    long evicted() {
        return evicted.sum();
    }

    @Override
    long presentBytes() {
        return bytes(reserved.get());
    }

    @Override
    long memoryBytes() {
        return bytes(maxKeys);
    }

    private long bytes(long keys) {
        return MAP_BYTES
                + maxKeys / KEYS_PER_MAP_BYTE
                + keys * (MAP_BYTES_PER_KEY + ARRAY_HEADER_BYTES + (long) buckets.length * Long.BYTES);
    }

    @Override
    SweepCursor sweepCursor() {
        Walk<K, long[]> walk = map.walk();
        return new SweepCursor() {

            private boolean ended;

            @Override
            public boolean hasNext() {
                return !ended;
            }

            @Override
            public int evict(long now, int most) {
                StackProbe.require(STACK);
                int count = 0;
                for (int i = 0; i < most && !ended; i++) {
                    ended = !walk.next();
                    if (ended) {
                        growth.resume();
                    }
                    count += !ended && MapStore.this.evict(walk, now) ? 1 : 0;
                }
                return count;
            }

            @Override
            public void rest() {
                walk.rest();
            }
        };
    }
}
