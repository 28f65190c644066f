package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A table that cannot grow as far as it was told to, in a process that has not enough memory. Other keys cost small objects, which leave no
 * memory to the test either: for them see {@link AllocationFaultTest}.
 */
class GrowthTest {

    @ParameterizedTest
    @EnumSource(
            value = Overflow.class,
            names = {"DENY", "SHARE"})
    void growthThatFailsLosesNothing(Overflow overflow) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx24m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Growing.class.getName(),
                        overflow.name())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        output.lines().filter(line -> line.startsWith("[")).forEach(line -> Measurements.print("%s", line));
        assertThat(output.split("Limiter \"login\" could not grow for want of memory", -1))
                .as(output)
                .hasSize(2);
    }

    /** Lets clients come until there is no memory for more. */
    static final class Growing {

        private static final int MAX_KEYS = 10_000_000;
        private static final int TRACKED = 10_000;
        private static final int NEWCOMERS = 1_000_000;

        /** Is let go of when the limiter has no memory: small entries leave nothing to anybody else. */
        private static final List<byte[]> BALLAST = new ArrayList<>(List.of(new byte[4 << 20]));

        private Growing() {}

        public static void main(String[] args) {
            run(Overflow.valueOf(args[0]));
        }

        private static ClientAddress client(int number) {
            return ClientAddress.ofBits(3L << 60 | ((number * 0x9E37_79B9_7F4A_7C15L) >>> 4), 1);
        }

        private static void run(Overflow overflow) {
            FakeTicker ticker = new FakeTicker();
            LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("2/h"))
                    .name("login")
                    .maxKeys(MAX_KEYS)
                    .overflow(overflow)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            for (int i = 0; i < TRACKED; i++) {
                require(limiter.tryAcquire(client(i), 2), "the first were not tracked");
            }
            for (int i = TRACKED; i < NEWCOMERS; i++) {
                if (!limiter.tryAcquire(client(i), 2)) {
                    BALLAST.clear(); // the test needs some memory, too
                }
            }
            long tracked = limiter.size();
            require(tracked < NEWCOMERS && limiter.stats().overflowed() > 0, "memory was enough");
            for (int i = 0; i < TRACKED; i++) {
                require(!limiter.tryAcquire(client(i)), "a client was forgiven");
            }
            ClientAddress newcomer = client(TRACKED - 1);
            for (int i = NEWCOMERS; i < NEWCOMERS + 1_000; i++) {
                newcomer = client(i);
                require(limiter.peek(newcomer, 2).allowed() == limiter.tryAcquire(newcomer, 2), "peek told otherwise");
            }
            ticker.advance(Duration.ofSeconds(2)); // it tries again
            limiter.tryAcquire(newcomer, 2);
            ticker.advance(Duration.ofHours(3));
            limiter.sweep();
            require(limiter.size() == 0, "reserved room was lost");
            for (int i = 0; i < 2 * TRACKED; i++) {
                require(!limiter.decide(client(i), 2).overflow(), "it does not grow again");
            }
            System.out.printf(
                    "[%d clients tracked in %d MB, as many as fit]%n",
                    tracked, Runtime.getRuntime().maxMemory() >> 20);
        }

        private static void require(boolean condition, String failure) {
            if (!condition) {
                throw new IllegalStateException(failure);
            }
        }
    }
}
