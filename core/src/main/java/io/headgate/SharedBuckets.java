package io.headgate;

import java.util.Arrays;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Buckets that keys without a place of their own share by neighbourhood: a fixed number of them, so that strangers can
 * neither fill memory nor find out, by a seeded hash, with whom they share.
 */
final class SharedBuckets<K> implements Buckets<K> {

    private static final int GROUPS = 1024;

    private final TokenBucket[] buckets;
    private final ToLongFunction<? super K> neighbourhood;
    private final long seed;
    /** The words of group g begin at g × the number of limits. Anybody may move any of them. */
    private final long[] words;
    /** Never raised, since no bucket is forgotten here. */
    private final Floor floor = new Floor();

    /** {@code neighbourhood} tells which keys share a bucket: those with equal numbers do. */
    SharedBuckets(TokenBucket[] buckets, ToLongFunction<? super K> neighbourhood, long seed) {
        this.buckets = buckets;
        this.neighbourhood = neighbourhood;
        this.seed = seed;
        this.words = new long[GROUPS * buckets.length];
        Arrays.fill(words, TokenBucket.NEW);
    }

    @Override
    public long read(K key, int limit) {
        return Words.get(words, firstWord(key) + limit);
    }

    @Override
    public long update(K key, int limit, TokenBucket.Step step, long permits, long now) {
        return Words.update(words, firstWord(key) + limit, buckets[limit], step, permits, now, floor);
    }

    /** The words of the group if any of its buckets is not full, else null. */
    long @Nullable [] debt(K key, long now) {
        int first = firstWord(key);
        for (int i = 0; i < buckets.length; i++) {
            if (!buckets[i].isFull(Words.get(words, first + i), now)) {
                return Arrays.copyOfRange(words, first, first + buckets.length);
            }
        }
        return null;
    }

    /**
     * Moves the full buckets on to now, as which they are full, too: left alone for years, a word would look like a time to
     * come. Not to NEW: a charge that saw the bucket when it was new, and slept, would take it for the same one.
     */
    void renewFull(long now) {
        for (int i = 0; i < words.length; i++) {
            long word = Words.get(words, i);
            if (word >= TokenBucket.FIRST_TIME && buckets[i % buckets.length].isFull(word, now)) {
                Words.compareAndSet(words, i, word, buckets[i % buckets.length].fullAt(now));
            }
        }
    }

    long memoryBytes() {
        return (long) words.length * Long.BYTES;
    }

    private int firstWord(K key) {
        // Finalizer of SplittableRandom's mix64 (David Stafford's variant 13).
        long h = neighbourhood.applyAsLong(key) ^ seed;
        h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
        h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
        return (int) ((h ^ (h >>> 31)) & (GROUPS - 1)) * buckets.length;
    }
}
