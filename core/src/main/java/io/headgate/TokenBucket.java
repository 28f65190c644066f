package io.headgate;

import java.math.BigInteger;

/**
 * The arithmetic of a token bucket whose whole state is one word: the time at which it will be full again. Pure
 * functions of the word and the clock reading, thread-safe.
 *
 * <p>This is the generic cell rate algorithm (ITU-T I.371, virtual scheduling) read as a token bucket: the
 * <em>debt</em> of a bucket is the time until it is full, n permits cost n intervals of debt, and they are admitted if
 * the debt stays within capacity × interval. The interval is rounded up once, to whole units of
 * 2<sup>-k</sup> ns, so no permit is ever early, and nothing accumulates: where a permit takes a whole number of units
 * the long-run rate is exact; otherwise it is below the configured one by at most a factor of 10<sup>-5</sup> up to
 * 10<sup>6</sup> permits a second, and by at most rate / (128 × 10<sup>9</sup>/s) above, which is 0.8 % at
 * 10<sup>9</sup>.
 */
final class TokenBucket {

    /*
     * Words are compared by their difference only, so the clock may start anywhere and wrap. A difference means what
     * it says within half the range of a long: 2^63 units are 292 years at k = 0 and 2.28 years at k = 7. A debt is
     * at most a year (and as much more as the clock stepped back), which leaves room for the stated idle gaps.
     *
     * The 2^16 words that are least as numbers are no times. A computed time that falls among them becomes the next word
     * that is one, which is at most 66 µs later, never early, once in 292 years × 2^(1-k).
     */

    /** No bucket: what a look-up answers for a key that is not tracked. Never stored. */
    static final long ABSENT = Long.MIN_VALUE;
    /** A full bucket that nobody has charged yet, so it is full as of whatever time it is charged at. */
    static final long NEW = Long.MIN_VALUE + 1;
    /** A bucket that was full and is being forgotten. Final: nobody may charge it. */
    static final long RETIRED = Long.MIN_VALUE + 2;

    /** From here on words are times; before it, those that are not above are {@link #newWord new} ones. */
    static final long FIRST_TIME = Long.MIN_VALUE + (1L << 16);

    private static final long NEW_WORDS = 1L << 15;

    private static final int MAX_SHIFT = 7;
    private static final BigInteger PRECISION = BigInteger.valueOf(100_000);

    /** One movement of a bucket's word, such as {@link #take}; the same word means that nothing is to be written. */
    @FunctionalInterface
    interface Step {
        long next(TokenBucket bucket, long word, long permits, long now);
    }

    private final Limit limit;
    private final long capacity;
    /** A unit is 2^-shift nanoseconds. */
    private final int shift;
    /** The debt of one permit, in units. */
    private final long interval;
    /** The debt of an empty bucket, in units. */
    private final long full;

    TokenBucket(Limit limit) {
        BigInteger period = Limit.nanos(limit.period());
        BigInteger permits = BigInteger.valueOf(limit.permits());
        int k = 0;
        while (k < MAX_SHIFT && permits.multiply(PRECISION).compareTo(period.shiftLeft(k)) > 0) {
            k++;
        }
        BigInteger[] units = period.shiftLeft(k).divideAndRemainder(permits);
        this.limit = limit;
        capacity = limit.capacity();
        shift = k;
        interval = units[0].longValueExact() + units[1].signum();
        full = Math.multiplyExact(capacity, interval);
    }

    /**
     * One of 2<sup>15</sup> words that mean what {@link #NEW} means. A place that is used for one bucket after the other
     * begins each with another one, so that a late compare-and-set does not take the next bucket for the last.
     */
    static long newWord(long count) {
        return FIRST_TIME - 1 - (count & (NEW_WORDS - 1));
    }

    /** The debt of one permit in the finest unit of all buckets, 2^-7 ns: what buckets are ordered by. */
    long interval() {
        return interval << (MAX_SHIFT - shift);
    }

    Limit limit() {
        return limit;
    }

    long capacity() {
        return capacity;
    }

    /** Whether so many permits are there. */
    boolean admits(long word, long permits, long now) {
        return permits <= capacity && debt(word, now) <= full - permits * interval;
    }

    /** The word after so many permits were taken, or the same word if they are not there. */
    long take(long word, long permits, long now) {
        return admits(word, permits, now) ? time(now, debt(word, now) + permits * interval) : word;
    }

    /** The word after so many permits were given back; the same word if the bucket is full. */
    long refund(long word, long permits, long now) {
        long debt = debt(word, now);
        return debt == 0 ? word : time(now, permits > capacity ? 0 : Math.max(0, debt - permits * interval));
    }

    /** The word of a full bucket; the same word if it is one. */
    long reset(long word, @SuppressWarnings("unused") long permits, long now) {
        return debt(word, now) == 0 ? word : fullAt(now);
    }

    /** The word of a bucket that is full from now on. */
    long fullAt(long now) {
        return time(now, 0);
    }

    boolean isFull(long word, long now) {
        return debt(word, now) == 0;
    }

    /** Whole permits that are there. */
    long available(long word, long now) {
        return Math.max(0, full - debt(word, now)) / interval;
    }

    /** Nanoseconds until so many permits, at most the capacity, are there; 0 if they are. */
    long nanosUntil(long permits, long word, long now) {
        return nanos(debt(word, now) - (full - permits * interval));
    }

    /** Nanoseconds until there is one whole permit more than now; 0 if the bucket is full. */
    long nanosUntilNext(long word, long now) {
        return isFull(word, now) ? 0 : nanosUntil(available(word, now) + 1, word, now);
    }

    /** Nanoseconds until the bucket is full; 0 if it is. */
    long nanosUntilFull(long word, long now) {
        return nanos(debt(word, now));
    }

    /** Units until the bucket is full: more than {@code full} only if the clock stepped back. */
    private long debt(long word, long now) {
        return word < FIRST_TIME ? 0 : Math.max(0, word - (now << shift));
    }

    private long time(long now, long debt) {
        return Math.max(FIRST_TIME, (now << shift) + debt);
    }

    private long nanos(long units) {
        return units <= 0 ? 0 : (units >>> shift) + ((units & ((1L << shift) - 1)) == 0 ? 0 : 1);
    }
}
