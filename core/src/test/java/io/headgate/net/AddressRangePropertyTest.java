package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Ranges beside a reference that shifts big numbers. */
class AddressRangePropertyTest {

    @Property(tries = 20_000, seed = "1")
    void containsWhatSharesItsPrefix(
            @ForAll("groups") int[] groups,
            @ForAll("groups") int[] other,
            @ForAll @IntRange(max = 128) int prefix,
            @ForAll @IntRange(max = 127) int flipped,
            @ForAll Random random) {
        boolean dotted = Notation.isMapped(groups) && prefix >= 96 && random.nextBoolean();
        ClientAddress address = ClientAddress.ofBits(
                Notation.number(groups).shiftRight(64).longValue(),
                Notation.number(groups).longValue());
        String network = dotted ? address.toString() : ipv6Notation(groups);
        AddressRange range = AddressRange.parse(network + "/" + (dotted ? prefix - 96 : prefix));
        boolean ipv4 = Notation.isMapped(groups) && prefix >= 96;

        assertThat(range.isIpv4()).isEqualTo(ipv4);
        assertThat(range.prefixLength()).isEqualTo(ipv4 ? prefix - 96 : prefix);
        assertThat(AddressRange.parse(range.toString())).isEqualTo(range).hasSameHashCodeAs(range);
        // a stranger, the address itself, and the address with one bit flipped, which is often just outside
        BigInteger number = Notation.number(groups);
        for (BigInteger candidate : new BigInteger[] {Notation.number(other), number, number.flipBit(flipped)}) {
            boolean candidateIpv4 = candidate.shiftRight(32).equals(BigInteger.valueOf(0xFFFF));
            boolean samePrefix = candidate.shiftRight(128 - prefix).equals(number.shiftRight(128 - prefix));
            assertThat(range.contains(
                            ClientAddress.ofBits(candidate.shiftRight(64).longValue(), candidate.longValue())))
                    .as("%s contains %s", range, candidate.toString(16))
                    .isEqualTo(samePrefix && candidateIpv4 == ipv4);
        }
    }

    @Property(tries = 20_000, seed = "1")
    void garbageIsRefusedInOneWay(@ForAll("garbage") String text) {
        try {
            AddressRange range = AddressRange.parse(text);
            assertThat(AddressRange.parse(range.toString())).isEqualTo(range);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("is not an address range").matches("[ -~]+");
        }
    }

    @Property(tries = 5_000, seed = "1")
    void aPrefixOfEveryNumberIsTakenOrRefused(@ForAll("groups") int[] groups, @ForAll @IntRange(max = 999) int prefix) {
        String text = ipv6Notation(groups) + "/" + prefix;
        if (prefix <= 128) {
            assertThatCode(() -> AddressRange.parse(text)).doesNotThrowAnyException();
        } else {
            assertThatCode(() -> AddressRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Provide
    Arbitrary<int[]> groups() {
        return Notation.groups();
    }

    @Provide
    Arbitrary<String> garbage() {
        return Arbitraries.randomValue(random -> Notation.mutate(
                Notation.write(Notation.randomGroups(random), random) + "/" + random.nextInt(140), random));
    }

    private static String ipv6Notation(int[] groups) {
        StringBuilder text = new StringBuilder();
        for (int group : groups) {
            text.append(text.length() == 0 ? "" : ":").append(Integer.toHexString(group));
        }
        return text.toString();
    }
}
