package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TranslationPrefixTest {

    private static LocalLimiter<ClientAddress> limiter(int ipv6Prefix, String... prefixes) {
        AddressRange[] ranges = new AddressRange[prefixes.length];
        for (int i = 0; i < ranges.length; i++) {
            ranges[i] = AddressRange.parse(prefixes[i]);
        }
        return Limiter.forNetworks(ipv6Prefix, Limit.parse("1/day"))
                .translationPrefixes(ranges)
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static String tracked(LocalLimiter<ClientAddress> limiter, String address) {
        return limiter.tracked(ClientAddress.parse(address)).toString();
    }

    /** The table of RFC 6052, section 2.4, and addresses of other hosts behind the same translators. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8::/32, 2001:db8:c000:221::, 2001:db8:c000:222::",
        "2001:db8:100::/40, 2001:db8:1c0:2:21::, 2001:db8:1c0:2:22::",
        "2001:db8:122::/48, 2001:db8:122:c000:2:2100::, 2001:db8:122:c000:2:2200::",
        "2001:db8:122:300::/56, 2001:db8:122:3c0:0:221::, 2001:db8:122:3c0:0:222::",
        "2001:db8:122:344::/64, 2001:db8:122:344:c0:2:2100::, 2001:db8:122:344:c0:2:2200::",
        "2001:db8:122:344::/96, 2001:db8:122:344::192.0.2.33, 2001:db8:122:344::192.0.2.34",
        "2001:db8:122:344:ff:ffff::/96, 2001:db8:122:344:ff:ffff:192.0.2.33, 2001:db8:122:344:ff:ffff:192.0.2.34"
    })
    void anAddressIsCountedAsTheIpv4AddressThatItCarries(String prefix, String address, String other) {
        for (int ipv6Prefix : new int[] {32, 56, 64, 65, 96, 128}) {
            LocalLimiter<ClientAddress> limiter = limiter(ipv6Prefix, "64:ff9b:1::/48", prefix);
            assertThat(tracked(limiter, address)).isEqualTo("192.0.2.33");
            assertThat(tracked(limiter, other)).isEqualTo("192.0.2.34");
            assertThat(limiter.tryAcquire(ClientAddress.parse(address))).isTrue();
            assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.33"))).isFalse();
            assertThat(limiter.tryAcquire(ClientAddress.parse(other))).isTrue();
            assertThat(limiter.size()).isEqualTo(2);
            assertThat(tracked(limiter(ipv6Prefix), address)).isNotEqualTo("192.0.2.33");
        }
    }

    @Test
    void whatFollowsTheIpv4AddressAndTheEightBitsWithinItDoNotCount() {
        LocalLimiter<ClientAddress> limiter = limiter(64, "64:ff9b:1::/48");
        assertThat(tracked(limiter, "64:ff9b:1:c000:2:2100:1:2")).isEqualTo("192.0.2.33");
        assertThat(tracked(limiter, "64:ff9b:1:c000:ff02:21ff:ffff:ffff")).isEqualTo("192.0.2.33");
    }

    @Test
    void anAddressGoesByTheLongestPrefixThatItIsIn() {
        LocalLimiter<ClientAddress> limiter = limiter(64, "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1:2::/96");
        assertThat(tracked(limiter, "2001:db8:1:2::192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(tracked(limiter, "2001:db8:1:c000:2:200::")).isEqualTo("192.0.2.2");
        assertThat(tracked(limiter, "2001:db8:c000:203::")).isEqualTo("192.0.2.3");
        assertThat(tracked(limiter, "2001:db9:1:2:3::")).isEqualTo("2001:db9:1:2::");
    }

    @Test
    void anAddressThatCarriesNothingIsIpv6LikeAnyOther() {
        LocalLimiter<ClientAddress> limiter = limiter(64, "2001:db8:1:2::/96");
        assertThat(tracked(limiter, "2001:db8:1:2::")).isEqualTo("2001:db8:1:2::");
        assertThat(tracked(limiter, "2001:db8:1:2:0:1::")).isEqualTo("2001:db8:1:2::");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "::ffff:0:0/96",
                "192.0.2.0/24",
                "2001:db8::/33",
                "2001:db8::/128",
                "::/32",
                "2001:db8::/0",
                "::/96",
                "2001:db8:0:0:100::/96",
                "2001:db8::/72"
            })
    void refusesWhatNoTranslatorCanHave(String range) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter(64, range))
                .withMessage(
                        "a translation prefix must be IPv6 and have 32, 40, 48, 56, 64 or 96 bits, of which the bits"
                                + " 64 to 71 are zero, and no ::1 in it, such as 64:ff9b:1::/48; not "
                                + AddressRange.parse(range));
    }

    @Test
    void isForClientAddressesOnly() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Limiter.<String>builder(Limit.parse("1/s"))
                        .translationPrefixes(AddressRange.parse("64:ff9b:1::/48")))
                .withMessage("translation prefixes are for limiters of client addresses, made with Limiter.forAddresses"
                        + " or Limiter.forNetworks");
    }

    @Test
    void aDecisionAllocatesNothing() {
        AllocationTest.assertAllocatesNothing(
                limiter(64, "64:ff9b:1::/48", "2001:db8::/96"), ClientAddress.parse("64:ff9b:1:c000:2:2100::"));
    }
}
