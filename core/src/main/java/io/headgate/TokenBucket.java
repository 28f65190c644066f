package io.headgate;

import java.math.BigInteger;
import java.time.Duration;

/**
 * The arithmetic of a token bucket whose state is one number: the time at which it will be full again. Pure
 * functions of the state and the clock reading, thread-safe. Not final, so that a test may fall asleep in one of them.
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
     * two, which a charge of a full bucket changes. Whoever has read a state, slept, and finds the same state again by CAS
     * has slept over no moment at which the bucket was full and charged anew, or over two. The bit moves no permit:
     * arithmetic leaves it out.
     *
     * States are compared by their difference only, so the clock may start anywhere and wrap. A difference below 2^60 half
     * units is a debt, any other is time gone by: 15 sixteenths of the range, which are 273 years at shift 1 and 782 days at
     * shift 8. No debt is ever more than `most`, which is less than 2^59 half units (k is chosen so: only buckets that take
     * days to fill at more than 5,000 permits a second notice), so a larger one is of a clock that has stepped back, or of
     * a bucket that nobody has looked at for longer than that: see Buckets.settled.
     *
     * The 2^16 states that are least as numbers are no times. A computed time that falls among them becomes the next state
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

    /** From here on states are times; before it, those that are not above are {@link #newState new} ones. */
    static final long FIRST_TIME = Long.MIN_VALUE + (1L << 16);

    private static final long NEW_STATES = 1L << 15;

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
    static boolean isGone(long state) {
        return state < NEW;
    }

    /**
     * One of 2<sup>15</sup> states that mean what {@link #NEW} means. A slot that is used for one bucket after the other
     * begins each with another one, so that a late compare-and-set does not take the next bucket for the last.
     */
    static long newState(long count) {
        return FIRST_TIME - 1 - (count & (NEW_STATES - 1));
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
    boolean admits(long state, long permits, long now) {
        return permits <= capacity && debt(state, now) <= full - permits * interval;
    }

    /** The state after so many permits were taken, or the same state if they are not there. */
    long take(long state, long permits, long now) {
        return admits(state, permits, now) ? raised(state, permits * interval, now) : state;
    }

    /** The state after the permits that {@link #chargeable} tells were taken. */
    long charge(long state, long permits, long now, long mostDebt) {
        long taken = chargeable(state, permits, now, mostDebt);
        return taken == 0 ? state : raised(state, taken * interval, now);
    }

    /** How many of so many permits can be taken, whether they are there or not, until so much is owed. */
    long chargeable(long state, long permits, long now, long mostDebt) {
        return Math.min(permits, Math.max(0, mostDebt - debt(state, now)) / interval);
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

    /** The state that owes so many nanoseconds as of a reading, as it is now: at least 0 and at most {@code most}. */
    long owing(long nanos, long asOf, long now) {
        long elapsed = Math.max(0, now - asOf);
        return time(now, Math.min(most, Math.min(most >>> shift, Math.max(0, nanos - elapsed)) << shift), 0);
    }

    /** The state, or the one that owes more, if it does. */
    long owe(long state, long owing, long now) {
        long debt = debt(owing, now);
        long less = debt(state, now);
        return debt <= less ? state : raised(state, debt - less, now);
    }

    /** The state after so many permits were given back; the same state if the bucket is full. */
    long refund(long state, long permits, long now) {
        long debt = debt(state, now);
        return debt == 0 ? state : time(now, permits > debt / interval ? 0 : debt - permits * interval, state);
    }

    /** How many of so many permits are owed in full. */
    long refundable(long state, long permits, long now) {
        return Math.min(permits, debt(state, now) / interval);
    }

    /**
     * The state after a charge was given back: without what this charge alone still owes, so that nothing is given that
     * another one has paid.
     *
     * @param charged when the charge was made, or earlier
     * @param now a reading taken after the state was read
     */
    long giveBack(long state, long permits, long charged, long now) {
        return lessened(state, stillOwed(state, permits, charged, now), now);
    }

    /** The same, less one unit: then the state is none that was there before the charge. */
    long undo(long state, long permits, long charged, long now) {
        return lessened(state, stillOwed(state, permits, charged, now) - 2 * PERIOD, now);
    }

    private long stillOwed(long state, long permits, long charged, long now) {
        long elapsed = Math.max(0, now - charged);
        return elapsed > full >>> shift ? 0 : Math.min(permits * interval - (elapsed << shift), debt(state, now));
    }

    private long lessened(long state, long less, long now) {
        return less <= 0 ? state : time(now, debt(state, now) - less, state);
    }

    /** The state of a full bucket; the same state if it is one. */
    long reset(long state, long now) {
        return debt(state, now) == 0 ? state : time(now, 0, state);
    }

    /** A state that means the same for a bucket that has been full for a while, and another one. */
    long touched(long state, long since) {
        return state < FIRST_TIME ? time(since, 0, 0) : state ^ PERIOD;
    }

    /** The state that owes as much at one reading as this one does at the other. */
    long restated(long state, long from, long to) {
        return state < FIRST_TIME || from == to ? state : time(to, debt(state, from), state);
    }

    /** Whether more is owed than so much. */
    boolean isBeyond(long state, long debt, long now) {
        return debt(state, now) > debt;
    }

    /** The state that owes so much. */
    long owing(long debt, long now) {
        return time(now, debt, 0);
    }

    /** A reading since which a bucket that is full now may be said to be: the last refill began then. */
    long refillBefore(long now) {
        return now - (full >>> shift);
    }

    boolean isFull(long state, long now) {
        return debt(state, now) == 0;
    }

    /** Whole permits that are there. */
    long available(long state, long now) {
        return Math.max(0, full - debt(state, now)) / interval;
    }

    /** Nanoseconds until so many permits, at most the capacity, are there; 0 if they are. */
    long nanosUntil(long permits, long state, long now) {
        return nanos(debt(state, now) - (full - permits * interval));
    }

    /** Nanoseconds until there is one whole permit more than now; 0 if the bucket is full. */
    long nanosUntilNext(long state, long now) {
        return isFull(state, now) ? 0 : nanosUntil(available(state, now) + 1, state, now);
    }

    /** Nanoseconds until the bucket is full; 0 if it is. */
    long nanosUntilFull(long state, long now) {
        return nanos(debt(state, now));
    }

    private long debt(long state, long now) {
        long debt = (state & ~PERIOD) - (now << shift);
        return state < FIRST_TIME || debt < 0 || debt >= LEAST_PAST ? 0 : debt;
    }

    /** The state that owes so much more: of another busy period if it owes nothing. */
    private long raised(long state, long more, long now) {
        long debt = debt(state, now);
        return time(now, debt + more, debt == 0 ? state ^ PERIOD : state);
    }

    /** The time of this debt, in the busy period of the state given. */
    private long time(long now, long debt, long period) {
        return Math.max(FIRST_TIME, (now << shift) + debt) | (period & PERIOD);
    }

    private long nanos(long units) {
        return units <= 0 ? 0 : (units >>> shift) + ((units & ((1L << shift) - 1)) == 0 ? 0 : 1);
    }
}
