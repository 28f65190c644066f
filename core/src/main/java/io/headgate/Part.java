package io.headgate;

import org.jspecify.annotations.Nullable;

/**
 * A part of an {@link AddressTable}: the rows of all keys whose hashes begin with the same bits. A thread holds its
 * monitor to give a slot to a key, to free one, or to move all rows to the successors of the part.
 */
final class Part {

    /** What an object of this class occupies, in the usual layout of a 64-bit JVM. */
    static final long BYTES = 48;

    /** How many bits the hashes have in common. */
    final int depth;
    /** Those bits, as a number. */
    final int prefix;

    final long[] rows;

    /**
     * Slots that have a key. Guarded by the monitor once the part is published, as are all fields below except the
     * successors.
     */
    private int live;
    /** The group where the next newcomer without room looks for a full bucket, modulo the number of groups. */
    int hand;
    /** How many NEW states were given out. */
    private long newStates;

    /** Where the rows go or have gone: one part, or two for the next bit. Null while they stay. */
    private volatile Part @Nullable [] successors;
    /** Whether the rows have gone. */
    private boolean replaced;

    Part(int depth, int prefix, long[] rows) {
        this.depth = depth;
        this.prefix = prefix;
        this.rows = rows;
    }

    int groups() {
        return Slots.groups(rows);
    }

    int slots() {
        return groups() * Slots.GROUP;
    }

    int live() {
        return live;
    }

    /** Counts slots that were given to keys or, if negative, freed. */
    void count(int more) {
        live += more;
    }

    /** The state of a new bucket. It differs from the last 2^15 that this part has given out. */
    long newState() {
        return TokenBucket.newState(newStates++);
    }

    /** Takes over rows of a part. Their NEW states must not be given out again here. */
    void succeed(Part predecessor) {
        newStates = Math.max(newStates, predecessor.newStates);
    }

    /** Says where the rows will be, before the first one goes. */
    void goesTo(Part... parts) {
        successors = parts;
    }

    /** The part that has, or will have, the row of a key with this hash: this one while the row stays. */
    Part successor(long hash) {
        Part[] parts = successors;
        return parts == null ? this : parts[parts.length == 1 ? 0 : (int) (hash >>> (Long.SIZE - 1 - depth)) & 1];
    }

    boolean isReplaced() {
        return replaced;
    }

    void setReplaced() {
        replaced = true;
    }

    /** Whether this part has the second half of the hashes that it shares with its sibling. */
    boolean isUpper() {
        return (prefix & 1) == 1;
    }

    /** The least hash that begins with these bits, as an unsigned number. */
    static long firstHash(int depth, int prefix) {
        return depth == 0 ? 0 : (long) prefix << (Long.SIZE - depth);
    }
}
