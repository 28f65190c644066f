package io.headgate;

import io.headgate.map.ReadOptimizedMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Buckets of keys of any type: an array of words per key, in a map. */
final class MapStore<K> implements BucketStore<K> {

    /*
     * The first word of a key tells the state of all its buckets:
     *
     *   NEW      → inserted, not charged yet
     *   a time   → charged; every charge of the key begins with this word
     *   RETIRED  → final: all words were full when it was written; the array is unlinked, or whoever meets it does so
     *
     * A key is evicted by one CAS of its first word, full → RETIRED, after all its words were seen to be full. That is
     * enough although the CAS compares the first word only: a charge moves the first word before any other, and a
     * refund or a reset of a full word leaves it full. A thread that charged the first word, slept until all were full
     * again and then charges the second one in an array that nobody sees any more has lost nothing either: the first
     * limit refills most slowly, so all that was ever admitted from these buckets had been earned back by then.
     *
     * A thread may read the clock, sleep while the key is spent, refilled and evicted, and then come to a fresh bucket
     * with its old reading; at that reading the permit would cost nothing. So an eviction raises the floor to its own
     * reading before it retires, and a bucket that is NEW is charged at the floor, if that is later. Clocks that step
     * back earn nobody a permit for the same reason.
     */

    private static final int REACH = 8;

    /** An entry of the map, and its slots in a table and a copy of it that are as empty as tables get. */
    private static final int MAP_BYTES_PER_KEY = 24 + 2 * 32;

    private static final int ARRAY_HEADER_BYTES = 16;

    private final TokenBucket[] buckets;
    private final long maxKeys;
    private final ReadOptimizedMap<K, long[]> map;
    /** Keys in the map and keys about to be. Raised before an insert, by CAS below maxKeys; lowered after a removal. */
    private final AtomicLong places = new AtomicLong();

    private final Floor floor = new Floor();
    private final LongAdder evicted = new LongAdder();

    private final ReentrantLock handLock = new ReentrantLock();
    /** Where the next keys within reach come from, round and round. Guarded by handLock. */
    private Iterator<Map.Entry<K, long[]>> hand;
    /** The keys within reach: a newcomer takes the place of one of them if its buckets are full. Guarded by handLock. */
    private final List<Map.Entry<K, long[]>> reach = new ArrayList<>(REACH);

    MapStore(TokenBucket[] buckets, long maxKeys, RandomGenerator random) {
        this.buckets = buckets;
        this.maxKeys = maxKeys;
        this.map = new ReadOptimizedMap<>(maxKeys, random.nextLong());
        this.hand = entries();
    }

    @Override
    public long read(K key, int limit) {
        long[] words = map.load(key);
        return words == null || isRetired(words) ? TokenBucket.ABSENT : Words.get(words, limit);
    }

    @Override
    public long update(K key, int limit, TokenBucket.Step step, long permits, long now) {
        long[] words = map.load(key);
        if (words == null) {
            return TokenBucket.ABSENT;
        }
        long asOf = Words.get(words, limit) == TokenBucket.NEW ? floor.notBefore(now) : now;
        long word = isRetired(words)
                ? TokenBucket.RETIRED
                : Words.update(words, limit, buckets[limit], step, permits, asOf);
        if (word == TokenBucket.RETIRED) {
            unlink(key, words); // whoever retired it may be asleep
            return TokenBucket.ABSENT;
        }
        return word;
    }

    @Override
    public boolean insert(K key, long @Nullable [] debt, long now) {
        if (!reserve(now)) {
            return map.load(key) != null; // another thread may have found room for it
        }
        long[] words = beginning(debt, floor.notBefore(now));
        if (map.loadOrStore(key, words) != words) {
            places.decrementAndGet();
        }
        return true;
    }

    private long[] beginning(long @Nullable [] debt, long now) {
        long[] words = new long[buckets.length];
        Arrays.fill(words, TokenBucket.NEW);
        for (int i = 0; debt != null && i < words.length; i++) {
            if (!buckets[i].isFull(debt[i], now)) {
                words[i] = debt[i];
            }
        }
        return words;
    }

    @Override
    public boolean hasRoom(K key, long now) {
        return places.get() < maxKeys || reclaim(now);
    }

    private boolean reserve(long now) {
        for (; ; ) {
            long taken = places.get();
            if (taken < maxKeys) {
                if (places.compareAndSet(taken, taken + 1)) {
                    return true;
                }
            } else if (!reclaim(now)) {
                moveOn();
                return false;
            }
        }
    }

    /** Evicts what is full among the keys within reach: a bounded piece of work. */
    private boolean reclaim(long now) {
        handLock.lock();
        try {
            reach.removeIf(entry -> isRetired(entry.getValue()));
            for (int rounds = 0; reach.size() < REACH && rounds < 2; ) {
                if (hand.hasNext()) {
                    reach.add(hand.next());
                } else {
                    hand = entries();
                    rounds++;
                }
            }
            boolean any = false;
            for (Map.Entry<K, long[]> entry : reach) {
                any |= evict(entry.getKey(), entry.getValue(), now);
            }
            return any;
        } finally {
            handLock.unlock();
        }
    }

    /** Lets the next newcomer reach for other keys. Not done by who only asks: asking twice has one answer. */
    private void moveOn() {
        handLock.lock();
        try {
            reach.clear();
        } finally {
            handLock.unlock();
        }
    }

    private Iterator<Map.Entry<K, long[]>> entries() {
        return map.asMap().entrySet().iterator();
    }

    private boolean evict(K key, long[] words, long now) {
        long first = Words.get(words, 0);
        if (first != TokenBucket.RETIRED) {
            for (int i = 0; i < words.length; i++) {
                if (!buckets[i].isFull(i == 0 ? first : Words.get(words, i), now)) {
                    return false;
                }
            }
            floor.raise(now);
            if (!Words.compareAndSet(words, 0, first, TokenBucket.RETIRED)) {
                return false;
            }
        }
        return unlink(key, words);
    }

    private boolean unlink(K key, long[] words) {
        if (!map.compareAndDelete(key, words)) {
            return false;
        }
        places.decrementAndGet();
        evicted.increment();
        return true;
    }

    private static boolean isRetired(long[] words) {
        return Words.get(words, 0) == TokenBucket.RETIRED;
    }

    @Override
    public long size() {
        return places.get();
    }

    @Override
    public long evicted() {
        return evicted.sum();
    }

    @Override
    public long memoryBytes() {
        return maxKeys * (MAP_BYTES_PER_KEY + ARRAY_HEADER_BYTES + (long) buckets.length * Long.BYTES);
    }

    @Override
    public Pass pass() {
        Iterator<Map.Entry<K, long[]>> entries = entries();
        return new Pass() {
            @Override
            public boolean hasNext() {
                return entries.hasNext();
            }

            @Override
            public int evict(long now, int most) {
                int count = 0;
                for (int i = 0; i < most && entries.hasNext(); i++) {
                    Map.Entry<K, long[]> entry = entries.next();
                    if (MapStore.this.evict(entry.getKey(), entry.getValue(), now)) {
                        count++;
                    }
                }
                return count;
            }
        };
    }
}
