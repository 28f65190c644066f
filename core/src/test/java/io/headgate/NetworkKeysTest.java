package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class NetworkKeysTest {

    private static final List<String> HEADS = List.of(
            "0:0:0:0",
            "0:0:0:1",
            "64:ff9b:0:0",
            "64:ff9b:1:0",
            "64:ff9b:1:c000",
            "64:ff9a:0:0",
            "2002:c000:201:0",
            "2002:c000:201:1",
            "2002:c000:202:1",
            "2001:db8:0:0",
            "2001:db8:0:1",
            "2001:db8:1:0",
            "ff00:0:c000:201",
            "ff01:0:0:0",
            "ffff:ffff:ffff:ffff",
            "feff:ffff:ffff:ffff",
            "8000:0:0:0");

    private static final List<String> TAILS = List.of(
            "0:0:0:0",
            "0:0:0:1",
            "0:0:c000:201",
            "0:ffff:c000:201",
            "0:ffff:0:0",
            "0:fffe:c000:201",
            "8:0:0:1",
            "2:100:0:0",
            "0:5:c000:201",
            "0:5:0:0");

    /** Any address, and those at the edges of the networks that are treated in their own way. */
    @Provide
    Arbitrary<ClientAddress> addresses() {
        Arbitrary<String> group = Arbitraries.integers().between(0, 0xFFFF).map(Integer::toHexString);
        Arbitrary<String> anything = group.list().ofSize(4).map(groups -> String.join(":", groups));
        Arbitrary<String> head = Arbitraries.oneOf(Arbitraries.of(HEADS), anything);
        Arbitrary<String> tail = Arbitraries.oneOf(Arbitraries.of(TAILS), anything);
        return Combinators.combine(head, tail).as((h, t) -> ClientAddress.parse(h + ':' + t));
    }

    @Property(tries = 20_000, seed = "1")
    void twoAddressesHaveOneKeyExactlyIfTheyHaveOneNetwork(
            @ForAll("addresses") ClientAddress one,
            @ForAll("addresses") ClientAddress other,
            @ForAll @IntRange(min = 32, max = 64) int prefix) {
        NetworkKeys keys = new NetworkKeys(prefix);
        boolean same = (isNobody(one) || isNobody(other))
                ? (isNobody(one) && isNobody(other))
                : one.network(prefix).equals(other.network(prefix));
        assertThat(keys.of(one) == keys.of(other)).isEqualTo(same);
    }

    @Property(tries = 5_000, seed = "1")
    void aKeyIsThatOfTheNetworkAndNeverFree(
            @ForAll("addresses") ClientAddress address, @ForAll @IntRange(min = 32, max = 64) int prefix) {
        NetworkKeys keys = new NetworkKeys(prefix);
        assertThat(keys.of(address)).isNotEqualTo(Slots.FREE);
        if (isNobody(address.network(prefix))) {
            return; // as that of ::1
        }
        assertThat(keys.of(address)).isEqualTo(keys.of(address.network(prefix)));
        assertThat(NetworkKeys.neighbourhood(keys.of(address)))
                .isEqualTo(NetworkKeys.neighbourhood(keys.of(address.network(prefix))));
    }

    private static final List<TranslationPrefix> TRANSLATORS = Stream.of(
                    "2001:db8:0:1:0:5::/96",
                    "8000::/64",
                    "2002:c000:201::/56",
                    "64:ff9b:1::/48",
                    "64:ff9b::/40",
                    "2001:db8::/40",
                    "2001:db8::/32",
                    "feff:ffff::/32")
            .map(AddressRange::parse)
            .map(TranslationPrefix::new)
            .toList();

    @Property(tries = 20_000, seed = "1")
    void aClientIsOneAddressThatStandsForItself(
            @ForAll("addresses") ClientAddress one,
            @ForAll("addresses") ClientAddress other,
            @ForAll @IntRange(min = 32, max = 128) int prefix,
            @ForAll boolean translated) {
        NetworkKeys keys = new NetworkKeys(32, prefix, translated ? TRANSLATORS : List.of());
        ClientAddress client = keys.client(one);
        assertThat(keys.client(client)).isSameAs(client);
        assertThat(keys.of(client)).isEqualTo(keys.of(one));
        if (prefix <= 64) {
            assertThat(keys.client(other).equals(client)).isEqualTo(keys.of(other) == keys.of(one));
        }
    }

    private static boolean isNobody(ClientAddress address) {
        return address.highBits() >>> 56 == 0xFF || (address.highBits() | address.lowBits()) == 0;
    }

    private static long key(String address) {
        return new NetworkKeys(64).of(ClientAddress.parse(address));
    }

    @Example
    void addressesThatNameTheSameClient() {
        assertThat(key("192.0.2.1"))
                .isEqualTo(key("::ffff:192.0.2.1"))
                .isEqualTo(key("64:ff9b::192.0.2.1"))
                .isNotEqualTo(key("192.0.2.2"))
                .isNotEqualTo(key("::192.0.2.1"))
                .isNotEqualTo(key("ff00:0:c000:201::"));
        assertThat(key("2001:db8::1")).isEqualTo(key("2001:db8::ffff:2")).isNotEqualTo(key("2001:db8:0:1::1"));
        assertThat(key("2002:c000:201::1"))
                .isEqualTo(key("2002:c000:201:ffff::1"))
                .isNotEqualTo(key("2002:c000:202::1"));
        assertThat(key("ff02::1")).isEqualTo(key("ffff:ffff:ffff:ffff::1")).isEqualTo(key("ff00:0:c000:201::"));
        assertThat(key("::1")).isEqualTo(key("::2")).isEqualTo(-1); // an ordinary key
        assertThat(key("::")).isEqualTo(key("ff02::1")); // nobody's
        assertThat(key("64:ff9b::")).isNotEqualTo(key("0.0.0.0"));
    }

    @Example
    void neighboursAreAnIpv4Slash24OrAnIpv6Slash48() {
        NetworkKeys keys = new NetworkKeys(64);
        long ipv4 = NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("192.0.2.1")));
        assertThat(NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("192.0.2.255"))))
                .isEqualTo(ipv4);
        assertThat(NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("64:ff9b::192.0.2.9"))))
                .isEqualTo(ipv4);
        assertThat(NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("192.0.3.1"))))
                .isNotEqualTo(ipv4);
        long ipv6 = NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("2001:db8:7:1::1")));
        assertThat(NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("2001:db8:7:ffff::1"))))
                .isEqualTo(ipv6);
        assertThat(NetworkKeys.neighbourhood(keys.of(ClientAddress.parse("2001:db8:8::"))))
                .isNotEqualTo(ipv6);
    }

    @Example
    void ipv4NetworksAreOneKeyEach() {
        NetworkKeys keys = new NetworkKeys(24, 48, List.of());
        assertThat(keys.of(ClientAddress.parse("192.0.2.1"))).isEqualTo(keys.of(ClientAddress.parse("192.0.2.255")));
        assertThat(keys.of(ClientAddress.parse("192.0.2.1"))).isNotEqualTo(keys.of(ClientAddress.parse("192.0.3.1")));
        assertThat(keys.of(ClientAddress.parse("64:ff9b::c000:2c8")))
                .isEqualTo(keys.of(ClientAddress.parse("192.0.2.0")));
        assertThat(keys.client(ClientAddress.parse("192.0.2.77"))).hasToString("192.0.2.0");
        ClientAddress network = ClientAddress.parse("192.0.2.0");
        assertThat(keys.client(network)).isSameAs(network);
        assertThat(keys.client(ClientAddress.parse("0.0.0.9"))).hasToString("0.0.0.0");
        assertThat(keys.of(ClientAddress.parse("0.0.0.9"))).isNotZero();
        NetworkKeys widest = new NetworkKeys(8, 32, List.of());
        assertThat(widest.client(ClientAddress.parse("255.1.2.3"))).hasToString("255.0.0.0");
        NetworkKeys usual = new NetworkKeys(32, 64, List.of());
        assertThat(usual.client(ClientAddress.parse("255.255.255.255"))).hasToString("255.255.255.255");
    }
}
