package io.headgate;

/**
 * Where the buckets of keys are: one state word per key and limit. Words are read and moved one by one; the first is of
 * the limit that refills a permit most slowly.
 */
interface Buckets<K> {

    /** The word of one bucket, or {@link TokenBucket#ABSENT} if the key has none. */
    long read(K key, int limit);

    /**
     * Moves the word of one bucket by one step, in one compare-and-set; a step that changes nothing writes nothing.
     *
     * @return the word that the step was taken from, or {@link TokenBucket#ABSENT} if the key has none
     */
    long update(K key, int limit, TokenBucket.Step step, long permits, long now);
}
