package io.headgate;

import java.util.random.RandomGenerator;

/**
 * Spreads keys over the parts of a table, by the first bits of a hash, and over the groups of a part, by the bits after
 * those. An attacker who does not know its three random numbers cannot predict the hash.
 */
final class HomeHash {

    /*
     * For any two keys that are chosen before the second factor is drawn, the upper halves of their products are equal
     * at most twice as often as by chance (Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair
     * problem", 1997). The same holds for any of their consecutive bits. The first round breaks up equal steps between
     * keys, which a product alone would keep.
     */

    /** The number of bits that tell parts apart when there are as many parts as can be. */
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

    /** The hash of a key. It tells the key's part, and its home in the part. */
    long of(long key) {
        long h = (key ^ seed) * firstFactor;
        return (h ^ (h >>> 32)) * secondFactor;
    }

    /** The group where the search for a key begins. It does not depend on how many bits tell its part. */
    int home(long hash, int groups) {
        return scaled(hash << deepest, groups);
    }

    /** Scales a hash to a number below {@code count}, in the order of the hashes. */
    static int scaled(long hash, int count) {
        return (int) (((hash >>> 32) * count) >>> 32);
    }
}
