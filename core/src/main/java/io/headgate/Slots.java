package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The memory of the parts of an {@link AddressTable}: arrays of slots, each a key and one state per limit, four to a
 * group. Knows where they are and with which access mode they are read and written, but not what they mean, except for
 * {@link #FREE}.
 */
final class Slots {

    /*
     * The first element of an array is the number of its groups. A group is four keys, then the four states of the
     * first limit, then four of the second, and so on: under one limit it is as large as a cache line. After the groups
     * come their probe distances, four to an element. A slot is identified by the index of its key.
     */

    /** The key of a free slot. */
    static final long FREE = 0;

    static final int GROUP = 4;

    static final int NOWHERE = -1;
    private static final int HEADER = 1;
    private static final long ARRAY_HEADER = 16;
    private static final int DISTANCES_BITS = 2;
    private static final int DISTANCES = 1 << DISTANCES_BITS;

    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final int limits;
    private final int elementsPerGroup;

    Slots(int limits) {
        this.limits = limits;
        elementsPerGroup = elementsPerGroup(limits);
    }

    private static int elementsPerGroup(int limits) {
        return GROUP * (1 + limits);
    }

    private static int elements(int groups, int limits) {
        return HEADER + groups * elementsPerGroup(limits) + (groups + DISTANCES - 1) / DISTANCES;
    }

    /** What an array of so many groups occupies. */
    static long bytes(int groups, int limits) {
        return ARRAY_HEADER + (long) Long.BYTES * elements(groups, limits);
    }

    /** An array of free slots. */
    long[] make(int groups) {
        long[] rows = new long[elements(groups, limits)];
        rows[0] = groups;
        return rows;
    }

    static int groups(long[] rows) {
        return (int) rows[0];
    }

    /** The index of the first key of a group. The other three follow. */
    int first(int group) {
        return HEADER + group * elementsPerGroup;
    }

    /**
     * The slot with this key, which is not {@link #FREE}, from its home on, or -1. A caller that acts upon it reads the
     * key again.
     */
    int find(long[] rows, int home, long key) {
        int slot = inGroup(rows, home, key);
        return (long) ELEMENT.getOpaque(rows, slot) == key ? slot : findFurther(rows, home, key);
    }

    private int findFurther(long[] rows, int home, long key) {
        int groups = groups(rows);
        for (int distance = 1, most = probeDistance(rows, home); distance <= most; distance++) {
            int slot = inGroup(rows, further(home, distance, groups), key);
            if ((long) ELEMENT.getOpaque(rows, slot) == key) {
                return slot;
            }
        }
        return NOWHERE;
    }

    /** The group that is so many groups further on, round the end. */
    static int further(int group, int distance, int groups) {
        int further = group + distance;
        return further < groups ? further : further - groups;
    }

    /** The slot of the group with the key, if any has it, else the first. */
    private int inGroup(long[] rows, int group, long key) {
        int first = first(group);
        // Without a branch for each key, since no processor can predict which of the four it is.
        return first
                + (((isOther((long) ELEMENT.getOpaque(rows, first + 1) ^ key) - 1) & 1)
                        | ((isOther((long) ELEMENT.getOpaque(rows, first + 2) ^ key) - 1) & 2)
                        | ((isOther((long) ELEMENT.getOpaque(rows, first + 3) ^ key) - 1) & 3));
    }

    /** 0 if the difference is 0, else 1. */
    private static int isOther(long difference) {
        return (int) ((difference | -difference) >>> 63);
    }

    /**
     * The first free slot from a home on; there must be one. Raises the home's probe distance, so that searches from
     * the home get there. One thread at a time.
     */
    int slotFor(long[] rows, int home) {
        int groups = groups(rows);
        int distance = 0;
        int slot = findFree(rows, home);
        while (slot == NOWHERE) {
            slot = findFree(rows, further(home, ++distance, groups));
        }
        if (distance > probeDistance(rows, home)) {
            setProbeDistance(rows, home, distance);
        }
        return slot;
    }

    private int findFree(long[] rows, int group) {
        for (int slot = first(group), end = slot + GROUP; slot < end; slot++) {
            if (key(rows, slot) == FREE) {
                return slot;
            }
        }
        return NOWHERE;
    }

    /** The index of the first state of a slot. The next ones follow at a distance of {@link #GROUP}. */
    static int firstState(int slot) {
        return slot + GROUP;
    }

    static long key(long[] rows, int slot) {
        return (long) ELEMENT.getAcquire(rows, slot);
    }

    static void setRelease(long[] rows, int index, long value) {
        ELEMENT.setRelease(rows, index, value);
    }

    static long exchange(long[] rows, int index, long value) {
        return (long) ELEMENT.getAndSet(rows, index, value);
    }

    /** How many groups beyond its home a key may be, at most. */
    int probeDistance(long[] rows, int home) {
        return (char) ((long) ELEMENT.getOpaque(rows, distanceElement(rows, home)) >>> distanceShift(home));
    }

    /** One thread at a time. */
    void setProbeDistance(long[] rows, int home, int distance) {
        int index = distanceElement(rows, home);
        long others = (long) ELEMENT.getOpaque(rows, index) & ~((long) Character.MAX_VALUE << distanceShift(home));
        ELEMENT.setOpaque(rows, index, others | ((long) distance << distanceShift(home)));
    }

    private int distanceElement(long[] rows, int home) {
        return first(groups(rows)) + (home >>> DISTANCES_BITS);
    }

    private static int distanceShift(int home) {
        return (home & (DISTANCES - 1)) * Character.SIZE;
    }
}
