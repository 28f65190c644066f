package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of keys: each key has a <em>row</em>, one state per limit. An operation finds the row once and then moves
 * its states. Holds the one loop that moves a state.
 */
abstract class Buckets<K> {

    /*
     * In the order of the file: the operations on all states of a row; the loop that moves one of them; its steps.
     *
     * A row of the address table serves one key after the other. The element before the first state is then its key,
     * and is read again after every state: AddressTable tells why both are of one key.
     */

    /** All buckets admitted the operation. A result that is 0 or more is the number of the bucket that denied it. */
    static final int ADMITTED = -1;
    /** The key has no row, or lost it in the midst: its buckets were full then, so the operation may start over. */
    static final int ABSENT = -2;

    /** The row key of a row that never serves another key, and so stores none. */
    static final long NO_ROW_KEY = 0;

    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(long[].class);

    /** One a limit, the slowest first: the order in which they are charged, which {@link MapStore} relies on. */
    final TokenBucket[] buckets;

    private final Ticker ticker;
    /** From one state of a row to the next. */
    final int stride;
    /** Whether any row may owe more than an empty bucket: as {@link Operation#CHARGE} or {@link Operation#OWE} leave it. */
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
     * Finds the row of a key and applies an operation to all its states. Reads the clock only if the operation met others.
     *
     * @param now when the call came; for {@link Operation#GIVE_BACK} when the charge was made, or earlier
     * @param states for {@link Operation#OWE} what is owed, by limit; else receives, if given, the states that the operation
     *     was decided on, as they are at the reading {@code now}
     * @return {@link #ADMITTED}, {@link #ABSENT} or the number of the bucket that denied
     */
    abstract int apply(K key, Operation operation, long permits, long now, long @Nullable [] states);

    /** The reading as of which a state that is NEW is charged, no earlier than the one given. Read after the state. */
    abstract long asOf(K key, long now);

    /** What a key owed before it had a row: the state that its first charge starts from. Read after the row's. */
    abstract long owedBefore(K key, int limit, long now);

    /** How much a bucket may owe after {@link Operation#CHARGE}. */
    abstract long deepest(TokenBucket bucket);

    /**
     * Applies an operation to a row that was found.
     *
     * @param first where its first state is
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

    /** The same from the state on to which the operation comes next: {@code done} states are behind it. */
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
     * Goes on with an operation that came to a state which is gone, with the same limit: by {@link #applyRest} in the row that
     * the key has now.
     *
     * @param left where the row was
     * @return {@link #ABSENT} if the key has no row any more: what was charged has been paid, so the operation may start over
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

    /** Whether all states are times that admit the permits, at a glance: whoever charges them looks again. */
    private boolean allAdmit(long[] row, int first, long permits, long now) {
        for (int i = 0; i < buckets.length; i++) {
            long state = (long) STATE.getVolatile(row, first + i * stride);
            if (state < TokenBucket.FIRST_TIME || !buckets[i].admits(state, permits, now)) {
                return false;
            }
        }
        return true;
    }

    /** Reads all states from one on, if the caller wants them, else up to the first that denies. */
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

    /** Moves the first state last, and always if any other was: a MapStore evicts by the first state alone. */
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
     * Gives back a charge, the last bucket first: less what has been earned back since, so that nothing is given that
     * another call has paid. A row that has been emptied meanwhile owes nothing.
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
     * Moves one state by one step, in one CAS; a step that changes nothing writes nothing. A state that is NEW starts, at
     * each attempt, from what the key owes after the state was read, and no earlier than {@link #asOf}.
     *
     * @return the state that the step was taken from, as it is at the reading {@code now}; or {@link TokenBucket#ABSENT}
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
            long next = next(i, operation, from, permits, asOf, owing);
            if (next == from
                    ? (long) STATE.getVolatile(row, index) == state
                    : STATE.compareAndSet(row, index, state, next)) {
                return bucket.restated(from, asOf, now);
            }
        }
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

    /** Moves the first state to another one of the same meaning: answers whether the row is still the key's. */
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
     * A state. If it owes more than its row may, at the caller's reading and at one taken after the state was read, the
     * clock has stepped back since it was written: then it owes that most from now on. An older reading proves nothing.
     */
    final long settled(long[] row, int index, TokenBucket bucket, long now) {
        for (; ; ) {
            long state = (long) STATE.getVolatile(row, index);
            if (!bucket.isBeyond(state, bucket.empty(), now)) {
                return state;
            }
            long most = mostOwed(bucket); // read after the state: whoever wrote it has raised it before
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

    final Ticker ticker() {
        return ticker;
    }

    /** How many calls took a charge back. */
    final long undone() {
        return undone.sum();
    }
}
