package io.headgate.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** What must hold of every address, however it came to be. */
final class Canonical {

    private Canonical() {}

    static void check(ClientAddress address) {
        String text = address.toString();
        ClientAddress again = ClientAddress.parse(text);
        assertThat(again).isEqualTo(address).hasSameHashCodeAs(address).isEqualByComparingTo(address);
        assertThat(again).hasToString(text);
        assertThat(text).matches(address.isIpv4() ? "[0-9.]{7,15}" : "[0-9a-f:]{2,39}");
        assertThat(bits(text, address.isIpv4())).containsExactly(address.highBits(), address.lowBits());
        for (int prefix = 0; prefix <= 128; prefix += 16) {
            ClientAddress network = address.network(prefix);
            assertThat(network.network(prefix)).isSameAs(network);
        }
    }

    /** The address as the JDK reads it. Only ever given digits, dots and colons, so it asks no name server. */
    private static long[] bits(String text, boolean ipv4) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(InetAddress.getByName(text).getAddress());
            return ipv4
                    ? new long[] {0, 0xFFFF_0000_0000L | (bytes.getInt() & 0xFFFF_FFFFL)}
                    : new long[] {bytes.getLong(), bytes.getLong()};
        } catch (UnknownHostException e) {
            throw new AssertionError("the JDK does not read " + text, e);
        }
    }
}
