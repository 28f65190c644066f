package io.headgate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Buckets of keys of any type in a Caffeine cache, which evicts by use: {@link Overflow#EVICT}. */
final class CaffeineStore<K> extends BucketStore<K> {

    /*
     * A sweep evicts as that of MapStore: a row is full, then RETIRED, then unlinked, and nobody is forgiven. The cache evicts
     * whom it finds least used, whatever the row owes, and no state says so: a call that holds the row charges it in vain.
     */

    /** A key's entry of the map, its node, and the header of its row. */
    private static final long BYTES_PER_KEY = 32 + 32 + 16;
    /** Its slots in the map's table and in the sketch that counts uses, which grow and never shrink. */
    private static final long TABLE_BYTES_PER_KEY = 12 + 16;
    /** A cache without keys. */
    private static final long CACHE_BYTES = 8_000;

    private final long maxKeys;
    private final Cache<K, long[]> rows;
    private final Function<K, long[]> newRow;
    private final EvictionWatermark watermark;
    private final LongAdder evicted = new LongAdder();
    /** The most keys that there were before any sweep, which alone makes them fewer. */
    private final LongAccumulator mostKeys = new LongAccumulator(Math::max, 0);

    CaffeineStore(String limiter, TokenBucket[] buckets, Ticker ticker, long maxKeys) {
        super(limiter, buckets, ticker, null, 1);
        this.maxKeys = maxKeys;
        this.watermark = newWatermark();
        this.rows = Caffeine.newBuilder()
                .maximumSize(maxKeys)
                .executor(Runnable::run) // a newcomer's call evicts, so that there are hardly more keys than the most
                .evictionListener((key, row, cause) -> evicted.increment())
                .build();
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
            case LOOK -> rows.policy().getIfPresentQuietly(key); // not a use
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
        mostKeys.accumulate(size());
        return bytes(size(), mostKeys.get());
    }

    @Override
    long memoryBytes() {
        return bytes(maxKeys, maxKeys);
    }

    private long bytes(long keys, long most) {
        return CACHE_BYTES + keys * (BYTES_PER_KEY + (long) buckets.length * Long.BYTES) + most * TABLE_BYTES_PER_KEY;
    }

    @Override
    SweepCursor sweepCursor() {
        mostKeys.accumulate(size());
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
                    boolean retired = retire(met.getKey(), met.getValue(), watermark, now);
                    count += retired && unlink(met.getKey(), met.getValue()) ? 1 : 0;
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
