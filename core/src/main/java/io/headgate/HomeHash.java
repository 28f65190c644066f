package io.headgate;

import java.util.random.RandomGenerator;

/**
 * Spreads keys, in a way that nobody can foresee who does not know its three random numbers: over the parts of a table by the
 * first bits of a hash, and over the groups of a part by the bits after those.
 */
final class HomeHash {

    /*
     * Whichever two keys are chosen before the second factor is drawn, the upper halves of their products agree no more
     * often than twice the chance (Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem",
     * 1997), and so do any of their bits that follow each other. The first round breaks up equal steps between keys, which
     * a product alone would keep.
     */

    /** Bits that parts are told apart by when there are as many as can be. */
    private final int deepest;

    private final long seed;
    private final long firstFactor;
    private final long secondFactor;

    HomeHash(int deepest, RandomGenerator random) {
        this.deepest = deepest;
        seed = random.nextLong();
        firstFactor = random.nextLong() | 1;
        secondFactor = random.nextLong() | 1;
    }

    /** What tells the part of a key, and in there its home. */
    long of(long key) {
        long h = (key ^ seed) * firstFactor;
        return (h ^ (h >>> 32)) * secondFactor;
    }

    /** The group of so many where a key is looked for first: does not depend on how many bits tell its part. */
    int home(long hash, int groups) {
        return scaled(hash << deepest, groups);
    }

    /** The number, of so many, that stands where the hash does between the least and the greatest. */
    static int scaled(long hash, int count) {
        return (int) (((hash >>> 32) * count) >>> 32);
    }
}
