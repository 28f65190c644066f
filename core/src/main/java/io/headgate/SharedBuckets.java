package io.headgate;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Buckets that keys without a row share by neighbourhood, and beside each bucket the <em>cells</em> that remember which
 * keys owe there. A cell holds the latest state that an admitted charge of one of its keys has left in the shared
 * bucket. A key that gets a row starts from its cell, so it owes what it took itself. Fixed in size, made when first
 * needed.
 */
final class SharedBuckets<K> extends Buckets<K> {

    /*
     * A bucket's row is followed by the rows of its 64 cells. A cell only moves on, by CAS to the later state, except
     * for a refund of its key. The passing of time empties it; no thread clears it. So what a key inherits depends
     * neither on when others came nor on when a sweep was.
     */

    private static final int FAMILY = 1 << Neighbours.FAMILY_BITS;
    private static final int CELLS = 1 << Neighbours.CELL_BITS;
    private static final int BUCKETS = FAMILY / CELLS;
    private static final int ARRAY_HEADER_BYTES = 16;

    private final Neighbours<K> neighbours;
    /** By family: the rows of its buckets and cells. Null until a key of the family shares a bucket. */
    private final AtomicReferenceArray<long @Nullable []> families;

    SharedBuckets(TokenBucket[] buckets, Ticker ticker, Neighbours<K> neighbours, int families) {
        super(buckets, ticker, 1);
        this.neighbours = neighbours;
        this.families = new AtomicReferenceArray<>(families);
    }

    /**
     * {@inheritDoc}
     *
     * <p>As of {@code now}, which must not be earlier than the watermark of the store: the key's row may have been
     * evicted since.
     */
    @Override
    int apply(K key, Operation operation, long permits, long now, long @Nullable [] states) {
        int number = neighbours.of(key);
        if (operation == Operation.REFUND) {
            return refund(number, key, permits, now);
        }
        long[] family = family(number);
        int row = row(number);
        return switch (operation) {
            case LOOK -> applyTo(family, row, NO_ROW_KEY, key, operation, permits, now, states);
            case TAKE -> {
                int denying = applyTo(family, row, NO_ROW_KEY, key, Operation.LOOK, permits, now, states);
                yield denying == ADMITTED ? charge(family, number, key, operation, permits, now, states) : denying;
            }
            case CHARGE -> charge(family, number, key, operation, permits, now, states);
            case GIVE_BACK, UNDO -> {
                applyTo(family, cell(number), NO_ROW_KEY, key, operation, permits, now, states);
                yield applyTo(family, row, NO_ROW_KEY, key, operation, permits, now, states);
            }
            case REFUND, OWE, RESET -> throw new IllegalArgumentException(operation + " would be of strangers, too");
        };
    }

    /**
     * Charges the shared bucket, then notes in the key's cell what that charge left: as of a second reading, since the
     * charge may be as of one later than {@code now}.
     */
    private int charge(
            long[] family, int number, K key, Operation operation, long permits, long now, long @Nullable [] states) {
        long[] before = states == null ? new long[buckets.length] : states;
        int denying = applyTo(family, row(number), NO_ROW_KEY, key, operation, permits, now, before);
        if (denying != ADMITTED) {
            return denying;
        }
        long later = laterOf(now);
        for (int i = 0; i < buckets.length; i++) {
            long after = next(i, operation, before[i], permits, now, 0);
            if (after != before[i]) {
                long owing = buckets[i].restated(after, now, later);
                move(family, cell(number), i, NO_ROW_KEY, key, Operation.OWE, 0, later, owing);
            }
        }
        return ADMITTED;
    }

    /** Gives back what the key still owes by its cell, so that strangers who owe are not forgiven. */
    private int refund(int number, K key, long permits, long now) {
        for (int i = buckets.length - 1; i >= 0; i--) {
            long owed = buckets[i].refundable(owed(number, i, now), permits, now);
            if (owed > 0) {
                long[] family = family(number);
                move(family, cell(number), i, NO_ROW_KEY, key, Operation.REFUND, owed, now, 0);
                move(family, row(number), i, NO_ROW_KEY, key, Operation.REFUND, owed, now, 0);
            }
        }
        return ADMITTED;
    }

    @Override
    long asOf(K key, long now) {
        return now;
    }

    @Override
    long owedBefore(K key, int limit, long now) {
        return TokenBucket.NEW;
    }

    /** No deeper than empty, since strangers would wait for it. */
    @Override
    long deepest(TokenBucket bucket) {
        return bucket.empty();
    }

    /** The number of a key's bucket and cell. */
    int number(K key) {
        return neighbours.of(key);
    }

    /** What the keys of a cell still owe for their own charges, at most: a state, NEW if nothing. */
    long owed(int number, int limit, long now) {
        long[] family = families.get(number >>> Neighbours.FAMILY_BITS);
        return family == null ? TokenBucket.NEW : settled(family, cell(number) + limit, buckets[limit], now);
    }

    /** Whether the keys of a cell owe anything. */
    boolean isOwing(int number, long now) {
        for (int i = 0; i < buckets.length; i++) {
            if (!buckets[i].isFull(owed(number, i, now), now)) {
                return true;
            }
        }
        return false;
    }

    /** Whether any key ever shared a bucket. */
    boolean isUsed() {
        for (int i = 0; i < families.length(); i++) {
            if (families.get(i) != null) {
                return true;
            }
        }
        return false;
    }

    /** Whether the buckets that a key shares exist, so that it takes no memory to use them. */
    boolean isMade(K key) {
        return families.get(number(key) >>> Neighbours.FAMILY_BITS) != null;
    }

    private long[] family(int number) {
        int index = number >>> Neighbours.FAMILY_BITS;
        long[] family = families.get(index);
        if (family != null) {
            return family;
        }
        long[] made = new long[states()];
        Arrays.fill(made, TokenBucket.NEW);
        long[] other = families.compareAndExchange(index, null, made);
        return other == null ? made : other;
    }

    private int row(int number) {
        return ((number & (FAMILY - 1)) >>> Neighbours.CELL_BITS) * (1 + CELLS) * buckets.length;
    }

    private int cell(int number) {
        return row(number) + (1 + (number & (CELLS - 1))) * buckets.length;
    }

    private int states() {
        return BUCKETS * (1 + CELLS) * buckets.length;
    }

    /** What the rows occupy now. */
    long presentBytes() {
        long bytes = 0;
        for (int i = 0; i < families.length(); i++) {
            bytes += families.get(i) == null ? 0 : familyBytes();
        }
        return bytes;
    }

    /** What the rows occupy once keys of all families have shared. */
    long memoryBytes() {
        return families.length() * familyBytes();
    }

    private long familyBytes() {
        return ARRAY_HEADER_BYTES + (long) states() * Long.BYTES;
    }
}
