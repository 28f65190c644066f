package io.headgate.map;

import org.jspecify.annotations.Nullable;

/**
 * A walk over the live entries, segment by segment, that visits a key at most once. For one thread.
 *
 * <p>O(1) to make. It enters a segment when it gets there, and from then on sees the keys of that moment with the
 * values of the moment it reaches them. It holds one table at a time, so an abandoned walk keeps the dead entries of
 * no more than one segment from the garbage collector; one at {@linkplain #rest rest} keeps nothing.
 */
final class Cursor {

    private final Segment[] segments;
    private int nextSegment;

    /** Of the segment before the next one, empty if there is nothing left to see of that; null at rest. */
    private @Nullable Table table = Table.EMPTY;

    /** How many slots the table had before the rest; zero if it was empty. */
    private int length;

    /** The slot to look at next and, if it is a bin, the entry of the bin. */
    private int slot;

    private int inBin;

    private @Nullable Object value;

    Cursor(Segment[] segments) {
        this.segments = segments;
    }

    /** Begins anew. */
    void restart() {
        rest();
        length = 0;
        nextSegment = 0;
        slot = 0;
        inBin = 0;
    }

    /**
     * Lets go of all objects and keeps the position, by number. Taken up again in the midst of a segment it sees the keys that
     * have settled by then, all of them if their number is another one.
     */
    void rest() {
        if (table != null) {
            length = table == Table.EMPTY ? 0 : table.slots.length;
        }
        table = null;
        value = null;
    }

    /** Lets the keys settle of the segment in which it is taken up again, if it is in the midst of one. */
    void settle() {
        if (length != 0) {
            segments[nextSegment - 1].promoted();
        }
    }

    /** Goes to where another cursor is, to rest there. */
    void moveTo(Cursor other) {
        rest();
        nextSegment = other.nextSegment;
        length = other.length;
        slot = other.slot;
        inBin = other.inBin;
    }

    /** Goes to the next live entry; null when there is none. */
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

    /** The table after a rest. Slots of one of another length say nothing of what was seen. */
    private Table resumed() {
        Table now = length == 0 ? Table.EMPTY : segments[nextSegment - 1].settled();
        if (now.slots.length != length) {
            slot = 0;
            inBin = 0;
        }
        table = now;
        return now;
    }

    /** Deletes the entry it has gone to, if it still has this value. */
    boolean delete(Entry entry, Object expected) {
        return segments[nextSegment - 1].delete(entry, expected);
    }

    /** The value that the entry had when the cursor reached it. */
    @Nullable
    Object value() {
        return value;
    }
}
