package io.headgate.benchmarks;

import io.headgate.net.ClientAddress;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Distinct random clients, half IPv4 and half IPv6, whose addresses are computed and not stored: what a request costs
 * before the limiter sees its address is the same for everybody, and no array of keys competes for the cache.
 */
final class Keys {

    private Keys() {}

    /**
     * Client number i: a bijection, so that distinct numbers are distinct clients, with no order in it. IPv6 networks are
     * in {@code 3000::/4}, where every /64 is one client's, as not in multicast.
     */
    static ClientAddress address(int i) {
        int scattered = scatter(i);
        boolean ipv4 = (i & 1) == 0;
        long high = ipv4 ? 0 : 3L << 60 | (scattered * 0x9E37_79B9L & (1L << 60) - 1);
        long low = ipv4 ? 0xFFFF_0000_0000L | (scattered & 0xFFFF_FFFFL) : 1;
        return ClientAddress.ofBits(high, low); // at one place, so that compilers may leave the object out
    }

    /** So many clients' numbers, drawn with odds in proportion to 1, 1/2, 1/3, ...; the same ones each time. */
    static int[] zipf(int clients, int draws) {
        double[] upTo = new double[clients];
        double sum = 0;
        for (int i = 0; i < clients; i++) {
            sum += 1.0 / (i + 1);
            upTo[i] = sum;
        }
        SplittableRandom random = new SplittableRandom(1);
        int[] drawn = new int[draws];
        for (int i = 0; i < draws; i++) {
            int position = Arrays.binarySearch(upTo, random.nextDouble(sum));
            drawn[i] = position < 0 ? ~position : position;
        }
        return drawn;
    }

    /** The text of the same client. */
    static String text(int i) {
        return address(i).toString();
    }

    /** A bijection of 32 bits (the finalizer of MurmurHash3). */
    static int scatter(int i) {
        int h = i;
        h = (h ^ (h >>> 16)) * 0x85EB_CA6B;
        h = (h ^ (h >>> 13)) * 0xC2B2_AE35;
        return h ^ (h >>> 16);
    }
}
