package io.headgate;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of a bounded number of keys. A key without a row owes what its cell says, as a rule nothing. So a store
 * may evict a key exactly while all its buckets are full and its cell is empty. A new bucket counts from no earlier
 * than the latest reading at which any key was evicted.
 */
abstract class BucketStore<K> extends Buckets<K> {

    /** Makes stores. */
    @FunctionalInterface
    interface Factory<K> {

        /**
         * Makes a store.
         *
         * @param limiter the name of the limiter
         * @param buckets one per limit, the slowest first
         * @param shared where keys without room are charged; null if they are not
         * @param seed the seed of the {@link Neighbours} there
         * @param random the source of the store's own secrets
         */
        BucketStore<K> open(
                String limiter,
                TokenBucket[] buckets,
                Ticker ticker,
                @Nullable SharedBuckets<K> shared,
                long seed,
                long maxKeys,
                RandomGenerator random);
    }

    /** Where keys without room are charged; null if they are not. */
    final @Nullable SharedBuckets<K> shared;

    /** Whether to ask for memory. */
    final Growth growth;

    private final long longestRefill;
    /** The states of any new row, to be looked at. Never written. */
    private final long[] untouched;

    BucketStore(String limiter, TokenBucket[] buckets, Ticker ticker, @Nullable SharedBuckets<K> shared, int stride) {
        super(buckets, ticker, stride);
        this.shared = shared;
        growth = new Growth(limiter);
        longestRefill = Arrays.stream(buckets)
                .mapToLong(bucket -> bucket.limit().refillTime().toNanos())
                .max()
                .orElseThrow();
        untouched = newRow();
    }

    @Override
    final long owedBefore(K key, int limit, long now) {
        return shared == null || !shared.isUsed() ? TokenBucket.NEW : shared.owed(shared.number(key), limit, now);
    }

    @Override
    final long deepest(TokenBucket bucket) {
        return bucket.deepest();
    }

    final EvictionWatermark newWatermark() {
        return new EvictionWatermark(ticker(), longestRefill);
    }

    /**
     * Gives a key a row of NEW states, unless it has one.
     *
     * @param mayEvict whether other keys may be evicted for it
     * @return whether it has a row now; false if there is no room, and no candidate whose buckets are full
     */
    abstract boolean insert(K key, boolean mayEvict, long now);

    /** Whether this key, if it is absent, would get a row now. May evict keys whose buckets are full to find out. */
    abstract boolean hasRoom(K key, long now);

    /** Tells what {@link Operation#TAKE} would do to a row that this key would be given now. */
    final int lookAtNew(K key, long permits, long now, long @Nullable [] states) {
        return applyTo(untouched, 0, NO_ROW_KEY, key, Operation.LOOK, permits, now, states);
    }

    /** A row of its own for one key, of NEW states. */
    final long[] newRow() {
        long[] row = new long[buckets.length * stride];
        Arrays.fill(row, TokenBucket.NEW);
        return row;
    }

    /** Retires such a row, if all its buckets are full and its key owes nothing elsewhere. True if it is retired now. */
    final boolean retire(K key, long[] row, EvictionWatermark watermark, long now) {
        long first = settled(row, 0, buckets[0], now);
        if (first == TokenBucket.RETIRED) {
            return true;
        }
        if (!isFull(row, first, now) || (first >= TokenBucket.FIRST_TIME && isOwing(key, now))) {
            return false;
        }
        watermark.raise(now);
        return compareAndSetState(row, 0, first, TokenBucket.RETIRED);
    }

    private boolean isFull(long[] row, long first, long now) {
        boolean full = buckets[0].isFull(first, now);
        for (int i = 1; i < row.length && full; i++) {
            full = buckets[i].isFull(settled(row, i, buckets[i], now), now);
        }
        return full;
    }

    /** Whether the key would begin with a debt, if it was evicted and came back. False if the key cannot be asked. */
    private boolean isOwing(K key, long now) {
        if (shared == null || !shared.isUsed()) {
            return false;
        }
        int number;
        try {
            number = shared.number(key);
        } catch (RuntimeException e) {
            return false; // its hashCode throws, and must not keep others from being evicted
        }
        return shared.isOwing(number, now);
    }

    static boolean isRetired(long[] row) {
        return state(row, 0) == TokenBucket.RETIRED;
    }

    /** How many keys have a row or are about to get one: never more than the maximum. */
    abstract long size();

    /** How many keys were evicted so far. */
    abstract long evicted();

    /** What the store occupies now, in bytes. */
    abstract long presentBytes();

    /** The most that the store may occupy, in bytes. */
    abstract long memoryBytes();

    /** Begins a sweep over all keys. */
    abstract SweepCursor sweepCursor();

    /** A sweep over all keys that evicts those whose buckets are full, some at a time. For one thread at a time. */
    interface SweepCursor {

        /** Whether there are keys left to look at. */
        boolean hasNext();

        /**
         * Looks at some keys.
         *
         * @param most how many at most
         * @return how many were evicted
         */
        int evict(long now, int most);

        /** Drops all references to keys and keeps its position, roughly. */
        void rest();
    }
}
