package io.headgate;

/**
 * How many groups the parts of an {@link AddressTable} have, and into how many parts the table is cut. A part has one
 * group, two, four and so on up to {@code most}. Then it splits, until {@code deepest} bits tell the parts.
 *
 * @param deepest how many bits tell the parts when there are as many as can be; these have enough slots for all keys
 * @param most groups of a part, at most
 */
record PartSizes(int deepest, int most) {

    /**
     * Slots per key, at most. Chosen by measurement, see docs/decisions.md. With 99 % of maxKeys tracked the slots are
     * filled to 86 %, and one part of 2,052 slots or more is full with a chance of 10^-11.
     */
    private static final double SLOTS_PER_KEY = 1.15;

    /** Bounds the time of a move, and keeps arrays so small that G1 does not round them up to a region. */
    private static final int MOST_GROUPS = 1024;

    private static final long MOST_BYTES = 128 << 10;

    /**
     * A part grows before it is fuller than CROWDED. It gets smaller, or merges with its sibling, if it is at most
     * ROOMY full then.
     */
    private static final double CROWDED = 0.85;

    private static final double ROOMY = 0.64;

    static PartSizes of(long maxKeys, int limits) {
        long groups = MOST_BYTES / (Slots.bytes(2, limits) - Slots.bytes(1, limits));
        return ofParts(maxKeys, (int) Math.max(1, Math.min(MOST_GROUPS, groups)));
    }

    /** The same with parts of so many groups at most. */
    static PartSizes ofParts(long maxKeys, int most) {
        int enough = (int) Math.ceil(maxKeys * SLOTS_PER_KEY / Slots.GROUP);
        int deepest = 0;
        while (groups(enough, deepest) > most) {
            deepest++;
        }
        return new PartSizes(deepest, groups(enough, deepest));
    }

    private static int groups(int enough, int depth) {
        return (enough + (1 << depth) - 1) >>> depth;
    }

    /** Whether a part has to grow or split before it gets one key more. */
    boolean isCrowded(Part part) {
        return part.live() + 1 > CROWDED * part.slots() && (part.groups() < most || part.depth < deepest);
    }

    /** The next larger size, for one that is not the largest. */
    int next(int groups) {
        return Math.min(2 * groups, most);
    }

    /** Whether a part of so many groups has room for so many keys, and for more to come. */
    boolean isRoomy(int groups, int keys) {
        return keys <= ROOMY * Slots.GROUP * groups;
    }

    /**
     * Whether a smaller size saves enough to be worth a move. Without such moves a key would take more than 64 bytes at
     * times.
     */
    static boolean isWorthwhile(int groups, int fewer) {
        return 5 * fewer <= 4 * groups;
    }

    /** The smallest size that is roomy for so many keys, or the largest. */
    int fitting(int keys) {
        int groups = 1;
        while (groups < most && !isRoomy(groups, keys)) {
            groups = next(groups);
        }
        return groups;
    }
}
