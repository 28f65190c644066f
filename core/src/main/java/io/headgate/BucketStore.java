package io.headgate;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of at most so many keys. A key without buckets is a key with full ones, so a store may forget a key
 * exactly while all its buckets are full; and no bucket begins earlier than the reading at which one was forgotten.
 */
interface BucketStore<K> extends Buckets<K> {

    /** Makes stores. */
    @FunctionalInterface
    interface Factory<K> {

        /** A store of buckets of these kinds, the slowest first, that draws its secrets from {@code random}. */
        BucketStore<K> open(TokenBucket[] buckets, long maxKeys, RandomGenerator random);
    }

    /**
     * Gives a key buckets, unless it has some.
     *
     * @param debt the words they begin with, or null if they begin full
     * @return whether it has buckets now; false if there is no room and no full bucket within reach to make some
     */
    boolean insert(K key, long @Nullable [] debt, long now);

    /** Whether this key, if it is absent, would be given buckets now. May forget full ones to find out. */
    boolean hasRoom(K key, long now);

    /** How many keys have buckets or are being given some: never more than the maximum. */
    long size();

    /** How many keys were forgotten so far. */
    long evicted();

    /** What the store may occupy once it is full, in bytes. */
    long memoryBytes();

    /** Begins a walk over the keys. */
    Pass pass();

    /** A walk over all keys that forgets those whose buckets are full, some at a time. For one thread at a time. */
    interface Pass {

        /** Whether there are keys left to look at. */
        boolean hasNext();

        /**
         * Looks at some keys.
         *
         * @param most how many at most
         * @return how many were forgotten
         */
        int evict(long now, int most);
    }
}
