package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of keys: each key has a <em>row</em>, one state word per limit. An operation finds the row once and then moves
 * its words. Holds the one loop that moves a word.
 */
abstract class Buckets<K> {

    /*
     * In the order of the file: the operations on all words of a row; the loop that moves one of them; its steps.
     *
     * A row of the address table serves one key after the other. The word before the first state word then is its key,
     * and is read again after every state word: AddressTable tells why both are of one key.
     */

    /** All buckets admitted the operation. A result that is 0 or more is the number of the bucket that refused it. */
    static final int ADMITTED = -1;
    /** The key has no row, or lost it in the midst: its buckets were full then, so the operation may start over. */
    static final int ABSENT = -2;

    /** The tenant of a row that never serves another key. */
    static final long ONLY_TENANT = 0;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** One a limit, the slowest first: the order in which they are charged, which {@link MapStore} relies on. */
    final TokenBucket[] buckets;

    private final Ticker ticker;
    /** From one word of a row to the next. */
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
     * Finds the row of a key and applies an operation to all its words. Reads the clock only if the operation met others.
     *
     * @param now when the call came; for {@link Operation#GIVE_BACK} when the charge was made, or earlier
     * @param words for {@link Operation#OWE} what is owed, by limit; else receives, if given, the words that the operation
     *     was decided on, as they are at the reading {@code now}
     * @return {@link #ADMITTED}, {@link #ABSENT} or the number of the bucket that refused
     */
    abstract int apply(K key, Operation operation, long permits, long now, long @Nullable [] words);

    /** The reading as of which a word that is NEW is charged, no earlier than the one given. Read after the word. */
    abstract long asOf(K key, long now);

    /** What a key owed before it had a row: the word that its first charge starts from. Read after the row's. */
    abstract long owedBefore(K key, int limit, long now);

    /** How much a bucket may owe after {@link Operation#CHARGE}. */
    abstract long deepest(TokenBucket bucket);

    /**
     * Applies an operation to a row that was found.
     *
     * @param first where its first word is
     * @param tenant what the key word says, or {@link #ONLY_TENANT}
     */
    final int applyTo(
            long[] row,
            int first,
            long tenant,
            K key,
            Operation operation,
            long permits,
            long now,
            long @Nullable [] words) {
        return applyRest(row, first, tenant, key, operation, 0, permits, now, words);
    }

    /** The same from the word on to which the operation comes next: {@code done} words are behind it. */
    final int applyRest(
            long[] row,
            int first,
            long tenant,
            K key,
            Operation operation,
            int done,
            long permits,
            long now,
            long @Nullable [] words) {
        return switch (operation) {
            case TAKE -> take(row, first, tenant, key, done, permits, now, words);
            case LOOK -> look(row, first, tenant, key, done, permits, now, words);
            case GIVE_BACK, UNDO -> giveBack(row, first, tenant, key, operation, done, permits, now);
            case CHARGE, OWE -> {
                mayOwe(operation);
                yield moveAll(row, first, tenant, key, operation, done, permits, now, words);
            }
            case REFUND, RESET -> moveAll(row, first, tenant, key, operation, done, permits, now, words);
        };
    }

    /**
     * Goes on with an operation that came to a word which is gone, with the same limit: by {@link #applyRest} in the row that
     * the key has now.
     *
     * @param left where the row was
     * @return {@link #ABSENT} if the key has no row any more: what was charged has been paid, so the operation may start over
     */
    int follow(long[] left, K key, Operation operation, int done, long permits, long now, long @Nullable [] words) {
        return ABSENT;
    }

    private int take(
            long[] row, int first, long tenant, K key, int done, long permits, long now, long @Nullable [] words) {
        if (buckets.length > 1 && done == 0 && !allAdmit(row, first, permits, now)) {
            // Without concurrency a denial is found here, and nothing has to be undone.
            int looked = look(row, first, tenant, key, 0, permits, now, words);
            if (looked != ADMITTED) {
                return looked;
            }
        }
        for (int i = done; i < buckets.length; i++) {
            long word = move(row, first, i, tenant, key, Operation.TAKE, permits, now, 0);
            if (word == TokenBucket.ABSENT) {
                return follow(row, key, Operation.TAKE, i, permits, now, words);
            }
            if (words != null) {
                words[i] = word;
            }
            if (!buckets[i].admits(word, permits, now)) {
                undo(row, first, i, tenant, key, permits, now);
                return words == null || look(row, first, tenant, key, i + 1, permits, now, words) != ABSENT
                        ? i
                        : ABSENT;
            }
        }
        return ADMITTED;
    }

    /** Whether all words are times that admit the permits, at a glance: whoever charges them looks again. */
    private boolean allAdmit(long[] row, int first, long permits, long now) {
        for (int i = 0; i < buckets.length; i++) {
            long word = (long) WORD.getVolatile(row, first + i * stride);
            if (word < TokenBucket.FIRST_TIME || !buckets[i].admits(word, permits, now)) {
                return false;
            }
        }
        return true;
    }

    /** Reads all words from one on, if the caller wants them, else up to the first that refuses. */
    private int look(
            long[] row, int first, long tenant, K key, int from, long permits, long now, long @Nullable [] words) {
        int refusing = ADMITTED;
        for (int i = from; i < buckets.length && (refusing == ADMITTED || words != null); i++) {
            long word = move(row, first, i, tenant, key, Operation.LOOK, permits, now, 0);
            if (word == TokenBucket.ABSENT) {
                int rest = follow(row, key, Operation.LOOK, i, permits, now, words);
                return refusing == ADMITTED || rest == ABSENT ? rest : refusing;
            }
            if (words != null) {
                words[i] = word;
            }
            if (refusing == ADMITTED && !buckets[i].admits(word, permits, now)) {
                refusing = i;
            }
        }
        return refusing;
    }

    /** Moves the first word last, and always if any other was: a MapStore evicts by the first word alone. */
    private int moveAll(
            long[] row,
            int first,
            long tenant,
            K key,
            Operation operation,
            int done,
            long permits,
            long now,
            long @Nullable [] words) {
        boolean moved = done > 0;
        for (int i = buckets.length - 1 - done; i >= 0; i--) {
            long owing = operation == Operation.OWE && words != null ? words[i] : 0;
            long word = move(row, first, i, tenant, key, operation, permits, now, owing);
            if (word == TokenBucket.ABSENT) {
                return follow(row, key, operation, buckets.length - 1 - i, permits, now, words);
            }
            boolean moves = next(i, operation, word, permits, now, owing) != word;
            if (i == 0 && moved && !moves && !touch(row, first, tenant, key, now)) {
                return follow(row, key, operation, buckets.length - 1, permits, now, words);
            }
            moved |= moves;
            if (operation != Operation.OWE && words != null) {
                words[i] = word;
            }
        }
        return ADMITTED;
    }

    /** Takes back what this call charged before bucket {@code end} refused. */
    private void undo(long[] row, int first, int end, long tenant, K key, long permits, long charged) {
        giveBack(row, first, tenant, key, Operation.UNDO, buckets.length - end, permits, charged);
        if (end > 0) {
            undone.increment();
        }
    }

    /**
     * Gives back a charge, the last bucket first: less what has been earned back since, so that nothing is given that
     * another call has paid. A row that has been emptied meanwhile owes nothing.
     */
    private int giveBack(
            long[] row, int first, long tenant, K key, Operation operation, int done, long permits, long charged) {
        for (int i = buckets.length - 1 - done; i >= 0; i--) {
            int index = first + i * stride;
            for (; ; Thread.onSpinWait()) {
                long word = (long) WORD.getVolatile(row, index);
                if (word == TokenBucket.MOVED) {
                    return follow(row, key, operation, buckets.length - 1 - i, permits, charged, null);
                }
                if (word < TokenBucket.FIRST_TIME || isOther(row, first, tenant)) {
                    break;
                }
                long now = ticker.read();
                long next = operation == Operation.UNDO
                        ? buckets[i].undo(word, permits, charged, now)
                        : buckets[i].giveBack(word, permits, charged, now);
                if (next == word || WORD.compareAndSet(row, index, word, next)) {
                    break;
                }
            }
        }
        return ADMITTED;
    }

    /**
     * Moves one word by one step, in one CAS; a step that changes nothing writes nothing. A word that is NEW starts, at
     * each attempt, from what the key owes after the word was read, and no earlier than {@link #asOf}.
     *
     * @return the word that the step was taken from, as it is at the reading {@code now}; or {@link TokenBucket#ABSENT}
     */
    final long move(
            long[] row, int first, int i, long tenant, K key, Operation operation, long permits, long now, long owing) {
        TokenBucket bucket = buckets[i];
        int index = first + i * stride;
        for (; ; Thread.onSpinWait()) {
            long word = settled(row, index, bucket, now);
            if (TokenBucket.isGone(word) || isOther(row, first, tenant)) {
                return TokenBucket.ABSENT;
            }
            long asOf = now;
            long from = word;
            if (word < TokenBucket.FIRST_TIME) {
                asOf = asOf(key, now);
                long owed = owedBefore(key, i, asOf);
                from = bucket.isFull(owed, asOf) ? word : owed;
            }
            long next = next(i, operation, from, permits, asOf, owing);
            if (next == from
                    ? (long) WORD.getVolatile(row, index) == word
                    : WORD.compareAndSet(row, index, word, next)) {
                return bucket.restated(from, asOf, now);
            }
        }
    }

    final long next(int i, Operation operation, long word, long permits, long now, long owing) {
        TokenBucket bucket = buckets[i];
        return switch (operation) {
            case TAKE -> bucket.take(word, permits, now);
            case LOOK -> word;
            case CHARGE -> bucket.charge(word, permits, now, deepest(bucket));
            case OWE -> bucket.owe(word, owing, now);
            case REFUND -> bucket.refund(word, permits, now);
            case RESET -> bucket.reset(word, now);
            case GIVE_BACK, UNDO -> throw new IllegalArgumentException("reads the clock after the word");
        };
    }

    /** Moves the first word to another one of the same meaning: answers whether the row is still the key's. */
    private boolean touch(long[] row, int first, long tenant, K key, long now) {
        for (; ; Thread.onSpinWait()) {
            long word = (long) WORD.getVolatile(row, first);
            if (TokenBucket.isGone(word) || isOther(row, first, tenant)) {
                return false;
            }
            long next = buckets[0].touched(word, asOf(key, buckets[0].refillBefore(now)));
            if (WORD.compareAndSet(row, first, word, next)) {
                return true;
            }
        }
    }

    /**
     * A state word. If it owes more than its row may, at the caller's reading and at one taken after the word was read, the
     * clock has stepped back since it was written: then it owes that most from now on. An older reading proves nothing.
     */
    final long settled(long[] row, int index, TokenBucket bucket, long now) {
        for (; ; ) {
            long word = (long) WORD.getVolatile(row, index);
            if (!bucket.isBeyond(word, bucket.empty(), now)) {
                return word;
            }
            long most = mostOwed(bucket); // read after the word: whoever wrote it has raised it before
            long later = bucket.isBeyond(word, most, now) ? ticker.read() : now;
            if (!bucket.isBeyond(word, most, later)) {
                return word;
            }
            WORD.compareAndSet(row, index, word, bucket.owing(most, later));
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

    private boolean isOther(long[] row, int first, long tenant) {
        return tenant != ONLY_TENANT && (long) WORD.getVolatile(row, first - stride) != tenant;
    }

    static long word(long[] row, int index) {
        return (long) WORD.getVolatile(row, index);
    }

    static boolean compareAndSetWord(long[] row, int index, long expected, long next) {
        return WORD.compareAndSet(row, index, expected, next);
    }

    final Ticker ticker() {
        return ticker;
    }

    /** How many calls took a charge back. */
    final long undone() {
        return undone.sum();
    }
}
