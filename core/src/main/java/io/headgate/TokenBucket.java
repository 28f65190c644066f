package io.headgate;

import java.math.BigInteger;
import java.time.Duration;

/**
 * The arithmetic of a token bucket whose whole state is one number: the time at which the bucket will be full again.
 * All methods are pure functions of the state and the clock reading. Thread-safe. Not final, so that a test can pause
 * inside one.
 *
 * <p>This is the generic cell rate algorithm (ITU-T I.371, virtual scheduling) read as a token bucket. The
 * <em>debt</em> of a bucket is the time until it is full. n permits cost n intervals of debt, and are admitted if the
 * debt stays within capacity × interval.
 *
 * <p>The interval is rounded up once, to whole units of 2<sup>-k</sup> ns, so no permit is ever early, and errors do
 * not accumulate. Where a permit takes a whole number of units the long-run rate is exact. Otherwise it is below the
 * configured one: by at most a factor of 10<sup>-5</sup> up to 10<sup>6</sup> permits a second, and above that by at
 * most rate / (128 × 10<sup>9</sup>/s), which is 0.8 % at 10<sup>9</sup>.
 */
class TokenBucket {

    /*
     * States, as numbers from the least: ABSENT, RETIRED, MOVED and NEW, then unused ones, then the 2^15 that mean NEW,
     * then times from FIRST_TIME on. The 2^16 least numbers are not times. A computed time that falls among them
     * becomes FIRST_TIME: at most 33 µs later, never early, once in 584 years × 2^-shift.
     *
     * A time is counted in half units, 2^-shift ns, while intervals are whole units. So its lowest bit is free, and
     * holds the number of the busy period, modulo two. A charge of a full bucket changes it. A thread that reads a
     * state, sleeps, and finds the same state by CAS has therefore missed no moment at which the bucket was full and
     * charged anew, or two of them. Arithmetic leaves the bit out, so it moves no permit.
     *
     * Times are compared by difference, so the clock may start anywhere and wrap. A difference below 2^60 half units is
     * a debt; any other means that the time has passed: 15 sixteenths of the range, which are 273 years at shift 1 and
     * 782 days at shift 8.
     *
     * No debt exceeds `most`, which is less than 2^59 half units. k is chosen so; only buckets that take days to fill
     * at more than 5,000 permits a second get a smaller k for it. A larger debt means that the clock has stepped back,
     * or that nothing has looked at the bucket for longer than that range: see Buckets.settled.
     */

    /** No bucket: the answer for a key that is not tracked. Never stored. */
    static final long ABSENT = Long.MIN_VALUE;
    /** The bucket was full and is being evicted. Final: it cannot be charged. */
    static final long RETIRED = Long.MIN_VALUE + 1;
    /** The bucket is now in another row. Final: it cannot be charged here. */
    static final long MOVED = Long.MIN_VALUE + 2;
    /** The bucket is full and was never charged, so it is full as of any time at which it is charged. */
    static final long NEW = Long.MIN_VALUE + 3;

    /** Values from here upwards are times. Below are the reserved values, among them those of {@link #newState}. */
    static final long FIRST_TIME = Long.MIN_VALUE + (1L << 16);

    private static final long NEW_STATES = 1L << 15;

    /** The bit of a time that holds the number of the busy period. */
    private static final long PERIOD = 1;

    private static final long LEAST_PAST = 1L << 60;
    private static final BigInteger MOST = BigInteger.ONE.shiftLeft(59);

    private static final int MAX_SHIFT = 8;
    /**
     * How much may be owed beyond the capacity: this many capacities, or {@link #FEW} permits if that is more; at most
     * a year's.
     */
    private static final long MORE = 4;

    private static final BigInteger FEW = BigInteger.valueOf(400);
    private static final BigInteger YEAR =
            BigInteger.valueOf(Duration.ofDays(365).toNanos());
    private static final BigInteger PRECISION = BigInteger.valueOf(100_000);

    private final Limit limit;
    private final long capacity;
    /** Times are counted in units of 2^-shift nanoseconds. An interval is an even number of them. */
    private final int shift;
    /** The debt of one permit. */
    private final long interval;
    /** The debt of an empty bucket. */
    private final long full;
    /** The largest debt that any operation leaves. */
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

    /** The interval, rounded up to a whole unit of 2^-k ns, in half units. */
    private static BigInteger interval(BigInteger period, BigInteger permits, int k) {
        BigInteger[] units = period.shiftLeft(k).divideAndRemainder(permits);
        return units[0].add(BigInteger.valueOf(units[1].signum())).shiftLeft(1);
    }

    private static BigInteger most(BigInteger capacity, BigInteger more, BigInteger interval, int shift) {
        return capacity.multiply(interval).add(more.multiply(interval).min(YEAR.shiftLeft(shift)));
    }

    /** Whether the state means that there is no bucket here, or no longer. */
    static boolean isGone(long state) {
        return state < NEW;
    }

    /**
     * One of 2<sup>15</sup> states that mean {@link #NEW}. A slot that holds one bucket after the other starts each
     * with a different one, so that a late CAS on the former bucket fails on the next.
     */
    static long newState(long count) {
        return FIRST_TIME - 1 - (count & (NEW_STATES - 1));
    }

    /** The debt of one permit in 2^-8 ns, the finest unit of all buckets: buckets are ordered by it. */
    long interval() {
        return interval << (MAX_SHIFT - shift);
    }

    Limit limit() {
        return limit;
    }

    long capacity() {
        return capacity;
    }

    /** Whether the bucket holds so many permits. */
    boolean admits(long state, long permits, long now) {
        return permits <= capacity && debt(state, now) <= full - permits * interval;
    }

    /** The state after permits are taken; the same state if the bucket does not hold them. */
    long take(long state, long permits, long now) {
        return admits(state, permits, now) ? raised(state, permits * interval, now) : state;
    }

    /** The state after the permits of {@link #chargeable} are taken. */
    long charge(long state, long permits, long now, long mostDebt) {
        long taken = chargeable(state, permits, now, mostDebt);
        return taken == 0 ? state : raised(state, taken * interval, now);
    }

    /** How many of the permits can be taken, there or not, until the debt is {@code mostDebt}. */
    long chargeable(long state, long permits, long now, long mostDebt) {
        return Math.min(permits, Math.max(0, mostDebt - debt(state, now)) / interval);
    }

    /** The debt of an empty bucket: the most that {@link #take} leaves. */
    long empty() {
        return full;
    }

    /** The most that {@link #charge} may leave in a bucket of one key. */
    long deepest() {
        return 2 * full;
    }

    /** The largest debt that {@link #owing} encodes. */
    long most() {
        return most;
    }

    /**
     * The state that owes, at {@code now}, what is left of a debt in nanoseconds at {@code asOf}: at least 0, at most
     * {@code most}.
     */
    long owing(long nanos, long asOf, long now) {
        long elapsed = Math.max(0, now - asOf);
        return time(now, Math.min(most, Math.min(most >>> shift, Math.max(0, nanos - elapsed)) << shift), 0);
    }

    /** The state that owes more: this one, raised to the debt of the other if that is larger. */
    long owe(long state, long owing, long now) {
        long debt = debt(owing, now);
        long less = debt(state, now);
        return debt <= less ? state : raised(state, debt - less, now);
    }

    /** The state after permits are given back; the same state if the bucket is full. */
    long refund(long state, long permits, long now) {
        long debt = debt(state, now);
        return debt == 0 ? state : time(now, permits > debt / interval ? 0 : debt - permits * interval, state);
    }

    /** How many of the permits the bucket still owes in full. */
    long refundable(long state, long permits, long now) {
        return Math.min(permits, debt(state, now) / interval);
    }

    /**
     * The state after a charge is given back. It gives only what this charge alone still owes, and nothing that another
     * charge has paid.
     *
     * @param charged when the charge was made, or earlier
     * @param now a reading taken after the state was read
     */
    long giveBack(long state, long permits, long charged, long now) {
        return lessened(state, stillOwed(state, permits, charged, now), now);
    }

    /** The same, less one unit, so that the state differs from any before the charge. */
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

    /** The state of a full bucket; the same state if the bucket is full. */
    long reset(long state, long now) {
        return debt(state, now) == 0 ? state : time(now, 0, state);
    }

    /** A different state with the same meaning. One that means NEW becomes a time: full since {@code since}. */
    long touched(long state, long since) {
        return state < FIRST_TIME ? time(since, 0, 0) : state ^ PERIOD;
    }

    /** The state that owes at {@code to} what this one owes at {@code from}. */
    long restated(long state, long from, long to) {
        return state < FIRST_TIME || from == to ? state : time(to, debt(state, from), state);
    }

    /** Whether the bucket owes more than a debt. */
    boolean isBeyond(long state, long debt, long now) {
        return debt(state, now) > debt;
    }

    /** The state that owes a debt. */
    long owing(long debt, long now) {
        return time(now, debt, 0);
    }

    /** A reading since which a bucket that is full now may be called full: one refill before {@code now}. */
    long refillBefore(long now) {
        return now - (full >>> shift);
    }

    boolean isFull(long state, long now) {
        return debt(state, now) == 0;
    }

    /** The whole permits in the bucket. */
    long available(long state, long now) {
        return Math.max(0, full - debt(state, now)) / interval;
    }

    /** Nanoseconds until the bucket holds so many permits, at most the capacity; 0 if it does now. */
    long nanosUntil(long permits, long state, long now) {
        return nanos(debt(state, now) - (full - permits * interval));
    }

    /** Nanoseconds until the bucket holds one whole permit more than now; 0 if it is full. */
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

    /** The state with a larger debt. If the bucket owed nothing, a new busy period begins. */
    private long raised(long state, long more, long now) {
        long debt = debt(state, now);
        return time(now, debt + more, debt == 0 ? state ^ PERIOD : state);
    }

    /** The time that owes a debt at {@code now}, in the busy period of another state. */
    private long time(long now, long debt, long period) {
        return Math.max(FIRST_TIME, (now << shift) + debt) | (period & PERIOD);
    }

    private long nanos(long units) {
        return units <= 0 ? 0 : (units >>> shift) + ((units & ((1L << shift) - 1)) == 0 ? 0 : 1);
    }
}
