package io.headgate.net;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** A hash of 128 bits that nobody can aim at a value without knowing its five random words. */
final class AddressHash {

    /*
     * Multilinear hashing (Dietzfelbinger 1996; Lemire and Kaser, "Strongly universal string hashing is fast", 2014):
     * the input is cut into 32-bit words, each is multiplied by a random 64-bit word of its own, and the products are
     * summed modulo 2^64 onto a fifth random word. The upper half of the sum is strongly universal: whichever two
     * addresses are chosen before the random words are drawn, their upper halves agree with a chance of 2^-32, so the
     * sums agree no more often.
     *
     * Pairs are not enough, however. The sum is linear, and equal steps of the input are equal steps of the sum; a
     * seed that is bad for one step would be bad for a whole run of addresses. So a fixed bijection, the 64-bit
     * finalizer of MurmurHash3 (Austin Appleby, public domain), breaks the steps up afterwards. It cannot make two
     * different sums equal; cutting its result to 32 bits can, and does so as often as chance.
     */

    private static final long WORD = 0xFFFF_FFFFL;

    private final long offset;
    private final long first;
    private final long second;
    private final long third;
    private final long fourth;

    AddressHash(RandomGenerator random) {
        offset = random.nextLong();
        first = random.nextLong();
        second = random.nextLong();
        third = random.nextLong();
        fourth = random.nextLong();
    }

    /** A hash that this run of the JVM shares with no other. */
    static AddressHash seeded() {
        return new AddressHash(new SecureRandom());
    }

    int of(long high, long low) {
        long sum =
                offset + first * (high >>> 32) + second * (high & WORD) + third * (low >>> 32) + fourth * (low & WORD);
        sum = (sum ^ (sum >>> 33)) * 0xFF51_AFD7_ED55_8CCDL;
        sum = (sum ^ (sum >>> 33)) * 0xC4CE_B9FE_1A85_EC53L;
        return (int) (sum >>> 32);
    }
}
