package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of keys. Each key has a <em>row</em>: one state per limit. An operation finds the row once and then moves its
 * states. The one loop that moves a state is here.
 */
abstract class Buckets<K> {

    /*
     * Order of this file: the operations on all states of a row; the loop that moves one of them; its steps.
     *
     * A row of the address table serves one key after the other. There the element before the first state is the row's
     * key, and is read again after every state. AddressTable explains why both then belong to one key.
     */

    /** All buckets admitted the operation. A result of 0 or more is the index of the bucket that denied it. */
    static final int ADMITTED = -1;
    /**
     * The key has no row, or has lost it during the operation. Its buckets were full then, so the operation may start
     * over.
     */
    static final int ABSENT = -2;

    /** The row key of a row that serves one key for ever, and so stores none. */
    static final long NO_ROW_KEY = 0;

    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(long[].class);

    /** One per limit, the slowest first: the order in which they are charged. {@link MapStore} relies on it. */
    final TokenBucket[] buckets;

    private final Ticker ticker;
    /** The distance from one state of a row to the next. */
    final int stride;
    /**
     * Set before any row owes more than an empty bucket: this one by {@link Operation#CHARGE}, {@link #owed} by OWE.
     */
    private volatile boolean charged;

    private volatile boolean owed;
    /** Calls that took a charge back. */
    private final LongAdder undone = new LongAdder();

    Buckets(TokenBucket[] buckets, Ticker ticker, int stride) {
        this.buckets = buckets;
        this.ticker = ticker;
        this.stride = stride;
    }

    /**
     * Finds the row of a key and applies an operation to all its states. Reads the clock only before it denies, to give a
     * charge back, or where a state or the watermark is ahead of {@code now}.
     *
     * @param now when the call came; for {@link Operation#GIVE_BACK} when the charge was made, or earlier
     * @param states for {@link Operation#OWE} what is owed, by limit. Otherwise, if not null, receives the states that
     *     the operation was decided on, as they are at the reading {@code now}
     * @return {@link #ADMITTED}, {@link #ABSENT} or the index of the bucket that denied
     */
    abstract int apply(K key, Operation operation, long permits, long now, long @Nullable [] states);

    /**
     * The reading as of which a NEW state is charged, no earlier than {@code now}. To be called after the state was
     * read.
     */
    abstract long asOf(K key, long now);

    /**
     * What a key owes while it has no row: the state that its first charge starts from. To be called after the row's
     * was read.
     */
    abstract long owedBefore(K key, int limit, long now);

    /** How much a bucket may owe after {@link Operation#CHARGE}. */
    abstract long deepest(TokenBucket bucket);

    /**
     * Applies an operation to a row that was found.
     *
     * @param first the index of its first state
     * @param rowKey the key that the row stores while it is this key's, or {@link #NO_ROW_KEY}
     */
    final int applyTo(
            long[] row,
            int first,
            long rowKey,
            K key,
            Operation operation,
            long permits,
            long now,
            long @Nullable [] states) {
        return applyRest(row, first, rowKey, key, operation, 0, permits, now, states);
    }

    /** The same from a later state on: the operation is done with {@code done} states already. */
    final int applyRest(
            long[] row,
            int first,
            long rowKey,
            K key,
            Operation operation,
            int done,
            long permits,
            long now,
            long @Nullable [] states) {
        return switch (operation) {
            case TAKE -> take(row, first, rowKey, key, done, permits, now, states);
            case LOOK -> look(row, first, rowKey, key, done, permits, now, states);
            case GIVE_BACK, UNDO -> giveBack(row, first, rowKey, key, operation, done, permits, now);
            case CHARGE, OWE -> {
                mayOwe(operation);
                yield moveAll(row, first, rowKey, key, operation, done, permits, now, states);
            }
            case REFUND, RESET -> moveAll(row, first, rowKey, key, operation, done, permits, now, states);
        };
    }

    /**
     * Continues an operation that met a state which is gone, at the same limit: with {@link #applyRest} in the row that
     * the key has now.
     *
     * @param left the array of the row that was left
     * @return {@link #ABSENT} if the key has no row any more. What was charged has been paid then, so the operation may
     *     start over
     */
    int follow(long[] left, K key, Operation operation, int done, long permits, long now, long @Nullable [] states) {
        return ABSENT;
    }

    private int take(
            long[] row, int first, long rowKey, K key, int done, long permits, long now, long @Nullable [] states) {
        if (buckets.length > 1 && done == 0 && !allAdmit(row, first, permits, now)) {
            // Without concurrency a denial is found here, and nothing has to be undone.
            int looked = look(row, first, rowKey, key, 0, permits, now, states);
            if (looked != ADMITTED) {
                return looked;
            }
        }
        for (int i = done; i < buckets.length; i++) {
            long state = move(row, first, i, rowKey, key, Operation.TAKE, permits, now, 0);
            if (state == TokenBucket.ABSENT) {
                return follow(row, key, Operation.TAKE, i, permits, now, states);
            }
            if (states != null) {
                states[i] = state;
            }
            if (!buckets[i].admits(state, permits, now)) {
                undo(row, first, i, rowKey, key, permits, now);
                return states == null || look(row, first, rowKey, key, i + 1, permits, now, states) != ABSENT
                        ? i
                        : ABSENT;
            }
        }
        return ADMITTED;
    }

    /** Whether all states are times that admit the permits. A quick look only: each charge checks again. */
    private boolean allAdmit(long[] row, int first, long permits, long now) {
        for (int i = 0; i < buckets.length; i++) {
            long state = (long) STATE.getVolatile(row, first + i * stride);
            if (state < TokenBucket.FIRST_TIME || !buckets[i].admits(state, permits, now)) {
                return false;
            }
        }
        return true;
    }

    /** Reads all states from one on, or, if {@code states} is null, those up to the first that denies. */
    private int look(
            long[] row, int first, long rowKey, K key, int from, long permits, long now, long @Nullable [] states) {
        int denying = ADMITTED;
        for (int i = from; i < buckets.length && (denying == ADMITTED || states != null); i++) {
            long state = move(row, first, i, rowKey, key, Operation.LOOK, permits, now, 0);
            if (state == TokenBucket.ABSENT) {
                int rest = follow(row, key, Operation.LOOK, i, permits, now, states);
                return denying == ADMITTED || rest == ABSENT ? rest : denying;
            }
            if (states != null) {
                states[i] = state;
            }
            if (denying == ADMITTED && !buckets[i].admits(state, permits, now)) {
                denying = i;
            }
        }
        return denying;
    }

    /** Moves the first state last, and always if it moved any other: a MapStore evicts by the first state alone. */
    private int moveAll(
            long[] row,
            int first,
            long rowKey,
            K key,
            Operation operation,
            int done,
            long permits,
            long now,
            long @Nullable [] states) {
        boolean moved = done > 0;
        for (int i = buckets.length - 1 - done; i >= 0; i--) {
            long owing = operation == Operation.OWE && states != null ? states[i] : 0;
            long state = move(row, first, i, rowKey, key, operation, permits, now, owing);
            if (state == TokenBucket.ABSENT) {
                return follow(row, key, operation, buckets.length - 1 - i, permits, now, states);
            }
            boolean moves = next(i, operation, state, permits, now, owing) != state;
            if (i == 0 && moved && !moves && !touch(row, first, rowKey, key, now)) {
                return follow(row, key, operation, buckets.length - 1, permits, now, states);
            }
            moved |= moves;
            if (operation != Operation.OWE && states != null) {
                states[i] = state;
            }
        }
        return ADMITTED;
    }

    /** Takes back what this call charged before bucket {@code end} denied. */
    private void undo(long[] row, int first, int end, long rowKey, K key, long permits, long charged) {
        giveBack(row, first, rowKey, key, Operation.UNDO, buckets.length - end, permits, charged);
        if (end > 0) {
            undone.increment();
        }
    }

    /**
     * Gives back a charge, the last bucket first. What has been earned back since is not given, as another call may
     * have paid it. A row that is new by now owes nothing.
     */
    private int giveBack(
            long[] row, int first, long rowKey, K key, Operation operation, int done, long permits, long charged) {
        for (int i = buckets.length - 1 - done; i >= 0; i--) {
            int index = first + i * stride;
            for (; ; Thread.onSpinWait()) {
                long state = (long) STATE.getVolatile(row, index);
                if (state == TokenBucket.MOVED) {
                    return follow(row, key, operation, buckets.length - 1 - i, permits, charged, null);
                }
                if (state < TokenBucket.FIRST_TIME || isOther(row, first, rowKey)) {
                    break;
                }
                long now = ticker.read();
                long next = operation == Operation.UNDO
                        ? buckets[i].undo(state, permits, charged, now)
                        : buckets[i].giveBack(state, permits, charged, now);
                if (next == state || STATE.compareAndSet(row, index, state, next)) {
                    break;
                }
            }
        }
        return ADMITTED;
    }

    /**
     * Moves one state by one step, in one CAS. A step that changes nothing writes nothing. At each attempt a NEW state
     * starts from what the key owes, read after the state, and no earlier than {@link #asOf}.
     *
     * <p>A state that has too few permits at {@code now} is judged by a second reading, taken after the state was read.
     * Why: the thread may have slept since {@code now}. Calls that came later have charged the state meanwhile, as of
     * later readings, and what it owes as of {@code now} is more than it ever owed.
     *
     * @return the state that the step was taken from, as it is at the reading {@code now}; or
     *     {@link TokenBucket#ABSENT}
     */
    final long move(
            long[] row, int first, int i, long rowKey, K key, Operation operation, long permits, long now, long owing) {
        TokenBucket bucket = buckets[i];
        int index = first + i * stride;
        for (; ; Thread.onSpinWait()) {
            long state = settled(row, index, bucket, now);
            if (TokenBucket.isGone(state) || isOther(row, first, rowKey)) {
                return TokenBucket.ABSENT;
            }
            long asOf = now;
            long from = state;
            if (state < TokenBucket.FIRST_TIME) {
                asOf = asOf(key, now);
                long owed = owedBefore(key, i, asOf);
                from = bucket.isFull(owed, asOf) ? state : owed;
            }
            if (hasTooFew(bucket, operation, from, permits, asOf)) {
                asOf = laterOf(asOf);
            }
            long next = next(i, operation, from, permits, asOf, owing);
            if (next == from
                    ? (long) STATE.getVolatile(row, index) == state
                    : STATE.compareAndSet(row, index, state, next)) {
                return bucket.restated(from, asOf, now);
            }
        }
    }

    private boolean hasTooFew(TokenBucket bucket, Operation operation, long state, long permits, long now) {
        return switch (operation) {
            case TAKE, LOOK -> !bucket.admits(state, permits, now);
            case CHARGE -> bucket.chargeable(state, permits, now, deepest(bucket)) < permits;
            default -> false;
        };
    }

    final long next(int i, Operation operation, long state, long permits, long now, long owing) {
        TokenBucket bucket = buckets[i];
        return switch (operation) {
            case TAKE -> bucket.take(state, permits, now);
            case LOOK -> state;
            case CHARGE -> bucket.charge(state, permits, now, deepest(bucket));
            case OWE -> bucket.owe(state, owing, now);
            case REFUND -> bucket.refund(state, permits, now);
            case RESET -> bucket.reset(state, now);
            case GIVE_BACK, UNDO -> throw new IllegalArgumentException("reads the clock after the state");
        };
    }

    /** Moves the first state to a different one with the same meaning. Answers whether the row is still the key's. */
    private boolean touch(long[] row, int first, long rowKey, K key, long now) {
        for (; ; Thread.onSpinWait()) {
            long state = (long) STATE.getVolatile(row, first);
            if (TokenBucket.isGone(state) || isOther(row, first, rowKey)) {
                return false;
            }
            long next = buckets[0].touched(state, asOf(key, buckets[0].refillBefore(now)));
            if (STATE.compareAndSet(row, first, state, next)) {
                return true;
            }
        }
    }

    /**
     * Reads a state and corrects one that owes more than its row may.
     *
     * <p>Why: such a state was written before the clock stepped back, and its key would wait for the clock. It owes the
     * most that the row may from now on. The trap: an old reading proves nothing, so a second one is taken after the
     * state was read.
     */
    final long settled(long[] row, int index, TokenBucket bucket, long now) {
        for (; ; ) {
            long state = (long) STATE.getVolatile(row, index);
            if (!bucket.isBeyond(state, bucket.empty(), now)) {
                return state;
            }
            long most = mostOwed(bucket); // read after the state: a writer raises it before it writes the state
            long later = bucket.isBeyond(state, most, now) ? ticker.read() : now;
            if (!bucket.isBeyond(state, most, later)) {
                return state;
            }
            STATE.compareAndSet(row, index, state, bucket.owing(most, later));
        }
    }

    private void mayOwe(Operation operation) {
        if (operation == Operation.OWE && !owed) {
            owed = true;
        } else if (operation == Operation.CHARGE && !charged) {
            charged = true;
        }
    }

    /** The most that a row may owe. */
    private long mostOwed(TokenBucket bucket) {
        return owed ? bucket.most() : charged ? deepest(bucket) : bucket.empty();
    }

    private boolean isOther(long[] row, int first, long rowKey) {
        return rowKey != NO_ROW_KEY && (long) STATE.getVolatile(row, first - stride) != rowKey;
    }

    static long state(long[] row, int index) {
        return (long) STATE.getVolatile(row, index);
    }

    static boolean compareAndSetState(long[] row, int index, long expected, long next) {
        return STATE.compareAndSet(row, index, expected, next);
    }

    /** A reading taken now, or this one if the clock has stepped back since. */
    final long laterOf(long reading) {
        return reading + Math.max(0, ticker.read() - reading);
    }

    final Ticker ticker() {
        return ticker;
    }

    /** How many calls took a charge back. */
    final long undone() {
        return undone.sum();
    }
}
