package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.Measurements;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Addresses that an attacker chose, in parts and in groups, beside random ones. */
class HomeHashTest {

    private static final int COUNT = 1 << 16;
    private static final int GROUPS = 562;
    private static final int DEEPEST = 9;

    private final NetworkKeys networks = new NetworkKeys(64);

    /** Networks of one provider, which meet in one group if the hash has no secret. */
    private ClientAddress chosen(int i) {
        return ClientAddress.parse("2001:db8:" + Integer.toHexString(i) + "::1");
    }

    private static ClientAddress random(RandomGenerator generator) {
        return ClientAddress.ofBits(3L << 60 | generator.nextLong() >>> 4, 1);
    }

    /**
     * Each pair meets with chance 1 / m: the number of pairs that do has about its mean as variance. One seed in 2,500 takes
     * equal steps to more than ten standard deviations, which is a few pairs more in a hundred; so the seeds are fixed.
     */
    @Test
    void addressesChosenToCollideSpreadLikeRandomOnes() {
        HomeHash unseeded = new HomeHash(DEEPEST, () -> 0);
        HomeHash seeded = new HomeHash(DEEPEST, new SplittableRandom(1));
        RandomGenerator generator = new SplittableRandom(2);
        for (int depth = 0; depth <= DEEPEST; depth++) {
            int[] meeting = new int[COUNT];
            int[] chosen = new int[COUNT];
            int[] random = new int[COUNT];
            for (int i = 0; i < COUNT; i++) {
                meeting[i] = groupOf(unseeded.of(networks.of(chosen(i))), unseeded, depth);
                chosen[i] = groupOf(seeded.of(networks.of(chosen(i))), seeded, depth);
                random[i] = groupOf(seeded.of(networks.of(random(generator))), seeded, depth);
            }
            double mean = 0.5 * COUNT * COUNT / (GROUPS << depth);
            Measurements.print(
                    "pairs that meet in a group, of 2^%d parts: %d of the chosen, %d of random ones, %.0f expected",
                    depth, pairs(chosen), pairs(random), mean);
            assertThat(pairs(meeting)).isEqualTo(COUNT * (COUNT - 1L) / 2);
            assertThat((double) pairs(chosen)).isBetween(mean - 10 * Math.sqrt(mean), mean + 10 * Math.sqrt(mean));
            assertThat((double) pairs(random)).isBetween(mean - 10 * Math.sqrt(mean), mean + 10 * Math.sqrt(mean));
        }
    }

    /** The number of a group of all parts. */
    private static int groupOf(long hash, HomeHash hashes, int depth) {
        return HomeHash.scaled(hash, 1 << depth) * GROUPS + hashes.home(hash, GROUPS);
    }

    private static long pairs(int[] groups) {
        int[] counts = new int[Arrays.stream(groups).max().orElseThrow() + 1];
        long pairs = 0;
        for (int group : groups) {
            pairs += counts[group]++;
        }
        return pairs;
    }

    /** Nor do they find each other in one part, which would split again and again and let the directory grow. */
    @Test
    void addressesChosenToCollideLetATableGrowLikeRandomOnes() {
        RandomGenerator generator = new SplittableRandom(2);
        AddressTable beside = table(new SplittableRandom(1));
        AddressTable attacked = table(new SplittableRandom(1));
        AddressTable unseeded = table(() -> 0);
        for (int i = 0; i < COUNT; i++) {
            insert(beside, random(generator));
            insert(attacked, chosen(i));
            if (insert(unseeded, chosen(i))) {
                assertThat((double) attacked.presentBytes())
                        .isBetween(0.6 * beside.presentBytes(), 1.7 * beside.presentBytes());
            }
        }
        Measurements.print(
                "%d clients: %d bytes, if they were chosen %d; without a secret %d for %d of them",
                COUNT, beside.presentBytes(), attacked.presentBytes(), unseeded.presentBytes(), unseeded.size());
        assertThat((double) attacked.presentBytes())
                .isBetween(0.8 * beside.presentBytes(), 1.2 * beside.presentBytes());
        assertThat(unseeded.size()).isLessThan(COUNT / 10); // or the addresses were not chosen well
    }

    private static AddressTable table(RandomGenerator random) {
        TokenBucket[] buckets = {new TokenBucket(Limit.parse("1/h"))};
        return Tables.usual(1_000_000, random, buckets);
    }

    private static boolean insert(AddressTable table, ClientAddress address) {
        boolean inserted = table.insert(address, false, 0);
        table.apply(address, Operation.TAKE, 1, 0, null);
        return inserted;
    }
}
