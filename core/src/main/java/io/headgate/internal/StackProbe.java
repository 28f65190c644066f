package io.headgate.internal;

/**
 * Tests whether some stack is left, by using it.
 *
 * <p>Why: a {@link StackOverflowError} may come at any call, also in a {@code finally}. Code that is about to make
 * several changes that belong together asks for the stack that they need first. Then the error comes before any of
 * them.
 */
public final class StackProbe {

    /** What a level takes at least, as measured: 64 bytes compiled by C2, 120 by C1, 190 interpreted. */
    private static final int BYTES_PER_LEVEL = 64;

    private StackProbe() {}

    /**
     * Throws unless so much stack is left. Takes 3 ns a level.
     *
     * @param bytes how much
     * @throws StackOverflowError if less is left
     */
    public static void require(int bytes) {
        descend(bytes / BYTES_PER_LEVEL, 1, 2, 3, 4, 5, 6);
    }

    /** The arguments live until the call has returned, so each level has to keep them on the stack. */
    private static long descend(int levels, long a, long b, long c, long d, long e, long f) {
        return levels == 0 ? a : descend(levels - 1, b, c, d, e, f, a) + (a ^ b) * (c ^ d) * (e ^ f);
    }
}
