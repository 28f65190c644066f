package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.net.ClientAddress;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is the table's own: its room, its bytes, its hash, and what happens to a slot that changes hands. */
class AddressTableTest {

    private static final long SECOND = 1_000_000_000L;

    private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static AddressTable table(long maxKeys, String... limits) {
        return table(maxKeys, new SecureRandom(), limits);
    }

    private static AddressTable table(long maxKeys, RandomGenerator random, String... limits) {
        TokenBucket[] buckets =
                Arrays.stream(limits).map(Limit::parse).map(TokenBucket::new).toArray(TokenBucket[]::new);
        return new AddressTable(new NetworkWords(64), buckets, maxKeys, random);
    }

    private static long evictAll(AddressTable table, long now) {
        long count = 0;
        for (BucketStore.Pass pass = table.pass(); pass.hasNext(); ) {
            count += pass.evict(now, 256);
        }
        return count;
    }

    /** A client a number; no two numbers below 2^32 have one. */
    private static ClientAddress client(long number) {
        long mixed = (number * 0x9E3779B97F4A7C15L) >>> 4;
        return ClientAddress.parse(
                "2" + Long.toHexString((mixed >>> 48) & 0xFFF) + ':' + Long.toHexString((mixed >>> 32) & 0xFFFF) + ':'
                        + Long.toHexString((mixed >>> 16) & 0xFFFF) + ':' + Long.toHexString(mixed & 0xFFFF) + "::1");
    }

    /** A million places, 99 % of them taken all the time, by clients that stay for up to 100 seconds each. */
    @Test
    void upTo99PercentOfItsPlacesNoNewcomerIsRefused() {
        long most = 1_000_000;
        AddressTable table = table(most, "1/s burst 100");
        Random random = new Random(1);
        long next = 0;
        long now = 0;
        for (; next < 4 * most; now += SECOND) {
            while (table.size() < most / 100 * 99) {
                ClientAddress newcomer = client(next++);
                assertThat(table.insert(newcomer, null, now))
                        .as("newcomer %s", next)
                        .isTrue();
                table.update(newcomer, 0, TokenBucket::take, 1 + random.nextInt(100), now);
            }
            evictAll(table, now);
        }
        while (table.size() < most && table.insert(client(next++), null, now)) {
            assertThat(table.size()).isLessThanOrEqualTo(most); // the last percent has no promise
        }
        System.out.printf(
                "%d newcomers at 99 %% of %d, none refused; then the first at %d%n", next, most, table.size());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1000, 1", "100000, 2", "1250000, 1", "1250000, 3"})
    void memoryBytesIsWhatIsAllocated(int maxKeys, int limits) {
        String[] texts = Arrays.copyOf(new String[] {"1/s", "2/s", "3/s"}, limits);
        table(maxKeys, texts).size(); // loads what there is to load
        long before = thread.getCurrentThreadAllocatedBytes();
        AddressTable table = table(maxKeys, texts);
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;
        System.out.printf(
                "%d clients, %d limits: %d bytes told, %d allocated while building%n",
                maxKeys, limits, table.memoryBytes(), allocated);
        // Building leaves some kilobytes of garbage behind: the limits' arithmetic, the seeds.
        assertThat(table.memoryBytes()).isBetween(allocated - 30_000 - allocated / 1_000, allocated);
    }

    @Test
    void aClientTakes24BytesAtFourFifthsOfTheCap() {
        assertThat(table(1_250_000, "1/s").memoryBytes()).isLessThanOrEqualTo(24_000_000);
    }

    /** 2^16 networks of one provider, which meet in one group if the hash has no secret. */
    @Test
    void addressesChosenToCollideSpreadLikeRandomOnes() {
        int count = 1 << 16;
        AddressTable unseeded = table(1_000_000, () -> 0, "1/s");
        AddressTable seeded = table(1_000_000, new SplittableRandom(1), "1/s");
        int[] chosen = new int[count];
        int[] random = new int[count];
        RandomGenerator generator = new SplittableRandom(2);
        NetworkWords networks = new NetworkWords(64);
        for (int i = 0; i < count; i++) {
            long key = networks.of(ClientAddress.parse("2001:db8:" + Integer.toHexString(i) + "::1"));
            assertThat(unseeded.home(key)).isEqualTo(unseeded.home(networks.of(ClientAddress.parse("2001:db8::"))));
            chosen[i] = seeded.home(key);
            random[i] = seeded.home(generator.nextLong());
        }
        // By stripe, and by the group that a search begins with. Each pair meets with chance 1 / m: the number of pairs
        // that do has about its mean as variance. One seed in 2,500 takes equal steps to more than ten standard
        // deviations,
        // which is a few pairs more in a hundred; so the seeds are fixed.
        for (int shift : new int[] {10, 0}) {
            double mean = 0.5 * count * count / (seeded.groups() >>> shift);
            System.out.printf(
                    "pairs that meet by groups of 2^%d: %d of the chosen, %d of random ones, %.0f expected%n",
                    shift, pairs(chosen, shift), pairs(random, shift), mean);
            assertThat((double) pairs(chosen, shift))
                    .isBetween(mean - 10 * Math.sqrt(mean), mean + 10 * Math.sqrt(mean));
            assertThat((double) pairs(random, shift))
                    .isBetween(mean - 10 * Math.sqrt(mean), mean + 10 * Math.sqrt(mean));
        }
    }

    private static long pairs(int[] homes, int shift) {
        int[] counts = new int[(Arrays.stream(homes).max().orElseThrow() >>> shift) + 1];
        long pairs = 0;
        for (int home : homes) {
            pairs += counts[home >>> shift]++;
        }
        return pairs;
    }

    /**
     * A thread reads a client's word and falls asleep; the client is evicted and another one gets the slot. The step is
     * where it sleeps.
     */
    @ParameterizedTest
    @ValueSource(strings = {"not charged yet", "full to the unit", "long full"})
    void aLateChargeNeverHitsTheNextTenantOfTheSlot(String state) {
        ClientAddress sleeper = client(1);
        ClientAddress next = client(2);
        for (int limit = 0; limit < 2; limit++) {
            AddressTable table = table(1, "1/s burst 5", "2/s burst 5");
            table.insert(sleeper, null, 0);
            if (!state.equals("not charged yet")) {
                table.update(sleeper, 0, TokenBucket::take, 1, 0);
                table.update(sleeper, 1, TokenBucket::take, 2, 0);
            }
            long now = state.equals("long full") ? 7 * SECOND : SECOND;
            boolean[] slept = new boolean[1];
            TokenBucket.Step step = (bucket, word, permits, time) -> {
                if (!slept[0]) {
                    slept[0] = true;
                    assertThat(evictAll(table, now)).isEqualTo(1);
                    assertThat(table.insert(next, null, now)).isTrue();
                }
                return bucket.take(word, permits, time);
            };
            assertThat(table.update(sleeper, limit, step, 1, now)).isEqualTo(TokenBucket.ABSENT);
            assertThat(slept[0]).isTrue();
            assertThat(table.read(next, limit)).isLessThan(TokenBucket.FIRST_TIME); // nobody has charged it
            assertThat(table.size()).isEqualTo(1);
            assertThat(evictAll(table, now)).isEqualTo(1);
        }
    }

    /** As above, but the sleeper was about to be denied: it must not be denied by the next tenant's debt. */
    @Test
    void aLateDenialIsNotTheNextTenants() {
        AddressTable table = table(1, "1/s burst 5");
        ClientAddress client = client(1);
        table.insert(client, null, 0);
        table.update(client, 0, TokenBucket::take, 5, 0);
        boolean[] slept = new boolean[1];
        long word = table.update(
                client,
                0,
                (bucket, before, permits, now) -> {
                    if (!slept[0]) {
                        slept[0] = true;
                        table.update(client, 0, TokenBucket::reset, 0, now);
                    }
                    return bucket.take(before, permits, now);
                },
                1,
                0);
        assertThat(new TokenBucket(Limit.parse("1/s burst 5")).isFull(word, 0)).isTrue();
    }

    @Test
    void measuresASweepOfAMillion() {
        int count = 1_000_000;
        AddressTable table = table(count + count / 4, "1/s");
        for (int round = 0; round < 3; round++) {
            long now = 10L * round * SECOND;
            for (int i = 0; i < count; i++) {
                table.insert(client(i), null, now);
                table.update(client(i), 0, TokenBucket::take, 1, now);
            }
            long start = thread.getCurrentThreadCpuTime();
            assertThat(evictAll(table, now)).isZero();
            long idle = thread.getCurrentThreadCpuTime();
            assertThat(evictAll(table, now + SECOND)).isEqualTo(count);
            long end = thread.getCurrentThreadCpuTime();
            System.out.printf(
                    "sweep of %d clients, round %d: none full %.1f ms of CPU, all full %.1f ms%n",
                    count, round, (idle - start) / 1e6, (end - idle) / 1e6);
        }
        assertThat(table.size()).isZero();
        assertThat(table.evicted()).isEqualTo(3L * count);
    }
}
