package io.headgate.net;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the place of a number among ascending ones: the leading bits tell a cell, and a binary search among the few
 * numbers of that cell does the rest. Immutable.
 *
 * <p>There are about as many cells as numbers. A cell that has many all the same, since numbers lie in clusters as those
 * of networks do, has an index of its own. After four of them a binary search has to do.
 */
final class RadixIndex {

    /** How many numbers a cell may have before it gets an index of its own. */
    private static final int FEW = 8;

    private static final int DEEPEST = 4;

    private final long[] sorted;
    private final int from;
    private final int to;
    /** The first of the numbers. Cells count from it. */
    private final long least;

    private final long greatest;
    private final int shift;
    /**
     * For each cell the index of the first number that is in it or above it, or {@code ~i} if it has an index of its own,
     * {@code inner.get(i)}. After the last cell {@code to}.
     */
    private final int[] cells;

    private final List<RadixIndex> inner = new ArrayList<>();

    /** An index of {@code sorted[from]} to {@code sorted[to - 1]}, none of which may change. */
    RadixIndex(long[] sorted, int from, int to) {
        this(sorted, from, to, 1);
    }

    private RadixIndex(long[] sorted, int from, int to, int depth) {
        this.sorted = sorted;
        this.from = from;
        this.to = to;
        least = from == to ? Long.MAX_VALUE : sorted[from];
        greatest = from == to ? Long.MAX_VALUE : sorted[to - 1];
        shift = Math.max(0, bits(greatest - least) - bits(to - from));
        cells = new int[cell(greatest) + 2];
        int cell = 0;
        for (int i = from; i < to; i++) {
            while (cell <= cell(sorted[i])) {
                cells[cell++] = i;
            }
        }
        cells[cells.length - 1] = to;
        for (cell = 0; cell < cells.length - 1 && depth < DEEPEST; cell++) {
            int first = cells[cell];
            if (cells[cell + 1] - first > FEW) {
                cells[cell] = ~inner.size();
                inner.add(new RadixIndex(sorted, first, cells[cell + 1], depth + 1));
            }
        }
    }

    /** How many bits the number has, which is unsigned. */
    private static int bits(long number) {
        return Long.SIZE - Long.numberOfLeadingZeros(number);
    }

    /** The cell of a number that is neither below the least nor above the greatest. */
    private int cell(long number) {
        return (int) ((number - least) >>> shift);
    }

    /** The index of the last number that is not above the key, or {@code from - 1}. */
    int lastUpTo(long key) {
        if (key < least) {
            return from - 1;
        }
        if (key >= greatest) {
            return to - 1;
        }
        int cell = cell(key);
        int first = cells[cell];
        if (first < 0) {
            return inner.get(~first).lastUpTo(key);
        }
        int next = cells[cell + 1];
        return lastUpTo(sorted, first, next < 0 ? inner.get(~next).from : next, key);
    }

    /** The index of the last of {@code sorted[from]} to {@code sorted[to - 1]} not above the key, or {@code from - 1}. */
    static int lastUpTo(long[] sorted, int from, int to, long key) {
        int below = from;
        int count = to - from;
        while (count > 0) {
            int half = (count + 1) >>> 1;
            below = sorted[below + half - 1] <= key ? below + half : below;
            count -= half;
        }
        return below - 1;
    }
}
