package io.headgate;

import java.util.random.RandomGenerator;

/** Spreads keys over groups, in a way that nobody can foresee who does not know its three random words. */
final class HomeHash {

    /*
     * Whichever two keys are chosen before the second factor is drawn, the upper halves of their products agree no more
     * often than twice the chance (Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem",
     * 1997). The first round breaks up equal steps between keys, which a product alone would keep.
     */

    private final int groups;
    private final long seed;
    private final long firstFactor;
    private final long secondFactor;

    HomeHash(int groups, RandomGenerator random) {
        this.groups = groups;
        seed = random.nextLong();
        firstFactor = random.nextLong() | 1;
        secondFactor = random.nextLong() | 1;
    }

    /** 0 to groups − 1. */
    int of(long key) {
        long h = (key ^ seed) * firstFactor;
        h = (h ^ (h >>> 32)) * secondFactor;
        return (int) (((h >>> 32) * groups) >>> 32);
    }
}
