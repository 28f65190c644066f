package io.headgate.map;

import org.jspecify.annotations.Nullable;

/**
 * A walk over the live entries, segment by segment, that visits a key at most once. For one thread.
 *
 * <p>O(1) to make. It enters a segment when it gets there, and from then on sees the keys of that moment with the
 * values of the moment it reaches them. It holds one table at a time, so an abandoned walk keeps the dead entries of
 * no more than one segment from the garbage collector.
 */
final class Cursor {

    private final Segment[] segments;
    private int nextSegment;
    private Table table = Table.EMPTY;

    /** The slot to look at next and, if it is a bin, the entry of the bin. */
    private int slot;

    private int inBin;

    private @Nullable Object value;

    Cursor(Segment[] segments) {
        this.segments = segments;
    }

    /** Begins anew. */
    void restart() {
        nextSegment = 0;
        table = Table.EMPTY;
        slot = 0;
        inBin = 0;
        value = null;
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
        @Nullable Entry[] slots = table.slots;
        while (slot < slots.length) {
            Entry entry = slots[slot];
            if (entry instanceof Bin bin) {
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
        table = Table.EMPTY;
        return null;
    }

    /** The value that the entry had when the cursor reached it. */
    @Nullable
    Object value() {
        return value;
    }
}
