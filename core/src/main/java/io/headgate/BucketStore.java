package io.headgate;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of at most so many keys. A key without a row owes what its cell says, as a rule nothing; so a store may forget
 * a key exactly while all its buckets are full and its cell is empty. No bucket begins earlier than the reading at which
 * one was forgotten.
 */
abstract class BucketStore<K> extends Buckets<K> {

    /** Makes stores. */
    @FunctionalInterface
    interface Factory<K> {

        /**
         * A store of buckets of these kinds, the slowest first.
         *
         * @param limiter what the limiter is called
         * @param shared where keys without room are charged, or null if they are not
         * @param seed of the {@link Neighbours} there
         * @param random where the store's own secrets come from
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

    /** Where keys without room are charged, or null if they are not. */
    final @Nullable SharedBuckets<K> shared;

    /** Whether to ask for memory. */
    final Growth growth;

    private final long longestRefill;

    BucketStore(String limiter, TokenBucket[] buckets, Ticker ticker, @Nullable SharedBuckets<K> shared, int stride) {
        super(buckets, ticker, stride);
        this.shared = shared;
        growth = new Growth(limiter);
        longestRefill = Arrays.stream(buckets)
                .mapToLong(bucket -> bucket.limit().refillTime().toNanos())
                .max()
                .orElseThrow();
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
     * Gives a key a row, unless it has one. A row begins NEW.
     *
     * @param mayEvict whether a key may be forgotten for it
     * @return whether it has a row now; false if there is no room and no full row among the candidates to make some
     */
    abstract boolean insert(K key, boolean mayEvict, long now);

    /** Whether this key, if it is absent, would be given a row now. May forget full ones to find out. */
    abstract boolean hasRoom(K key, long now);

    /** Tells what {@link Operation#TAKE} would do to a row that this key would be given now. */
    final int lookAtNew(K key, long permits, long now, long[] states) {
        long[] row = new long[buckets.length * stride];
        Arrays.fill(row, TokenBucket.NEW);
        return applyTo(row, 0, NO_ROW_KEY, key, Operation.LOOK, permits, now, states);
    }

    /** How many keys have rows or are being given one: never more than the maximum. */
    abstract long size();

    /** How many keys were forgotten so far. */
    abstract long evicted();

    /** What the store occupies now, in bytes. */
    abstract long presentBytes();

    /** What the store may occupy once it is full, in bytes. */
    abstract long memoryBytes();

    /** Begins a walk over the keys. */
    abstract SweepCursor sweepCursor();

    /** A walk over all keys that forgets those whose buckets are full, some at a time. For one thread at a time. */
    interface SweepCursor {

        /** Whether there are keys left to look at. */
        boolean hasNext();

        /**
         * Looks at some keys.
         *
         * @param most how many at most
         * @return how many were forgotten
         */
        int evict(long now, int most);

        /** Lets go of all keys and keeps its position, about. */
        void rest();
    }
}
