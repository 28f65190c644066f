package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much work a text can cause: bounded steps, and no object but the address. */
class ParsingWorkTest {

    /** 64-bit HotSpot: a header of 8 to 16 bytes and two longs. */
    private static final int ADDRESS_BYTES = 32;

    @SuppressWarnings("UnusedVariable") // written so that no compiler may leave the parse out
    private static volatile @Nullable ClientAddress sink;

    /** A text that counts how often it is asked for a character, and cannot be copied. */
    private static final class Counted implements CharSequence {
        private final String text;
        private long reads;

        Counted(String text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            reads++;
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            throw new AssertionError("a part of the text was copied");
        }

        @Override
        public String toString() {
            throw new AssertionError("the text was copied");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", ":", "::", "1:", "0.", ".", "[", "]", "[::1]", "%", "1.2.3.4,", " ", "f", "::1%"})
    void aTextOf64KibIsRefusedUnread(String part) {
        String text = part.repeat(65_536 / part.length());
        Counted counted = new Counted(text);

        assertThat(ClientAddress.tryParse(counted)).isNull();
        assertThat(ClientAddress.tryParseEndpoint(counted, 0, text.length())).isNull();
        assertThat(counted.reads).isZero();
        // the messages show the beginning
        assertThatIllegalArgumentException().isThrownBy(() -> ClientAddress.parse(counted));
        assertThatIllegalArgumentException().isThrownBy(() -> AddressRange.parse(counted));
        assertThat(counted.reads).isLessThanOrEqualTo(128);
    }

    @Test
    void eachCharacterIsReadAFewTimesAtMost() {
        Random random = new Random(5);
        for (int n = 0; n < 200_000; n++) {
            String text = Notation.mutate(Notation.write(Notation.randomGroups(random), random), random);
            text = switch (n % 4) {
                case 0 -> "[" + text + "]:443";
                case 1 -> text + "%" + "e".repeat(random.nextInt(60));
                case 2 -> text + ":443";
                default -> text;
            };
            Counted counted = new Counted(text);
            ClientAddress.tryParse(counted);
            assertThat(counted.reads).as(text).isLessThanOrEqualTo(4L * text.length() + 4);
            counted = new Counted(text);
            ClientAddress.tryParseEndpoint(counted, 0, text.length());
            assertThat(counted.reads).as(text).isLessThanOrEqualTo(5L * text.length() + 4);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1",
                "255.255.255.255",
                "2001:db8::1",
                "1:2:3:4:5:6:7:8",
                "::ffff:192.0.2.1",
                "fe80::1%eth0",
                "192.0.2.1:443",
                "[2001:db8::1]:443",
            })
    void anAddressIsTheOnlyObjectMade(String text) {
        assertThat(allocatedBytes(text)).isLessThanOrEqualTo(ADDRESS_BYTES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "unknown", "_hidden", "1.2.3.256", "192.0.2.1:x", "1:2:3:4:5:6:7:8:9", "[::1", "::1%"})
    void nothingIsMadeOfWhatIsNoAddress(String text) {
        assertThat(allocatedBytes(text)).isZero();
    }

    /** Bytes for each parse as an endpoint: the least of several rounds, as the first ones pay for classes and compilers. */
    private static long allocatedBytes(String text) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int parses = 10_000;
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < parses; i++) {
                sink = ClientAddress.tryParseEndpoint(text, 0, text.length());
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least / parses;
    }
}
