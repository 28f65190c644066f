package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;

import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The parser beside one that was written independently and knows nothing of ours. */
class AddressOracleTest {

    private static final IPAddressStringParameters STRICT = new IPAddressStringParameters.Builder()
            .allowEmpty(false)
            .allowAll(false)
            .allowSingleSegment(false)
            .allowWildcardedSeparator(false)
            .allowPrefix(false)
            .allowMask(false)
            .setRangeOptions(RangeParameters.NO_RANGE)
            .getIPv4AddressParametersBuilder()
            .allow_inet_aton(false)
            .allowLeadingZeros(false)
            .allowUnlimitedLeadingZeros(false)
            .allowBinary(false)
            .setRangeOptions(RangeParameters.NO_RANGE)
            .getParentBuilder()
            .getIPv6AddressParametersBuilder()
            .allowLeadingZeros(true)
            .allowUnlimitedLeadingZeros(false)
            .allowBinary(false)
            .allowBase85(false)
            .allowMixed(true)
            .allowZone(true)
            .allowEmptyZone(false)
            .getEmbeddedIPv4AddressParametersBuilder()
            .allow_inet_aton(false)
            .allowLeadingZeros(false)
            .allowUnlimitedLeadingZeros(false)
            .allowBinary(false)
            .setRangeOptions(RangeParameters.NO_RANGE)
            .getEmbeddedIPv4AddressParentBuilder()
            .setRangeOptions(RangeParameters.NO_RANGE)
            .getParentBuilder()
            .toParams();

    @Property(tries = 50_000, seed = "1")
    void agreesOnWhatIsAnAddress(@ForAll("mutated") String text) {
        ClientAddress address = ClientAddress.tryParse(text);
        IPAddress expected = isOnlyRefusedHere(text) ? null : new IPAddressString(text, STRICT).getAddress();

        assertThat(address == null ? null : Notation.number(address)).as(text).isEqualTo(number(expected));
    }

    /** All that is known to differ: the other library trims space, and takes space and brackets in a zone. */
    private static boolean isOnlyRefusedHere(String text) {
        return text.contains(" ") || (text.contains("%") && (text.contains("[") || text.contains("]")));
    }

    private static @Nullable BigInteger number(@Nullable IPAddress address) {
        if (address == null) {
            return null;
        }
        BigInteger value = address.getValue();
        return address.isIPv4() ? value.add(BigInteger.valueOf(0xFFFF_0000_0000L)) : value;
    }

    @Property(tries = 20_000, seed = "1")
    void agreesOnTheCanonicalText(@ForAll("groups") int[] groups, @ForAll Random random) {
        ClientAddress address = ClientAddress.parse(Notation.write(groups, random));
        IPAddress expected = new IPAddressString(Notation.write(groups, random), STRICT).getAddress();
        if (expected.isIPv6() && expected.toIPv6().isIPv4Mapped()) {
            expected = expected.toIPv6().getEmbeddedIPv4Address();
        }

        assertThat(address).hasToString(expected.toCanonicalString());
    }

    @Provide
    Arbitrary<int[]> groups() {
        return Notation.groups();
    }

    @Provide
    Arbitrary<String> mutated() {
        return Arbitraries.randomValue(
                random -> Notation.mutate(Notation.write(Notation.randomGroups(random), random), random));
    }
}
