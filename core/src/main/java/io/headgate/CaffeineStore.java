package io.headgate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Buckets of keys of any type in a Caffeine cache, which evicts by use: {@link Overflow#EVICT}. */
final class CaffeineStore<K> extends BucketStore<K> {

    /*
     * A key is evicted in one of two ways.
     *
     * A sweep evicts as MapStore does: all states full, the watermark raised, the first state full → RETIRED, the row
     * unlinked. Nobody is forgiven.
     *
     * The cache evicts whom it finds least used, whatever the row owes, and no state says so. A call that holds the row
     * goes on to charge it in vain, and the key's next row is full.
     */

    /** What a key takes: an entry of the map, its slots in two tables, the cache's node, its counters in the sketch. */
    private static final long CACHE_BYTES_PER_KEY = 32 + 12 + 32 + 16;

    private static final long ARRAY_HEADER_BYTES = 16;
    /** A cache without keys. */
    private static final long CACHE_BYTES = 4_000;

    private final long maxKeys;
    private final Cache<K, long[]> rows;
    private final Policy<K, long[]> policy;
    private final Function<K, long[]> newRow;
    private final EvictionWatermark watermark;
    private final LongAdder evicted = new LongAdder();

    CaffeineStore(String limiter, TokenBucket[] buckets, Ticker ticker, long maxKeys) {
        super(limiter, buckets, ticker, null, 1);
        this.maxKeys = maxKeys;
        this.watermark = newWatermark();
        this.rows = Caffeine.newBuilder()
                .maximumSize(maxKeys)
                .executor(
                        Runnable::run) // the caller evicts: no thread of others, and hardly more keys than the maximum
                .evictionListener((key, row, cause) -> evicted.increment())
                .build();
        this.policy = rows.policy();
        this.newRow = key -> newRow();
    }

    /** Makes the row if the operation needs one: a call that looked again might find it evicted, again and again. */
    @Override
    int apply(K key, Operation operation, long permits, long now, long @Nullable [] states) {
        for (; ; ) {
            long[] row = row(key, operation);
            if (row == null) {
                return ABSENT;
            }
            int result = isRetired(row) ? ABSENT : applyTo(row, 0, NO_ROW_KEY, key, operation, permits, now, states);
            if (result != ABSENT) {
                return result;
            }
            unlink(key, row); // the thread that retired it may be asleep
        }
    }

    private long @Nullable [] row(K key, Operation operation) {
        return switch (operation) {
            case TAKE, CHARGE, OWE -> rows.get(key, newRow);
            case LOOK -> policy.getIfPresentQuietly(key); // not a use
            case REFUND, GIVE_BACK, UNDO, RESET -> rows.getIfPresent(key);
        };
    }

    @Override
    long asOf(K key, long now) {
        return watermark.notBefore(now);
    }

    @Override
    boolean insert(K key, boolean mayEvict, long now) {
        rows.asMap().putIfAbsent(key, newRow());
        return true;
    }

    @Override
    boolean hasRoom(K key, long now) {
        return true;
    }

    /** Evicts a key if all its buckets are full. */
    private boolean evict(K key, long[] row, long now) {
        long first = settled(row, 0, buckets[0], now);
        if (first != TokenBucket.RETIRED) {
            if (!isFull(row, first, now)) {
                return false;
            }
            watermark.raise(now);
            if (!compareAndSetState(row, 0, first, TokenBucket.RETIRED)) {
                return false;
            }
        }
        return unlink(key, row);
    }

    private boolean unlink(K key, long[] row) {
        boolean unlinked = rows.asMap().remove(key, row);
        if (unlinked) {
            evicted.increment();
        }
        return unlinked;
    }

    /** {@inheritDoc} And more, while calls are under way: a newcomer comes first, then another key goes. */
    @Override
    long size() {
        return rows.estimatedSize();
    }

    @Override
    long evicted() {
        return evicted.sum();
    }

    @Override
    long presentBytes() {
        return bytes(size());
    }

    @Override
    long memoryBytes() {
        return bytes(maxKeys);
    }

    private long bytes(long keys) {
        return CACHE_BYTES + keys * (CACHE_BYTES_PER_KEY + ARRAY_HEADER_BYTES + (long) buckets.length * Long.BYTES);
    }

    @Override
    SweepCursor sweepCursor() {
        Iterator<Map.Entry<K, long[]>> all = rows.asMap().entrySet().iterator();
        return new SweepCursor() {

            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public int evict(long now, int most) {
                int count = 0;
                for (int i = 0; i < most && all.hasNext(); i++) {
                    Map.Entry<K, long[]> met = all.next();
                    count += CaffeineStore.this.evict(met.getKey(), met.getValue(), now) ? 1 : 0;
                }
                return count;
            }

            @Override
            public void rest() {
                // keeps the entry that comes next, which may have been evicted, until the next slice
            }
        };
    }
}
