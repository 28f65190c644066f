package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Finds the {@link Part} of a hash by its first bits: as many as the deepest part has. */
final class Directory {

    /*
     * Extendible hashing (Fagin et al., 1979): a part with fewer bits has several entries. Rows are kept beside parts,
     * so that a look-up gets from the entry to the states in one step. Entries are written one by one, rows before
     * parts. A thread that reads an old entry either finds the key there, and its states MOVED, or looked before the
     * key came.
     */

    private static final VarHandle ROWS = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle PARTS = MethodHandles.arrayElementVarHandle(Part[].class);

    private static final long BYTES = 40 + 2 * 16;
    private static final long BYTES_PER_ENTRY = 2 * 4;

    private final int limits;

    /** The array of the part with these hashes, by first bits. Replaced and written with the monitor held. */
    private volatile long[][] rows;

    private volatile Part[] parts;
    /** Groups of the latest part, and of most parts. A hint that any thread reads and writes; nothing depends on it. */
    private int usual = 1;
    /** How many parts have as many bits as there are entries for. Guarded by the monitor. */
    private int deepest = 1;
    /** Moves that have made room and not replaced anything yet. Guarded by the monitor. */
    private int expected;
    /** What the parts occupy. Guarded by the monitor. */
    private long partBytes;

    Directory(int limits, Part whole) {
        this.limits = limits;
        rows = new long[][] {whole.rows};
        parts = new Part[] {whole};
        partBytes = bytes(whole);
    }

    long[] rows(long hash) {
        long[][] all = rows;
        int entry = all.length == 1 ? 0 : HomeHash.scaled(hash, all.length); // a small table need not wait for the hash
        return (long[]) ROWS.getAcquire(all, entry);
    }

    /**
     * The number of groups, as a guess that is checked: a search then need not wait for the array before it knows where
     * to look.
     */
    int groups(long[] rows) {
        int groups = usual;
        if (Slots.groups(rows) != groups) {
            groups = Slots.groups(rows);
        }
        return groups;
    }

    Part part(long hash) {
        Part[] all = parts;
        return (Part) PARTS.getAcquire(all, HomeHash.scaled(hash, all.length));
    }

    /** Makes room for parts with so many bits, and keeps it until {@link #replace}. */
    synchronized void deepen(int depth) {
        while (parts.length < 1 << depth) {
            resize(parts.length * 2);
        }
        expected++;
    }

    /** Replaces parts by others, for which {@link #deepen} has made room. Throws nothing. */
    synchronized void replace(Part[] predecessors, Part[] successors) {
        for (Part part : successors) {
            int span = parts.length >>> part.depth;
            for (int i = part.prefix * span; i < (part.prefix + 1) * span; i++) {
                ROWS.setRelease(rows, i, part.rows);
            }
            for (int i = part.prefix * span; i < (part.prefix + 1) * span; i++) {
                PARTS.setRelease(parts, i, part);
            }
        }
        usual = successors[0].groups();
        expected--;
        count(predecessors, -1);
        count(successors, 1);
    }

    private void count(Part[] changed, int sign) {
        for (Part part : changed) {
            deepest += 1 << part.depth == parts.length ? sign : 0;
            partBytes += sign * bytes(part);
        }
    }

    /** Looks at fewer bits, if they suffice for all parts and for those that are to come. */
    synchronized void trim() {
        while (deepest == 0 && expected == 0) {
            resize(parts.length / 2);
            int depth = Integer.numberOfTrailingZeros(parts.length);
            for (Part part : parts) {
                deepest += part.depth == depth ? 1 : 0;
            }
        }
    }

    private void resize(int length) {
        long[][] resizedRows = new long[length][];
        Part[] resizedParts = new Part[length];
        for (int i = 0; i < length; i++) {
            int from = (int) ((long) i * parts.length / length);
            resizedRows[i] = rows[from];
            resizedParts[i] = parts[from];
        }
        deepest = length > parts.length ? 0 : deepest;
        rows = resizedRows;
        parts = resizedParts;
    }

    private long bytes(Part part) {
        return Part.BYTES + Slots.bytes(part.groups(), limits);
    }

    synchronized long bytes() {
        return BYTES + BYTES_PER_ENTRY * parts.length + partBytes;
    }

    /** The same with 2^depth parts of so many groups. */
    static long bytes(int depth, int groups, int limits) {
        return BYTES + ((BYTES_PER_ENTRY + Part.BYTES + Slots.bytes(groups, limits)) << depth);
    }
}
