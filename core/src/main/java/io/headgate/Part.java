package io.headgate;

import org.jspecify.annotations.Nullable;

/**
 * A part of an {@link AddressTable}: the rows of all keys whose hashes begin with the same bits. Its monitor is held by
 * whoever gives a slot to a key, takes it back, or moves all rows to the parts that take this one's place.
 */
final class Part {

    /** What an object of this class occupies, in the usual layout of a 64-bit JVM. */
    static final long BYTES = 48;

    /** How many bits the hashes have in common. */
    final int depth;
    /** Those bits, as a number. */
    final int prefix;

    final long[] rows;

    /** Slots that have a key. Guarded by the monitor, as all that follows but the successors, once the part is seen. */
    private int live;
    /** Where the next newcomer without room looks for a full bucket: a group, or any number of them further. */
    int hand;
    /** How many NEW states were given out. */
    private long newStates;

    /** Where the rows are going or have gone: one part, or two for the next bit. Null while they stay. */
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

    /** Counts slots that were given to keys or, if less than zero, taken back. */
    void count(int more) {
        live += more;
    }

    /** A state for a bucket that begins full, such as none of this part has begun with for long. */
    long newState() {
        return TokenBucket.newState(newStates++);
    }

    /** Takes the place of a part, or half of it: NEW states that have moved here must not come again. */
    void succeed(Part predecessor) {
        newStates = Math.max(newStates, predecessor.newStates);
    }

    /** Says where the rows will be, before the first one goes. */
    void goesTo(Part... parts) {
        successors = parts;
    }

    /** Where the row of a key with this hash is, or is going: here while it stays. */
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

    /** Whether it has the second half of the hashes that it shares with its sibling. */
    boolean isUpper() {
        return (prefix & 1) == 1;
    }

    /** The least hash that begins with these bits, as an unsigned number. */
    static long firstHash(int depth, int prefix) {
        return depth == 0 ? 0 : (long) prefix << (Long.SIZE - depth);
    }
}
