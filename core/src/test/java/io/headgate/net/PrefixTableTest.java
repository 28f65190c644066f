package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PrefixTableTest {

    private final PrefixTable.Builder<String> builder = PrefixTable.builder();

    @Test
    void anEmptyTableKnowsNobody() {
        PrefixTable<String> table = builder.build();
        assertThat(table.size()).isZero();
        assertThat(find(table, "0.0.0.0")).isNull();
        assertThat(find(table, "255.255.255.255")).isNull();
        assertThat(find(table, "::")).isNull();
        assertThat(find(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).isNull();
    }

    @Test
    void theInnermostRangeWinsInWhicheverOrderTheyWereAdded() {
        PrefixTable<String> table = put("10.1.0.0/16", "inner")
                .put(AddressRange.parse("10.1.2.3"), "host")
                .put(AddressRange.parse("10.0.0.0/8"), "outer")
                .put(AddressRange.parse("10.1.0.0/17"), "half")
                .build();
        assertThat(table.size()).isEqualTo(4);
        assertThat(find(table, "9.255.255.255")).isNull();
        assertThat(find(table, "10.0.255.255")).isEqualTo("outer");
        assertThat(find(table, "10.1.0.0")).isEqualTo("half");
        assertThat(find(table, "10.1.2.2")).isEqualTo("half");
        assertThat(find(table, "10.1.2.3")).isEqualTo("host");
        assertThat(find(table, "10.1.2.4")).isEqualTo("half");
        assertThat(find(table, "10.1.128.0")).isEqualTo("inner");
        assertThat(find(table, "10.2.0.0")).isEqualTo("outer");
        assertThat(find(table, "11.0.0.0")).isNull();
    }

    @Test
    void allOfOneKindLeavesTheOtherOut() {
        PrefixTable<String> ipv4 = put("0.0.0.0/0", "v4").build();
        assertThat(find(ipv4, "0.0.0.0")).isEqualTo("v4");
        assertThat(find(ipv4, "255.255.255.255")).isEqualTo("v4");
        assertThat(find(ipv4, "::fffe:ffff:ffff")).isNull();
        assertThat(find(ipv4, "::1:0:0:0")).isNull();

        PrefixTable<String> ipv6 = PrefixTable.<String>builder()
                .put(AddressRange.parse("::/0"), "v6")
                .build();
        assertThat(find(ipv6, "0.0.0.0")).isNull();
        assertThat(find(ipv6, "255.255.255.255")).isNull();
        assertThat(find(ipv6, "::ffff:192.0.2.1")).isNull();
        assertThat(find(ipv6, "::")).isEqualTo("v6");
        assertThat(find(ipv6, "::fffe:ffff:ffff")).isEqualTo("v6");
        assertThat(find(ipv6, "::1:0:0:0")).isEqualTo("v6");
        assertThat(find(ipv6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).isEqualTo("v6");
    }

    @Test
    void bothKindsInOneTable() {
        PrefixTable<String> table = put("0.0.0.0/0", "v4")
                .put(AddressRange.parse("::/0"), "v6")
                .put(AddressRange.parse("::/64"), "low")
                .build();
        assertThat(find(table, "::fffe:ffff:ffff")).isEqualTo("low");
        assertThat(find(table, "0.0.0.0")).isEqualTo("v4");
        assertThat(find(table, "::ffff:255.255.255.255")).isEqualTo("v4");
        assertThat(find(table, "::1:0:0:0")).isEqualTo("low");
        assertThat(find(table, "0:0:0:1::")).isEqualTo("v6");
    }

    @Test
    void singleAddressesAtBothEnds() {
        PrefixTable<String> table = put("0.0.0.0/32", "first")
                .put(AddressRange.parse("255.255.255.255/32"), "last")
                .put(AddressRange.parse("::/128"), "first6")
                .put(AddressRange.parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"), "last6")
                .build();
        assertThat(find(table, "0.0.0.0")).isEqualTo("first");
        assertThat(find(table, "0.0.0.1")).isNull();
        assertThat(find(table, "255.255.255.254")).isNull();
        assertThat(find(table, "255.255.255.255")).isEqualTo("last");
        assertThat(find(table, "::")).isEqualTo("first6");
        assertThat(find(table, "::1")).isNull();
        assertThat(find(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")).isNull();
        assertThat(find(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).isEqualTo("last6");
    }

    @Test
    void aMappedRangeIsTheIpv4Range() {
        PrefixTable<String> table = put("::ffff:10.0.0.0/104", "ten")
                .put(AddressRange.parse("10.0.0.0/8"), "ten")
                .build();
        assertThat(table.size()).isEqualTo(1);
        assertThat(find(table, "10.255.255.255")).isEqualTo("ten");
        assertThat(find(table, "::ffff:a00:1")).isEqualTo("ten");
        assertThat(find(table, "::a00:1")).isNull();
    }

    /** The whole address counts, although a limiter counts both under 2001:db8:0:1::. */
    @Test
    void addressesOfOneNetworkMayHaveDifferentValues() {
        PrefixTable<String> table = put("2001:db8:0:1::1/128", "one")
                .put(AddressRange.parse("2001:db8:0:1::2/128"), "two")
                .build();
        assertThat(find(table, "2001:db8:0:1::1")).isEqualTo("one");
        assertThat(find(table, "2001:db8:0:1::2")).isEqualTo("two");
        assertThat(find(table, "2001:db8:0:1::3")).isNull();
    }

    @Test
    void neighboursOfOneValueAreFoundAsTheyWere() {
        PrefixTable<String> table = put("10.0.0.0/25", "a")
                .put(AddressRange.parse("10.0.0.128/25"), "a")
                .put(AddressRange.parse("10.0.1.0/24"), "b")
                .build();
        assertThat(table.size()).isEqualTo(3);
        assertThat(find(table, "10.0.0.127")).isEqualTo("a");
        assertThat(find(table, "10.0.0.128")).isEqualTo("a");
        assertThat(find(table, "10.0.1.0")).isEqualTo("b");
    }

    @Test
    void aRangeOfTwoValuesIsRefused() {
        put("10.1.2.3/8", "partners");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> put("10.0.0.0/8", "crawlers"))
                .withMessage("10.0.0.0/8 is both partners and crawlers; a range has one value");
        assertThat(find(builder.build(), "10.0.0.0")).isEqualTo("partners");
    }

    @Test
    void oneValueForAll() {
        PrefixTable<Boolean> table = PrefixTable.of(
                List.of(
                        AddressRange.parse("10.0.0.0/8"),
                        AddressRange.parse("10.1.0.0/16"),
                        AddressRange.parse("10.0.0.0/8")),
                true);
        assertThat(table.size()).isEqualTo(2);
        assertThat(table.get(ClientAddress.parse("10.1.0.0"))).isTrue();
        assertThat(table.get(ClientAddress.parse("11.0.0.0"))).isNull();
        assertThat(PrefixTable.of(List.of(), true).size()).isZero();
    }

    @Test
    void aBuiltTableStaysAsItIs() {
        PrefixTable<String> table = put("10.0.0.0/8", "a").build();
        put("10.1.0.0/16", "b");
        assertThat(find(table, "10.1.0.0")).isEqualTo("a");
        assertThat(find(builder.build(), "10.1.0.0")).isEqualTo("b");
    }

    @Test
    @SuppressWarnings("NullAway") // the point of the test
    void nullIsNoValue() {
        assertThatNullPointerException().isThrownBy(() -> put("10.0.0.0/8", null));
    }

    @Test
    void aLookUpAllocatesNothing() {
        PrefixTable<String> table = put("10.0.0.0/8", "a")
                .put(AddressRange.parse("2001:db8::/32"), "b")
                .build();
        ClientAddress[] addresses = {
            ClientAddress.parse("10.1.1.1"), ClientAddress.parse("11.1.1.1"),
            ClientAddress.parse("2001:db8::1"), ClientAddress.parse("2001:db9::1")
        };
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int found = 0;
        long least = Long.MAX_VALUE; // compiling allocates as well, but not every time
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                found += table.get(addresses[i & 3]) == null ? 0 : 1;
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(found).isEqualTo(100_000);
        assertThat(least).isLessThan(10_000); // less than a byte a call: what measuring itself takes
    }

    private PrefixTable.Builder<String> put(String range, String value) {
        return builder.put(AddressRange.parse(range), value);
    }

    private static @Nullable String find(PrefixTable<String> table, String address) {
        return table.get(ClientAddress.parse(address));
    }
}
