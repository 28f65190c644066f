package io.headgate;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Charges a key under all its limits at once: in its own buckets, in shared ones, or as the {@link Overflow} rule says if it
 * gets neither. Gives permits back, and counts the denials.
 */
final class Charger<K> {

    /*
     * Order of this file: take, which denies; charge and owe, which do not; look, which takes nothing; explain; refund
     * and reset; the counts. Nothing here reads the clock.
     *
     * The stores report states from before a charge. The states after it follow by TokenBucket.take, whatever other
     * threads do meanwhile.
     */

    /** One per limit, the slowest first: the order in which they are charged. The stores rely on it. */
    private final TokenBucket[] buckets;
    /** The smallest capacity. A call for more permits is always denied. */
    final long mostPermits;

    private final BucketStore<K> store;
    /** Null if the overflow rule shares no buckets. */
    private final @Nullable SharedBuckets<K> shared;

    private final Overflow overflow;
    /** In the order in which the user gave them. */
    private final List<Limit> limits;

    /** Denials by the first bucket that had too few permits, in the order of the buckets. */
    private final LongAdder[] deniedByBucket;
    /** Denials by the overflow rule, without a look at any bucket. */
    private final LongAdder deniedAtCapacity = new LongAdder();
    /** Permits of {@link #charge} that were not taken: too much was owed already, or there was no room for the key. */
    private final LongAccumulator dropped = new LongAccumulator(Charger::sumOrMost, 0);

    Charger(List<Limit> limits, TokenBucket[] buckets, BucketStore<K> store, Overflow overflow) {
        this.limits = limits;
        this.buckets = buckets;
        this.mostPermits =
                Arrays.stream(buckets).mapToLong(TokenBucket::capacity).min().orElseThrow();
        this.store = store;
        this.shared = store.shared;
        this.overflow = overflow;
        this.deniedByBucket =
                Arrays.stream(buckets).map(bucket -> new LongAdder()).toArray(LongAdder[]::new);
    }

    /**
     * Takes permits if they are there. If {@code states} is not null, it receives the states that the decision was made
     * on.
     */
    ChargeResult take(K key, long permits, long now, long @Nullable [] states) {
        if (permits > mostPermits) {
            countNeverAdmissible(permits);
            return states == null ? ChargeResult.DENIED : look(key, permits, now, states);
        }
        int denying = applyToOwn(key, Operation.TAKE, permits, now, states);
        if (denying != Buckets.ABSENT) {
            return counted(false, denying);
        }
        if (shared != null) {
            denying = applyToShared(shared, key, Operation.TAKE, permits, now, states);
            if (denying != Buckets.ABSENT) {
                return counted(true, denying);
            }
        }
        if (overflow != Overflow.ALLOW) {
            deniedAtCapacity.increment();
        }
        return overflowUnaccounted(states);
    }

    private ChargeResult counted(boolean sharing, int denying) {
        if (denying != Buckets.ADMITTED) {
            deniedByBucket[denying].increment();
        }
        return result(sharing, denying == Buckets.ADMITTED);
    }

    /** Applies an operation to the key's own buckets. A key that has none is given some, if there is room. */
    private int applyToOwn(K key, Operation operation, long permits, long now, long @Nullable [] states) {
        // A call evicts others once: newcomers that evict each other's new buckets would go round for ever.
        for (boolean mayEvict = true; ; mayEvict = false) {
            int result = store.apply(key, operation, permits, now, states);
            if (result != Buckets.ABSENT || !store.insert(key, mayEvict, now)) {
                return result;
            }
        }
    }

    /**
     * Applies an operation to the buckets that the key shares, as of a reading no earlier than any at which its own
     * were evicted. {@link Buckets#ABSENT} if there is no memory for them.
     */
    private int applyToShared(
            SharedBuckets<K> target, K key, Operation operation, long permits, long now, long @Nullable [] states) {
        if (store.growth.isPaused(now) && !target.isMade(key)) {
            return Buckets.ABSENT;
        }
        long asOf = store.asOf(key, now);
        int result;
        try {
            result = target.apply(key, operation, permits, asOf, states);
        } catch (OutOfMemoryError e) {
            store.growth.failed(e, now);
            store.growth.warn();
            return Buckets.ABSENT;
        }
        for (int i = 0; states != null && i < buckets.length; i++) {
            states[i] = buckets[i].restated(states[i], asOf, now);
        }
        return result;
    }

    /** Takes permits whether they are there or not, up to one capacity beyond empty. Counts what it did not take. */
    void charge(K key, long permits, long now) {
        long[] states = new long[buckets.length];
        Buckets<K> target = store;
        int result = applyToOwn(key, Operation.CHARGE, permits, now, states);
        if (result == Buckets.ABSENT && shared != null) {
            target = shared;
            result = applyToShared(shared, key, Operation.CHARGE, permits, now, states);
        }
        long taken = result == Buckets.ABSENT ? 0 : permits;
        for (int i = 0; i < buckets.length; i++) {
            taken = Math.min(taken, buckets[i].chargeable(states[i], permits, now, target.deepest(buckets[i])));
        }
        dropped.accumulate(permits - taken);
    }

    /**
     * Raises what the key owes to these debts, in nanoseconds, by bucket. Answers whether there is room for the key.
     */
    boolean owe(K key, long[] debts, long asOf, long now) {
        long[] states = new long[buckets.length];
        for (int i = 0; i < buckets.length; i++) {
            states[i] = buckets[i].owing(debts[i], asOf, now);
        }
        return applyToOwn(key, Operation.OWE, 0, now, states) != Buckets.ABSENT;
    }

    /** What {@link #take} would answer. Allocates nothing, unless shared buckets have to be made. */
    ChargeResult look(K key, long permits, long now, long @Nullable [] states) {
        ChargeResult result = lookAt(key, permits, now, states);
        return permits > mostPermits ? ChargeResult.DENIED : result; // whichever buckets were looked at
    }

    private ChargeResult lookAt(K key, long permits, long now, long @Nullable [] states) {
        int denying = store.apply(key, Operation.LOOK, permits, now, states);
        boolean sharing = false;
        if (denying == Buckets.ABSENT) {
            if (store.hasRoom(key, now)) {
                denying = store.lookAtNew(key, permits, now, states);
            } else {
                sharing = true;
                denying = shared == null
                        ? Buckets.ABSENT
                        : applyToShared(shared, key, Operation.LOOK, permits, now, states);
            }
            if (denying == Buckets.ABSENT) {
                return overflowUnaccounted(states);
            }
        }
        return result(sharing, denying == Buckets.ADMITTED);
    }

    /**
     * Decides without a look at any bucket. A key that is allowed is said to have full ones, a key that is denied none.
     */
    private ChargeResult overflowUnaccounted(long @Nullable [] states) {
        if (states != null) {
            Arrays.fill(states, overflow == Overflow.ALLOW ? TokenBucket.NEW : TokenBucket.ABSENT);
        }
        return overflow(overflow == Overflow.ALLOW);
    }

    private static ChargeResult result(boolean sharing, boolean allowed) {
        return sharing ? overflow(allowed) : allowed ? ChargeResult.ALLOWED : ChargeResult.DENIED;
    }

    private static ChargeResult overflow(boolean allowed) {
        return allowed ? ChargeResult.OVERFLOW_ALLOWED : ChargeResult.OVERFLOW_DENIED;
    }

    /** Gives permits back: to the key's own buckets, else to the shared ones, as far as the key still owes there. */
    void refund(K key, long permits, long now) {
        if (store.apply(key, Operation.REFUND, permits, now, null) == Buckets.ABSENT && shared != null) {
            applyToShared(shared, key, Operation.REFUND, permits, now, null);
        }
    }

    /**
     * Gives back permits of one charge, made at the reading {@code charged}, to the buckets that were charged. If those
     * were shared, the key's own get them back, too, since they inherit the debt.
     */
    void giveBack(K key, long permits, long charged, boolean sharing) {
        giveBack(key, Operation.GIVE_BACK, permits, charged, sharing);
    }

    /**
     * Takes one charge back, since a limiter that was asked after this one has denied the call. False if nothing was
     * charged: the key had no room, and was allowed without a count.
     */
    boolean undo(K key, long permits, long charged, boolean sharing) {
        return giveBack(key, Operation.UNDO, permits, charged, sharing);
    }

    private boolean giveBack(K key, Operation operation, long permits, long charged, boolean sharing) {
        if (sharing) {
            if (shared == null) {
                return false; // the key may have room by now, and owe there what others have taken
            }
            shared.apply(key, operation, permits, charged, null);
        }
        store.apply(key, operation, permits, charged, null);
        return true;
    }

    /**
     * Fills the key's own buckets. If it has none and owes in a shared one, it is given some, if there is room, to be
     * filled.
     */
    void reset(K key, long now) {
        boolean owesElsewhere = store.apply(key, Operation.RESET, 0, now, null) == Buckets.ABSENT
                && shared != null
                && shared.isOwing(shared.number(key), now);
        if (owesElsewhere && store.insert(key, true, now)) {
            store.apply(key, Operation.RESET, 0, now, null);
        }
    }

    /** Counts a call for more permits than some bucket can hold. */
    private void countNeverAdmissible(long permits) {
        for (int i = 0; i < buckets.length; i++) {
            if (buckets[i].capacity() < permits) {
                deniedByBucket[i].increment();
                return;
            }
        }
    }

    /** Adds the counts to the stats. Each denial is counted once: by one bucket, or by the overflow rule alone. */
    void count(LimiterStats.Builder stats) {
        long denied = deniedAtCapacity.sum();
        stats.deniedAtCapacity(denied);
        for (Limit limit : limits) {
            long byLimit = deniedByBucket[bucketOf(limit)].sum();
            stats.denied(limit, byLimit);
            denied += byLimit;
        }
        stats.denied(denied)
                .undone(store.undone() + (shared == null ? 0 : shared.undone()))
                .droppedPermits(dropped.get());
    }

    /** The sum of two counts; the largest number where it would be more, as a call may ask for any number of permits. */
    static long sumOrMost(long first, long second) {
        return first > Long.MAX_VALUE - second ? Long.MAX_VALUE : first + second;
    }

    private int bucketOf(Limit limit) {
        int bucket = 0;
        while (!buckets[bucket].limit().equals(limit)) {
            bucket++;
        }
        return bucket;
    }
}
