package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Addresses that an attacker chose fall into buckets as random ones do. */
class AddressHashTest {

    private static final int KEYS = 1 << 16;

    /** Each gives 2^16 different addresses that some hash without a seed maps to one value, or to very few. */
    static Stream<Arguments> chosenAddresses() {
        return Stream.of(
                // Inet6Address.hashCode adds the four words up: what one gains the next loses, without a carry
                named(
                        "equal sum of words",
                        i -> address(0x2001_0DB8_0000_0000L, (nibbles(i) << 32) | (0x0F0F_0F0FL - nibbles(i)))),
                // Long.hashCode of both halves, or an exclusive or of the words
                named("equal xor of words", i -> address(0x2001_0DB8_0000_0000L, ((long) i << 32) | i)),
                // Objects.hash(high, low): 31 * high + low
                named("equal 31 * high + low", i -> address(0x2001_0DB8_0000_0000L + i, -31L * i)),
                // the record's or the array's polynomial over the 32-bit words
                named(
                        "equal polynomial of words",
                        i -> address(0x2001_0DB8_0000_0000L, ((long) i << 32) | ((-31L * i) & 0xFFFF_FFFFL))),
                // only the upper bits differ: what a table indexed by the lower bits of the address sees
                named("equal lower half", i -> address(0x2001_0DB8_0000_0000L + i, 1)),
                named("multiples of 2^16", i -> address(0x2001_0DB8_0000_0000L, (long) i << 16)),
                named("multiples of 2^48", i -> address(0x2001_0DB8_0000_0000L, (long) i << 48)),
                // equal after the multiplication by the golden ratio that many tables use, and a shift
                named(
                        "equal upper bits of the golden product",
                        i -> address(0x2001_0DB8_0000_0000L, i * 0xF1DE_83E1_9937_733DL)),
                named("consecutive", i -> address(0x2001_0DB8_0000_0000L, i)),
                named("consecutive IPv4", i -> ClientAddress.ofIpv4(0x0A00_0000 + i)),
                named("one in each IPv4 /16", i -> ClientAddress.ofIpv4((i << 16) | 1)));
    }

    @Test
    void theJdkMapsTheFirstOfThemToOneValue() throws UnknownHostException {
        @SuppressWarnings("unchecked")
        IntFunction<ClientAddress> equalSums = (IntFunction<ClientAddress>)
                chosenAddresses().findFirst().orElseThrow().get()[1];
        Set<Integer> hashes = new HashSet<>();
        for (int i = 0; i < KEYS; i++) {
            // written in digits and colons: a literal, which no name server is asked about
            hashes.add(InetAddress.getByName(equalSums.apply(i).toString()).hashCode());
        }
        assertThat(hashes).hasSize(1);
    }

    private static Arguments named(String name, IntFunction<ClientAddress> addresses) {
        return Arguments.of(name, addresses);
    }

    /** The four hexadecimal digits of a 16-bit number, each in a byte of its own. */
    private static long nibbles(int i) {
        return ((i & 0xF000L) << 12) | ((i & 0xF00L) << 8) | ((i & 0xF0L) << 4) | (i & 0xFL);
    }

    private static ClientAddress address(long high, long low) {
        return ClientAddress.ofBits(high, low);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chosenAddresses")
    void chosenAddressesSpreadLikeRandomOnes(String name, IntFunction<ClientAddress> addresses) {
        // A fixed seed for each of many hashes: the test is the same in every run.
        for (long seed = 1; seed <= 20; seed++) {
            AddressHash hash = new AddressHash(new SplittableRandom(seed));
            int[] lower = new int[KEYS];
            int[] upper = new int[KEYS];
            int[] spread = new int[KEYS];
            for (int i = 0; i < KEYS; i++) {
                ClientAddress address = addresses.apply(i);
                int h = hash.of(address.highBits(), address.lowBits());
                lower[h & (KEYS - 1)]++;
                upper[h >>> 16]++;
                spread[(h ^ (h >>> 16)) & (KEYS - 1)]++; // as HashMap does
            }
            assertLikeRandom(lower);
            assertLikeRandom(upper);
            assertLikeRandom(spread);
        }
    }

    @Test
    void theSeedOfThisJvmSpreadsThemToo() {
        chosenAddresses().map(Arguments::get).forEach(arguments -> {
            @SuppressWarnings("unchecked")
            IntFunction<ClientAddress> addresses = (IntFunction<ClientAddress>) arguments[1];
            int[] buckets = new int[KEYS];
            for (int i = 0; i < KEYS; i++) {
                int h = addresses.apply(i).hashCode();
                buckets[(h ^ (h >>> 16)) & (KEYS - 1)]++;
            }
            assertLikeRandom(buckets);
        });
    }

    /**
     * 2^16 random keys in as many buckets: the sum of squared counts is 2 * 2^16 on average with a standard deviation of
     * sqrt(2 * 2^16), about 362. Ten deviations up are allowed (a chance below 10^-20 where the hash is random), and a
     * bucket of 16 (a chance below 10^-9).
     */
    private static void assertLikeRandom(int[] buckets) {
        long squares = 0;
        int fullest = 0;
        for (int count : buckets) {
            squares += (long) count * count;
            fullest = Math.max(fullest, count);
        }
        assertThat(squares).isLessThan(2L * KEYS + 3_620);
        assertThat(fullest).isLessThanOrEqualTo(16);
    }

    @Test
    void eachInputBitFlipsEachOutputBitHalfOfTheTime() {
        int samples = 4_000;
        AddressHash hash = new AddressHash(new SplittableRandom(7));
        SplittableRandom random = new SplittableRandom(42);
        int[][] flips = new int[128][32];
        for (int n = 0; n < samples; n++) {
            long high = random.nextLong();
            long low = random.nextLong();
            int h = hash.of(high, low);
            for (int in = 0; in < 128; in++) {
                long bit = 1L << in;
                int changed = h ^ (in < 64 ? hash.of(high, low ^ bit) : hash.of(high ^ bit, low));
                for (int out = 0; out < 32; out++) {
                    flips[in][out] += (changed >>> out) & 1;
                }
            }
        }
        // six standard deviations, sqrt(samples) / 2 each, on either side
        double allowed = 6 * Math.sqrt(samples) / 2;
        for (int in = 0; in < 128; in++) {
            for (int out = 0; out < 32; out++) {
                assertThat(Math.abs(flips[in][out] - samples / 2.0))
                        .as("input bit %d, output bit %d", in, out)
                        .isLessThan(allowed);
            }
        }
    }

    @Test
    void twoSeedsDisagree() {
        AddressHash one = new AddressHash(new SplittableRandom(1));
        AddressHash other = new AddressHash(new SplittableRandom(2));
        Map<Boolean, Integer> agreements = new HashMap<>();
        for (int i = 0; i < 1_000; i++) {
            agreements.merge(one.of(0, i) == other.of(0, i), 1, Integer::sum);
        }
        assertThat(agreements).containsOnlyKeys(false);
    }

    @Test
    void theSeedIsDrawnAnew() {
        assertThat(AddressHash.seeded().of(1, 2))
                .isNotEqualTo(AddressHash.seeded().of(1, 2));
    }
}
