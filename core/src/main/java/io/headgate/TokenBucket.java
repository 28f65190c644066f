package io.headgate;

import java.math.BigInteger;
import java.time.Duration;

/**
 * The arithmetic of a token bucket whose whole state is one word: the time at which it will be full again. Pure
 * functions of the word and the clock reading, thread-safe. Not final, so that a test may fall asleep in one of them.
 *
 * <p>This is the generic cell rate algorithm (ITU-T I.371, virtual scheduling) read as a token bucket: the
 * <em>debt</em> of a bucket is the time until it is full, n permits cost n intervals of debt, and they are admitted if
 * the debt stays within capacity × interval. The interval is rounded up once, to whole units of
 * 2<sup>-k</sup> ns, so no permit is ever early, and nothing accumulates: where a permit takes a whole number of units
 * the long-run rate is exact; otherwise it is below the configured one by at most a factor of 10<sup>-5</sup> up to
 * 10<sup>6</sup> permits a second, and by at most rate / (128 × 10<sup>9</sup>/s) above, which is 0.8 % at
 * 10<sup>9</sup>.
 */
class TokenBucket {

    /*
     * A time is counted in half units, 2^-shift ns, so its lowest bit is free: it is the number of the busy period, modulo
     * two, which a charge of a full bucket changes. Whoever has read a word, slept, and finds the same word again by CAS
     * has slept over no moment at which the bucket was full and charged anew, or over two. The bit moves no permit:
     * arithmetic leaves it out.
     *
     * Words are compared by their difference only, so the clock may start anywhere and wrap. A difference below 2^60 half
     * units is a debt, any other is time gone by: 15 sixteenths of the range, which are 273 years at shift 1 and 782 days at
     * shift 8. No debt is ever more than `most`, which is less than 2^59 half units (k is chosen so: only buckets that take
     * days to fill at more than 5,000 permits a second notice), so a larger one is of a clock that has stepped back, or of
     * a bucket that nobody has looked at for longer than that: see Buckets.settled.
     *
     * The 2^16 words that are least as numbers are no times. A computed time that falls among them becomes the next word
     * that is one, which is at most 33 µs later, never early, once in 584 years × 2^-shift.
     */

    /** No bucket: what a look-up answers for a key that is not tracked. Never stored. */
    static final long ABSENT = Long.MIN_VALUE;
    /** A bucket that was full and is being forgotten. Final: nobody may charge it. */
    static final long RETIRED = Long.MIN_VALUE + 1;
    /** A bucket that is kept elsewhere from now on. Final: nobody may charge it here. */
    static final long MOVED = Long.MIN_VALUE + 2;
    /** A full bucket that nobody has charged yet, so it is full as of whatever time it is charged at. */
    static final long NEW = Long.MIN_VALUE + 3;

    /** From here on words are times; before it, those that are not above are {@link #newWord new} ones. */
    static final long FIRST_TIME = Long.MIN_VALUE + (1L << 16);

    private static final long NEW_WORDS = 1L << 15;

    /** The busy period's number within a time. */
    private static final long PERIOD = 1;

    private static final long LEAST_PAST = 1L << 60;
    private static final BigInteger MOST = BigInteger.ONE.shiftLeft(59);

    private static final int MAX_SHIFT = 8;
    /** What may be owed beyond the capacity: four times as much, or so many permits if that is more; a year's at most. */
    private static final long MORE = 4;

    private static final BigInteger FEW = BigInteger.valueOf(400);
    private static final BigInteger YEAR =
            BigInteger.valueOf(Duration.ofDays(365).toNanos());
    private static final BigInteger PRECISION = BigInteger.valueOf(100_000);

    private final Limit limit;
    private final long capacity;
    /** A time is in units of 2^-shift nanoseconds; an interval is an even number of them. */
    private final int shift;
    /** The debt of one permit. */
    private final long interval;
    /** The debt of an empty bucket. */
    private final long full;
    /** The largest debt that anything may impose. */
    private final long most;

    TokenBucket(Limit limit) {
        this.limit = limit;
        capacity = limit.capacity();
        BigInteger period = Limit.nanos(limit.period());
        BigInteger permits = BigInteger.valueOf(limit.permits());
        BigInteger size = BigInteger.valueOf(capacity);
        BigInteger more = size.multiply(BigInteger.valueOf(MORE)).max(FEW);
        int k = 0;
        while (k < MAX_SHIFT - 1
                && permits.multiply(PRECISION).compareTo(period.shiftLeft(k)) > 0
                && most(size, more, interval(period, permits, k + 1), k + 2).compareTo(MOST) < 0) {
            k++;
        }
        shift = k + 1;
        BigInteger each = interval(period, permits, k);
        interval = each.longValueExact();
        full = Math.multiplyExact(capacity, interval);
        most = most(size, more, each, shift).longValueExact();
    }

    /** Rounded up to a whole unit of 2^-k ns, which is two of the units that times are counted in. */
    private static BigInteger interval(BigInteger period, BigInteger permits, int k) {
        BigInteger[] units = period.shiftLeft(k).divideAndRemainder(permits);
        return units[0].add(BigInteger.valueOf(units[1].signum())).shiftLeft(1);
    }

    private static BigInteger most(BigInteger capacity, BigInteger more, BigInteger interval, int shift) {
        return capacity.multiply(interval).add(more.multiply(interval).min(YEAR.shiftLeft(shift)));
    }

    /** Whether there is no bucket here, or no more. */
    static boolean isGone(long word) {
        return word < NEW;
    }

    /**
     * One of 2<sup>15</sup> words that mean what {@link #NEW} means. A place that is used for one bucket after the other
     * begins each with another one, so that a late compare-and-set does not take the next bucket for the last.
     */
    static long newWord(long count) {
        return FIRST_TIME - 1 - (count & (NEW_WORDS - 1));
    }

    /** The debt of one permit in the finest unit of all buckets, 2^-8 ns: what buckets are ordered by. */
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
        return admits(word, permits, now) ? raised(word, permits * interval, now) : word;
    }

    /** The word after the permits that {@link #chargeable} tells were taken. */
    long charge(long word, long permits, long now, long mostDebt) {
        long taken = chargeable(word, permits, now, mostDebt);
        return taken == 0 ? word : raised(word, taken * interval, now);
    }

    /** How many of so many permits can be taken, whether they are there or not, until so much is owed. */
    long chargeable(long word, long permits, long now, long mostDebt) {
        return Math.min(permits, Math.max(0, mostDebt - debt(word, now)) / interval);
    }

    /** The debt at which nothing is there: the most that {@link #take} leaves. */
    long empty() {
        return full;
    }

    /** The debt up to which {@link #charge} may take a bucket of one key. */
    long deepest() {
        return 2 * full;
    }

    /** The largest debt that {@link #owing} tells of. */
    long most() {
        return most;
    }

    /** The word that owes so many nanoseconds as of a reading, as it is now: at least 0 and at most {@code most}. */
    long owing(long nanos, long asOf, long now) {
        long elapsed = Math.max(0, now - asOf);
        return time(now, Math.min(most, Math.min(most >>> shift, Math.max(0, nanos - elapsed)) << shift), 0);
    }

    /** The word, or the one that owes more, if it does. */
    long owe(long word, long owing, long now) {
        long debt = debt(owing, now);
        long less = debt(word, now);
        return debt <= less ? word : raised(word, debt - less, now);
    }

    /** The word after so many permits were given back; the same word if the bucket is full. */
    long refund(long word, long permits, long now) {
        long debt = debt(word, now);
        return debt == 0 ? word : time(now, permits > debt / interval ? 0 : debt - permits * interval, word);
    }

    /** How many of so many permits are owed in full. */
    long refundable(long word, long permits, long now) {
        return Math.min(permits, debt(word, now) / interval);
    }

    /**
     * The word after a charge was given back: without what this charge alone still owes, so that nothing is given that
     * another one has paid.
     *
     * @param charged when the charge was made, or earlier
     * @param now a reading taken after the word was read
     */
    long giveBack(long word, long permits, long charged, long now) {
        return lessened(word, stillOwed(word, permits, charged, now), now);
    }

    /** The same, less one unit: then the word is none that was there before the charge. */
    long undo(long word, long permits, long charged, long now) {
        return lessened(word, stillOwed(word, permits, charged, now) - 2 * PERIOD, now);
    }

    private long stillOwed(long word, long permits, long charged, long now) {
        long elapsed = Math.max(0, now - charged);
        return elapsed > full >>> shift ? 0 : Math.min(permits * interval - (elapsed << shift), debt(word, now));
    }

    private long lessened(long word, long less, long now) {
        return less <= 0 ? word : time(now, debt(word, now) - less, word);
    }

    /** The word of a full bucket; the same word if it is one. */
    long reset(long word, long now) {
        return debt(word, now) == 0 ? word : time(now, 0, word);
    }

    /** A word that means the same for a bucket that has been full for a while, and another one. */
    long touched(long word, long since) {
        return word < FIRST_TIME ? time(since, 0, 0) : word ^ PERIOD;
    }

    /** The word that owes as much at one reading as this one does at the other. */
    long restated(long word, long from, long to) {
        return word < FIRST_TIME || from == to ? word : time(to, debt(word, from), word);
    }

    /** Whether more is owed than so much. */
    boolean isBeyond(long word, long debt, long now) {
        return debt(word, now) > debt;
    }

    /** The word that owes so much. */
    long owing(long debt, long now) {
        return time(now, debt, 0);
    }

    /** A reading since which a bucket that is full now may be said to be: the last refill began then. */
    long refillBefore(long now) {
        return now - (full >>> shift);
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

    private long debt(long word, long now) {
        long debt = (word & ~PERIOD) - (now << shift);
        return word < FIRST_TIME || debt < 0 || debt >= LEAST_PAST ? 0 : debt;
    }

    /** The word that owes so much more: of another busy period if it owes nothing. */
    private long raised(long word, long more, long now) {
        long debt = debt(word, now);
        return time(now, debt + more, debt == 0 ? word ^ PERIOD : word);
    }

    /** The time of this debt, in the busy period of the word given. */
    private long time(long now, long debt, long period) {
        return Math.max(FIRST_TIME, (now << shift) + debt) | (period & PERIOD);
    }

    private long nanos(long units) {
        return units <= 0 ? 0 : (units >>> shift) + ((units & ((1L << shift) - 1)) == 0 ? 0 : 1);
    }
}
