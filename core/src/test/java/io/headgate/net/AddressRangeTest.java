package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.CharBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is a range, what is none, and what is in it. */
class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0/8, 8, true",
        "10.0.0.1/8, 10.0.0.0/8, 8, true",
        "10.255.255.255/8, 10.0.0.0/8, 8, true",
        "1.2.3.4/0, 0.0.0.0/0, 0, true",
        "192.0.2.255/31, 192.0.2.254/31, 31, true",
        "192.0.2.1, 192.0.2.1/32, 32, true",
        "192.0.2.1/32, 192.0.2.1/32, 32, true",
        "2001:db8::/32, 2001:db8::/32, 32, false",
        "2001:DB8:ffff::1/32, 2001:db8::/32, 32, false",
        "2001:db8::1, 2001:db8::1/128, 128, false",
        "2001:db8:0:ffff::/63, 2001:db8:0:fffe::/63, 63, false",
        "2001:db8::ffff:0:0:0/65, 2001:db8:0:0:8000::/65, 65, false",
        "::/0, ::/0, 0, false",
        "ffff::/0, ::/0, 0, false",
        // IPv4 in IPv6 notation counts all 128 bits
        "::ffff:10.0.0.0/104, 10.0.0.0/8, 8, true",
        "::ffff:a01:203/104, 10.0.0.0/8, 8, true",
        "::ffff:192.0.2.1, 192.0.2.1/32, 32, true",
        "::ffff:192.0.2.1/128, 192.0.2.1/32, 32, true",
        "::ffff:0:0/96, 0.0.0.0/0, 0, true",
        "::ffff:10.0.0.0/96, 0.0.0.0/0, 0, true",
        // below 96 bits it is a range of IPv6 addresses
        "::ffff:10.0.0.0/95, ::fffe:0:0/95, 95, false",
        "::ffff:10.0.0.0/80, ::/80, 80, false",
        "::ffff:10.0.0.0/8, ::/8, 8, false",
        "::ffff:10.0.0.0/0, ::/0, 0, false",
        // no more is folded
        "64:ff9b::/96, 64:ff9b::/96, 96, false",
        "::10.0.0.0/104, ::a00:0/104, 104, false",
    })
    void readsARangeAndWritesItsOneText(String text, String canonical, int prefix, boolean ipv4) {
        AddressRange range = AddressRange.parse(CharBuffer.wrap(text));

        assertThat(range).hasToString(canonical);
        assertThat(range.prefixLength()).isEqualTo(prefix);
        assertThat(range.isIpv4()).isEqualTo(ipv4);
        assertThat(canonical).isEqualTo(range.first() + "/" + prefix);
        assertThat(range).isEqualTo(AddressRange.parse(canonical)).hasSameHashCodeAs(AddressRange.parse(canonical));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/08",
                "10.0.0.0/00",
                "10.0.0.0/0x8",
                "10.0.0.0/8/8",
                "10.0.0.0/3.",
                "10.0.0.0/3/",
                "10.0.0.0/1a",
                "::/1;",
                "10.0.0.0//8",
                "10.0.0.0/8 ",
                " 10.0.0.0/8",
                "10.0.0.0 /8",
                "10.0.0.0/ 8",
                "10.0.0.0/\uff18",
                "10.0.0.0/4294967304",
                "10.0.0.0/128",
                "10.0.0.0/255.0.0.0",
                "10.0.0.0/255.0.255.0",
                "10.0.0.0/0.255.255.255",
                "10/8",
                "10.0/8",
                "10.0.0.0-10.0.0.255",
                "10.0.0.*",
                "10.0.0.0/8,192.168.0.0/16",
                "010.0.0.0/8",
                "::/129",
                "::/1000",
                "::/ffff::",
                "::/",
                "::ffff:10.0.0.0/129",
                "[::]/0",
                "[::1]",
                "10.0.0.0:80/8",
                "fe80::%eth0/10",
                "fe80::/10%eth0",
                "fe80::1%eth0",
                "10.0.0.0%eth0/8",
                "localhost",
                "localhost/8",
            })
    void refusesEverythingElse(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(text))
                .withMessageStartingWith("\"" + text.replace("\uff18", "\\uff18") + "\" is not an address range: ")
                .withMessageEndingWith("; the form is ADDRESS or ADDRESS/PREFIX, such as \"10.0.0.0/8\","
                        + " \"2001:db8::/32\" or \"192.0.2.1\"");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/33, the prefix is not a number from 0 to 32",
        "::/129, the prefix is not a number from 0 to 128",
        "::ffff:10.0.0.0/129, the prefix is not a number from 0 to 128",
        "10.0.0/8, it does not begin with an address",
        "fe80::%eth0/10, a range has no zone",
    })
    void anErrorSaysWhatIsWrong(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(text))
                .withMessageContaining(reason);
    }

    @Test
    void aLongTextIsRefusedUnread() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse("0".repeat(65_536)))
                .withMessageContaining("it is too long");
    }

    @Test
    void nullIsAMistakeOfTheCaller() {
        assertThatNullPointerException().isThrownBy(() -> AddressRange.parse(nothing()));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0, true",
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "10.0.0.0/8, ::ffff:a01:203, true",
        "10.0.0.0/8, 9.255.255.255, false",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, ::10.1.2.3, false",
        "10.0.0.0/8, 2001:db8::10.1.2.3, false",
        "::ffff:10.0.0.0/104, 10.1.2.3, true",
        "::ffff:10.0.0.0/104, 11.1.2.3, false",
        "0.0.0.0/0, 0.0.0.0, true",
        "0.0.0.0/0, 255.255.255.255, true",
        "0.0.0.0/0, ::, false",
        "0.0.0.0/0, ::1, false",
        "::ffff:0:0/96, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.0, false",
        "2001:db8::/32, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, true",
        "2001:db8::/32, 2001:db9::, false",
        "2001:db8::/33, 2001:db8:7fff::, true",
        "2001:db8::/33, 2001:db8:8000::, false",
        "2001:db8::/65, 2001:db8::7fff:0:0:0, true",
        "2001:db8::/65, 2001:db8::8000:0:0:0, false",
        "2001:db8::1, 2001:db8::1, true",
        "2001:db8::1, 2001:db8::2, false",
        // no range of IPv6 addresses contains an IPv4 address, however it is written
        "::/0, ::1, true",
        "::/0, ffff::, true",
        "::/0, 192.0.2.1, false",
        "::/0, ::ffff:192.0.2.1, false",
        "::/64, 192.0.2.1, false",
        "::ffff:192.0.2.1/64, 192.0.2.1, false",
        "::ffff:192.0.2.1/64, ::1, true",
        // translated addresses are IPv6 here
        "192.0.2.0/24, 64:ff9b::192.0.2.1, false",
        "64:ff9b::/96, 64:ff9b::192.0.2.1, true",
        "64:ff9b::/96, 192.0.2.1, false",
    })
    void contains(String range, String address, boolean contained) {
        assertThat(AddressRange.parse(range).contains(ClientAddress.parse(address)))
                .isEqualTo(contained);
    }

    @Test
    void rangesDifferByTheirPrefixToo() {
        AddressRange range = AddressRange.parse("10.0.0.0/8");

        assertThat(range)
                .isNotEqualTo(AddressRange.parse("10.0.0.0/9"))
                .isNotEqualTo(AddressRange.parse("11.0.0.0/8"))
                .isNotEqualTo("10.0.0.0/8")
                .isNotEqualTo(null);
        assertThat(AddressRange.parse("0.0.0.0/0")).isNotEqualTo(AddressRange.parse("::/0"));
        assertThat(range).doesNotHaveSameHashCodeAs(AddressRange.parse("10.0.0.0/9"));
    }

    @SuppressWarnings({"NullAway", "DataFlowIssue"})
    private static CharSequence nothing() {
        return null;
    }
}
