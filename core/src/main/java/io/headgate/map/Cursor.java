package io.headgate.map;

import org.jspecify.annotations.Nullable;

/**
 * A position in a walk over the live entries, segment by segment, that visits a key at most once. For one thread.
 *
 * <p>O(1) to make. When the cursor enters a segment it takes the keys of that moment, and shows each with the value of
 * the moment at which it reaches the key. It holds one table at a time. So an abandoned walk keeps the dead entries of
 * at most one segment from the garbage collector, and a cursor at {@linkplain #rest rest} keeps nothing.
 */
final class Cursor {

    private final Segment[] segments;
    private int nextSegment;

    /**
     * The table of the present segment, the one before {@link #nextSegment}. Empty if there is nothing left to see of
     * it; null at rest.
     */
    private @Nullable Table table = Table.EMPTY;

    /** How many slots the table had before the rest; zero if it was empty. */
    private int length;

    /** The slot to look at next and, if that has a bin, the next entry of the bin. */
    private int slot;

    private int inBin;

    private @Nullable Object value;

    Cursor(Segment[] segments) {
        this.segments = segments;
    }

    /** Goes back to the beginning. */
    void restart() {
        rest();
        length = 0;
        nextSegment = 0;
        slot = 0;
        inBin = 0;
    }

    /**
     * Drops all references and keeps the position, by number. If the cursor continues within a segment, it sees the
     * keys that have settled by then, and all of them if the number of slots has changed.
     */
    void rest() {
        if (table != null) {
            length = table == Table.EMPTY ? 0 : table.slots.length;
        }
        table = null;
        value = null;
    }

    /** Lets the keys settle of the segment in which the cursor rests, if it is within one. */
    void settle() {
        if (length != 0) {
            segments[nextSegment - 1].promoted();
        }
    }

    /** Moves to the position of another cursor, to rest there. */
    void moveTo(Cursor other) {
        rest();
        nextSegment = other.nextSegment;
        length = other.length;
        slot = other.slot;
        inBin = other.inBin;
    }

    /** Moves to the next live entry and returns it; null when there is none. */
    @Nullable
    Entry next() {
        for (; ; ) {
            Entry entry = nextOfSegment();
            if (entry == null) {
                if (nextSegment == segments.length) {
                    return null;
                }
                table = segments[nextSegment].promoted();
                nextSegment++;
                slot = 0;
                inBin = 0;
                continue;
            }
            Object seen = entry.value();
            if (seen != null && seen != Entry.EXPUNGED) {
                value = seen;
                return entry;
            }
        }
    }

    private @Nullable Entry nextOfSegment() {
        Table table = this.table == null ? resumed() : this.table;
        @Nullable Entry[] slots = table.slots;
        while (slot < slots.length) {
            Entry entry = slots[slot];
            if (entry instanceof CollisionBin bin) {
                if (inBin < bin.size()) {
                    return bin.entry(inBin++);
                }
                inBin = 0;
                slot++;
            } else {
                slot++;
                if (entry != null) {
                    return entry;
                }
            }
        }
        this.table = Table.EMPTY;
        return null;
    }

    /** The table after a rest. If it has another length, slot numbers say nothing of what was seen. */
    private Table resumed() {
        Table now = length == 0 ? Table.EMPTY : segments[nextSegment - 1].settled();
        if (now.slots.length != length) {
            slot = 0;
            inBin = 0;
        }
        table = now;
        return now;
    }

    /** Deletes the entry that the cursor has moved to, if it still has this value. */
    boolean delete(Entry entry, Object expected) {
        return segments[nextSegment - 1].delete(entry, expected);
    }

    /** The value that the entry had when the cursor reached it. */
    @Nullable
    Object value() {
        return value;
    }
}
