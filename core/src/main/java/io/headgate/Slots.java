package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The memory of an {@link AddressTable}: slots of a key word and one state word per limit, four to a group. Knows where
 * things are and by which access mode they are read and written, and nothing of what they mean, but for {@link #FREE}.
 */
final class Slots {

    /*
     * A group is four key words, then four state words of the first limit, then four of the second, and so on: under one
     * limit it is as large as a cache line, and so placed that it is one, if the array is, as large arrays are in G1 and
     * ZGC. A slot's number is four times its group's, plus 0 to 3. Arrays are cut at a power of two of groups, since an
     * array can have no more than 2^31 words, and into few, since G1 rounds every large one up to whole regions.
     */

    /** The key of a slot that is nobody's. */
    static final long FREE = 0;

    static final int GROUP = 4;
    private static final int GROUP_BITS = 2;

    /** Words before the first group: with an array's header of 16 bytes, a cache line. */
    private static final int PADDING = 6;

    private static final int SEGMENT_BITS = 22;
    private static final int IN_SEGMENT = (1 << SEGMENT_BITS) - 1;
    private static final long ARRAY_HEADER = 16;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[][] segments;
    private final int wordsPerGroup;
    private final int groups;

    Slots(int groups, int limits) {
        this.groups = groups;
        wordsPerGroup = GROUP * (1 + limits);
        segments = new long[arrays(groups)][];
        for (int i = 0, left = groups; i < segments.length; i++, left -= IN_SEGMENT + 1) {
            segments[i] = new long[PADDING + Math.min(left, IN_SEGMENT + 1) * wordsPerGroup];
        }
    }

    private static int arrays(int groups) {
        return (groups + IN_SEGMENT) >>> SEGMENT_BITS;
    }

    int groups() {
        return groups;
    }

    /** The array that has this group. */
    long[] words(int group) {
        return segments[group >>> SEGMENT_BITS];
    }

    /**
     * Where in its array the key word of the slot is that has this key, not {@link #FREE}, if any slot of the group has.
     * Reads in opaque mode: whoever acts upon a slot reads its key again.
     */
    int keyIndex(long[] words, int group, long key) {
        int first = PADDING + (group & IN_SEGMENT) * wordsPerGroup;
        // Without a branch for each key, since no processor can foresee which of the four it will be.
        return first
                + (((isOther((long) WORD.getOpaque(words, first + 1) ^ key) - 1) & 1)
                        | ((isOther((long) WORD.getOpaque(words, first + 2) ^ key) - 1) & 2)
                        | ((isOther((long) WORD.getOpaque(words, first + 3) ^ key) - 1) & 3));
    }

    static long wordOpaque(long[] words, int index) {
        return (long) WORD.getOpaque(words, index);
    }

    static void setWordRelease(long[] words, int index, long word) {
        WORD.setRelease(words, index, word);
    }

    static long exchangeWord(long[] words, int index, long word) {
        return (long) WORD.getAndSet(words, index, word);
    }

    /** The first slot of the group that is nobody's, or -1. */
    int findFree(int group) {
        for (int slot = group << GROUP_BITS, end = slot + GROUP; slot < end; slot++) {
            if (keyAcquire(slot) == FREE) {
                return slot;
            }
        }
        return -1;
    }

    /** 0 if the difference is, else 1. */
    private static int isOther(long difference) {
        return (int) ((difference | -difference) >>> 63);
    }

    long keyAcquire(int slot) {
        return (long) WORD.getAcquire(segment(slot), key(slot));
    }

    void setKeyRelease(int slot, long key) {
        WORD.setRelease(segment(slot), key(slot), key);
    }

    void setStateRelease(int slot, int limit, long word) {
        WORD.setRelease(segment(slot), state(slot, limit), word);
    }

    private long[] segment(int slot) {
        return segments[slot >>> (SEGMENT_BITS + GROUP_BITS)];
    }

    private int key(int slot) {
        return PADDING + ((slot >>> GROUP_BITS) & IN_SEGMENT) * wordsPerGroup + (slot & (GROUP - 1));
    }

    private int state(int slot, int limit) {
        return key(slot) + GROUP * (1 + limit);
    }

    /** Where in its array the first state word of a slot is; the next ones follow at a distance of {@link #GROUP}. */
    int stateIndex(int slot) {
        return state(slot, 0);
    }

    /** What so many groups occupy. */
    static long memoryBytes(int groups, int limits) {
        long words = (long) groups * GROUP * (1 + limits) + (long) arrays(groups) * PADDING;
        return words * Long.BYTES + arrays(groups) * ARRAY_HEADER;
    }
}
