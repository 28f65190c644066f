package io.headgate.net;

import static java.util.Comparator.comparingInt;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;

/** What must hold of every address and every text. */
class ClientAddressPropertyTest {

    private static final Pattern ZERO_RUN = Pattern.compile("(?<![0-9a-f])0(:0)+(?![0-9a-f])");

    @Property(tries = 20_000, seed = "1")
    void theTextOfRandomBitsIsReadBack(@ForAll long high, @ForAll long low) {
        ClientAddress address = ClientAddress.ofBits(high, low);

        assertThat(ClientAddress.parse(address.toString()))
                .isEqualTo(address)
                .hasSameHashCodeAs(address)
                .isEqualByComparingTo(address);
        assertThat(address.highBits()).isEqualTo(high);
        assertThat(address.lowBits()).isEqualTo(low);
    }

    @Property(tries = 20_000, seed = "1")
    void everyNotationIsTheSameAddress(@ForAll("groups") int[] groups, @ForAll Random random) {
        String text = Notation.write(groups, random);
        ClientAddress address = ClientAddress.parse(text);

        assertThat(Notation.number(address)).isEqualTo(Notation.number(groups));
        assertThat(address).hasToString(canonicalText(groups));
        assertThat(address.isIpv4()).isEqualTo(Notation.isMapped(groups));
        assertThat(endpoint(text)).isEqualTo(address);
        assertThat(endpoint(text.contains(":") ? "[" + text + "]:443" : text + ":443"))
                .isEqualTo(address);
    }

    @Property(tries = 5_000, seed = "1")
    void theJdkReadsTheTextAsTheSameBits(@ForAll("groups") int[] groups, @ForAll Random random)
            throws UnknownHostException {
        ClientAddress address = ClientAddress.parse(Notation.write(groups, random));
        // digits and colons or dots only: a literal, which no name server is asked about
        assertThat(InetAddress.getByName(address.toString()))
                .isEqualTo(InetAddress.getByAddress(Notation.bytes(groups)));
    }

    @Property(tries = 20_000, seed = "1")
    void theNetworkIsWhatAReferenceSays(@ForAll("groups") int[] groups, @ForAll @IntRange(max = 128) int prefix) {
        ClientAddress address = ClientAddress.ofBits(
                Notation.number(groups).shiftRight(64).longValue(),
                Notation.number(groups).longValue());
        ClientAddress network = address.network(prefix);

        assertThat(Notation.number(network)).isEqualTo(network(Notation.number(groups), prefix));
        assertThat(network.network(prefix)).isSameAs(network);
        if (network.equals(address)) {
            assertThat(network).isSameAs(address);
        }
    }

    @Property(tries = 5_000, seed = "1")
    void theOrderIsThatOfNumbers(@ForAll("groups") int[] one, @ForAll("groups") int[] other, @ForAll Random random) {
        ClientAddress first = ClientAddress.parse(Notation.write(one, random));
        ClientAddress second = ClientAddress.parse(Notation.write(other, random));
        int order = Notation.number(one).compareTo(Notation.number(other));

        assertThat(Integer.signum(first.compareTo(second))).isEqualTo(order);
        assertThat(first.equals(second)).isEqualTo(order == 0);
    }

    @Property(tries = 50_000, seed = "1")
    void garbageNeverThrows(@ForAll("garbage") String text) {
        ClientAddress address = ClientAddress.tryParse(text);
        if (address != null) {
            assertThat(ClientAddress.parse(address.toString())).isEqualTo(address);
            assertThat(endpoint(text)).isEqualTo(address);
        }
        ClientAddress endpoint = endpoint(text);
        if (endpoint != null) {
            assertThat(ClientAddress.parse(endpoint.toString())).isEqualTo(endpoint);
        }
    }

    @Property(tries = 5_000, seed = "1")
    void anyCharactersNeverThrow(@ForAll @StringLength(max = 200) String text) {
        ClientAddress.tryParse(text);
        endpoint(text);
    }

    @Provide
    Arbitrary<int[]> groups() {
        return Notation.groups();
    }

    @Provide
    Arbitrary<String> garbage() {
        return Arbitraries.oneOf(
                Arbitraries.strings()
                        .withChars(".:0123456789abcdefABCDEF[]%/ g\u0661\uff11")
                        .ofMaxLength(60),
                Arbitraries.randomValue(
                        random -> Notation.mutate(Notation.write(Notation.randomGroups(random), random), random)));
    }

    /** RFC 5952 by regular expression, over the uncompressed text that the JDK writes. */
    private static String canonicalText(int[] groups) {
        try {
            String text = InetAddress.getByAddress(Notation.bytes(groups)).getHostAddress();
            return ZERO_RUN.matcher(text)
                    .results()
                    .max(comparingInt((MatchResult run) -> run.group().length())
                            .thenComparing(comparingInt((MatchResult run) -> -run.start())))
                    .map(run -> text.substring(0, Math.max(0, run.start() - 1)) + "::"
                            + text.substring(Math.min(text.length(), run.end() + 1)))
                    .orElse(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static BigInteger network(BigInteger number, int prefix) {
        if (number.shiftRight(32).equals(BigInteger.valueOf(0xFFFF))) {
            return number;
        }
        BigInteger last = number.and(BigInteger.valueOf(0xFFFF_FFFFL));
        if (number.shiftRight(32).equals(BigInteger.valueOf(0x0064_FF9BL).shiftLeft(64)) && last.signum() != 0) {
            return last.add(BigInteger.valueOf(0xFFFF_0000_0000L));
        }
        int kept = number.shiftRight(112).intValue() == 0x2002 ? Math.min(48, prefix) : prefix;
        return number.shiftRight(128 - kept).shiftLeft(128 - kept);
    }

    private static @Nullable ClientAddress endpoint(String text) {
        return ClientAddress.tryParseEndpoint(text, 0, text.length());
    }
}
