package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table beside a search that asks every range. */
class PrefixTablePropertyTest {

    @Property(tries = 3_000, seed = "1")
    void theLongestPrefixWins(@ForAll @IntRange(max = 60) int count, @ForAll Random random) {
        Map<AddressRange, Integer> ranges = new LinkedHashMap<>();
        List<ClientAddress> bases = bases(random);
        for (int i = 0; i < count; i++) {
            ranges.put(range(near(bases, random), random), random.nextInt(4)); // few values, so that neighbours agree
        }
        PrefixTable<Integer> table = table(ranges);
        assertThat(table.size()).isEqualTo(ranges.size());
        for (int i = 0; i < 60; i++) {
            assertFound(near(bases, random), ranges, table);
        }
        for (AddressRange range : ranges.keySet()) {
            assertFoundAround(range, ranges, table);
        }
    }

    @Test
    void fiftyThousandRangesAreFoundAsOneByOne() {
        Random random = new Random(13);
        Map<AddressRange, Integer> ranges = new LinkedHashMap<>();
        List<ClientAddress> bases = bases(random);
        while (ranges.size() < 50_000) {
            ClientAddress address = random.nextInt(4) == 0
                    ? near(bases, random)
                    : random.nextBoolean()
                            ? ipv4(random.nextInt())
                            : ClientAddress.ofBits(random.nextLong() >>> 2, random.nextLong());
            ranges.put(range(address, random), random.nextInt(100));
        }
        PrefixTable<Integer> table = table(ranges);
        assertThat(table.size()).isEqualTo(50_000);
        List<AddressRange> all = new ArrayList<>(ranges.keySet());
        for (int i = 0; i < 300; i++) {
            assertFoundAround(all.get(random.nextInt(all.size())), ranges, table);
            assertFound(ipv4(random.nextInt()), ranges, table);
        }
    }

    /** Some addresses from which the others differ in a bit or two, so that most ranges lie within others. */
    private static List<ClientAddress> bases(Random random) {
        return List.of(
                ipv4(0),
                ipv4(-1),
                ipv4(random.nextInt()),
                ClientAddress.ofBits(0, 0),
                ClientAddress.ofBits(-1, -1),
                ClientAddress.ofBits(0, 0xFFFE_FFFF_FFFFL),
                ClientAddress.ofBits(0, 0x1_0000_0000_0000L),
                ClientAddress.ofBits(random.nextLong(), random.nextLong()),
                ClientAddress.ofBits(random.nextLong(), 0));
    }

    private static ClientAddress near(List<ClientAddress> bases, Random random) {
        ClientAddress base = bases.get(random.nextInt(bases.size()));
        long high = base.highBits();
        long low = base.lowBits();
        for (int flips = random.nextInt(3); flips > 0; flips--) {
            int bit = base.isIpv4() ? random.nextInt(32) : random.nextInt(128);
            if (bit < 64) {
                low ^= 1L << bit;
            } else {
                high ^= 1L << bit;
            }
        }
        return ClientAddress.ofBits(high, low);
    }

    private static ClientAddress ipv4(int bits) {
        return ClientAddress.ofIpv4(bits);
    }

    private static AddressRange range(ClientAddress address, Random random) {
        return AddressRange.parse(address + "/" + random.nextInt(address.isIpv4() ? 33 : 129));
    }

    private static PrefixTable<Integer> table(Map<AddressRange, Integer> ranges) {
        PrefixTable.Builder<Integer> builder = PrefixTable.builder();
        ranges.forEach(builder::put);
        return builder.build();
    }

    /** The ends of the range, and the addresses just outside. */
    private static void assertFoundAround(
            AddressRange range, Map<AddressRange, Integer> ranges, PrefixTable<Integer> table) {
        ClientAddress first = range.first();
        ClientAddress last = range.last();
        assertFound(first, ranges, table);
        assertFound(last, ranges, table);
        assertFound(
                ClientAddress.ofBits(first.highBits() - (first.lowBits() == 0 ? 1 : 0), first.lowBits() - 1),
                ranges,
                table);
        assertFound(
                ClientAddress.ofBits(last.highBits() + (last.lowBits() == -1 ? 1 : 0), last.lowBits() + 1),
                ranges,
                table);
    }

    private static void assertFound(
            ClientAddress address, Map<AddressRange, Integer> ranges, PrefixTable<Integer> table) {
        AddressRange winner = null;
        for (AddressRange range : ranges.keySet()) {
            if (range.contains(address) && (winner == null || range.prefixLength() > winner.prefixLength())) {
                winner = range;
            }
        }
        @Nullable Integer expected = winner == null ? null : ranges.get(winner);
        assertThat(table.get(address)).as("%s among %s", address, winner).isEqualTo(expected);
    }
}
