package io.headgate.map;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A flat hash table of entries with linear probing: an array of references whose length is a power of two.
 *
 * <p>A table only gains entries. While it is private it is changed with the segment's lock held. Once published it is
 * never changed again; only the values of its entries are. A change that throws, in the user's code or for want of
 * memory, has changed nothing: what may throw comes before the first write to the slots.
 */
final class Table {

    /** Up to so many entries of one hash are probed like any others. More of them move into a bin. */
    private static final int MOST_OF_ONE_HASH = 8;

    private static final int SMALLEST = 8;

    /** Has no keys. Shared by all segments that are empty. */
    static final Table EMPTY = new Table(new Entry[1], false);

    /** At most a quarter full, so that a hit seldom looks at a second slot, and every probe ends at a free one. */
    final @Nullable Entry[] slots;

    /** Whether the segment has a newer table behind its lock that may know more keys than this one. */
    final boolean amended;

    /** Slots taken. Guarded by the segment's lock, as {@link #count} is. */
    private int used;

    private int count;

    private Table(@Nullable Entry[] slots, boolean amended) {
        this.slots = slots;
        this.amended = amended;
    }

    /** A table with room for one entry more: between an eighth and a quarter of the slots are taken. */
    private static Table forSlots(int used) {
        return new Table(new Entry[Integer.highestOneBit(Math.max(SMALLEST, Math.multiplyExact(8, used)))], false);
    }

    /** The entries held, whatever their state. */
    int count() {
        return count;
    }

    /** Finds the entry of a key, whatever its state. O(1); O(log n) among n Comparable keys of one hash. */
    @Nullable
    Entry find(Object key, int hash) {
        return find(slots, key, hash);
    }

    /** The same, in slots that were published. Compares keys only if their hashes match and their references do not. */
    static @Nullable Entry find(@Nullable Entry[] slots, Object key, int hash) {
        int mask = slots.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            Entry entry = slots[i];
            if (entry == null) {
                return null;
            }
            if (entry.hash == hash) {
                if (entry.key == key) {
                    return entry;
                }
                if (entry instanceof CollisionBin bin) {
                    return bin.find(key);
                }
                if (key.equals(entry.key)) {
                    return entry;
                }
            }
        }
    }

    /** The same slots, marked as amended by a newer table. */
    Table asAmended() {
        Table marked = new Table(slots, true);
        marked.used = used;
        marked.count = count;
        return marked;
    }

    /**
     * Expunges what is deleted here and copies the rest into a private table. The order matters: an entry that is left
     * out must never come to life again, and one that comes to life before it is expunged is not left out. If the copy
     * throws, what was expunged is as absent as what was deleted.
     */
    Table survivors() {
        int kept = 0;
        for (Entry entry : slots) {
            if (entry != null && !entry.expungeDeleted()) {
                kept++;
            }
        }
        Table copy = forSlots(kept);
        for (Entry entry : slots) {
            Entry survivor = entry == null ? null : entry.survivor();
            if (survivor != null) {
                copy.place(survivor);
                copy.count += survivor.size();
            }
        }
        return copy;
    }

    /** Expunges all entries. Answers how many were live. */
    int expungeAll() {
        int live = 0;
        for (Entry entry : slots) {
            live += entry == null ? 0 : entry.expungeAll();
        }
        return live;
    }

    /**
     * Adds the entry of a key that has none here. Returns the table to use from now on, a larger one if this was full.
     */
    Table add(Entry entry) {
        Table roomy = 4 * used < slots.length ? this : enlarged();
        roomy.insert(entry);
        return roomy;
    }

    private Table enlarged() {
        Table larger = forSlots(used);
        for (Entry entry : slots) {
            if (entry != null) {
                larger.place(entry);
            }
        }
        larger.count = count;
        return larger;
    }

    private void insert(Entry entry) {
        int mask = slots.length - 1;
        int sameHash = 0;
        int i = entry.hash & mask;
        for (Entry other = slots[i]; other != null; other = slots[i]) {
            if (other.hash == entry.hash) {
                if (other instanceof CollisionBin bin) {
                    bin.add(entry);
                    count++;
                    return;
                }
                sameHash++;
            }
            i = (i + 1) & mask;
        }
        if (sameHash < MOST_OF_ONE_HASH) {
            slots[i] = entry;
            used++;
        } else {
            gather(entry);
        }
        count++;
    }

    /**
     * Moves an entry and all others of its hash into a bin, and what was probed after them closer to its home. All is
     * prepared in an array aside: between the first write to the slots and the last, nothing can throw.
     */
    private void gather(Entry added) {
        int mask = slots.length - 1;
        int start = added.hash & mask;
        int length = 0;
        while (slots[(start + length) & mask] != null) {
            length++;
        }
        CollisionBin bin = new CollisionBin(added.hash);
        @Nullable Entry[] laidOut = new Entry[length];
        laidOut[0] = bin;
        int taken = 1;
        for (int i = 0; i < length; i++) {
            Entry entry = requireNonNull(slots[(start + i) & mask]);
            if (entry.hash == added.hash) {
                bin.add(entry);
            } else {
                int home = (entry.hash - start) & mask;
                int free = home < length ? home : 0; // its home is before the start, where all slots are taken
                while (laidOut[free] != null) {
                    free++;
                }
                laidOut[free] = entry;
                taken++;
            }
        }
        bin.add(added);
        for (int i = 0; i < length; i++) {
            slots[(start + i) & mask] = laidOut[i];
        }
        used += taken - length;
    }

    /** Puts an entry or a bin into the first free slot for its hash, without comparing it with others. */
    private void place(Entry entry) {
        int mask = slots.length - 1;
        int i = entry.hash & mask;
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = entry;
        used++;
    }
}
