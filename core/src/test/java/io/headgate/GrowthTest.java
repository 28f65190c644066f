package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A limiter that cannot grow as far as it was told to, in a process that has not enough memory. */
class GrowthTest {

    @ParameterizedTest
    @CsvSource({"table, DENY", "table, SHARE", "map, DENY", "map, SHARE"})
    void growthThatFailsLosesNothing(String store, Overflow overflow) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx24m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Growing.class.getName(),
                        store,
                        overflow.name())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        System.out.println(output.lines().filter(line -> line.startsWith("[")).reduce("", (one, other) -> one + other));
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
            Overflow overflow = Overflow.valueOf(args[1]);
            if (args[0].equals("table")) {
                run(Limiter.forAddresses(Limit.parse("2/h")), overflow, Growing::client);
            } else {
                run(Limiter.<Integer>builder(Limit.parse("2/h")), overflow, Integer::valueOf);
            }
        }

        private static ClientAddress client(int number) {
            return ClientAddress.ofBits(3L << 60 | ((number * 0x9E37_79B9_7F4A_7C15L) >>> 4), 1);
        }

        private static <K> void run(LocalLimiter.Builder<K> builder, Overflow overflow, IntFunction<K> keys) {
            FakeTicker ticker = new FakeTicker();
            LocalLimiter<K> limiter = builder.name("login")
                    .maxKeys(MAX_KEYS)
                    .overflow(overflow)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            for (int i = 0; i < TRACKED; i++) {
                require(limiter.tryAcquire(keys.apply(i), 2), "the first were not tracked");
            }
            for (int i = TRACKED; i < NEWCOMERS; i++) {
                if (!limiter.tryAcquire(keys.apply(i), 2)) {
                    BALLAST.clear(); // the test needs some memory, too
                }
            }
            long tracked = limiter.size();
            require(tracked < NEWCOMERS && limiter.stats().overflowed() > 0, "memory was enough");
            for (int i = 0; i < TRACKED; i++) {
                require(!limiter.tryAcquire(keys.apply(i)), "a client was forgiven");
            }
            K newcomer = keys.apply(TRACKED - 1);
            for (int i = NEWCOMERS; i < NEWCOMERS + 1_000; i++) {
                newcomer = keys.apply(i);
                require(limiter.peek(newcomer, 2).allowed() == limiter.tryAcquire(newcomer, 2), "peek told otherwise");
            }
            ticker.advance(Duration.ofSeconds(2)); // it tries again
            limiter.tryAcquire(newcomer, 2);
            ticker.advance(Duration.ofHours(3));
            limiter.sweep();
            require(limiter.size() == 0, "places were lost");
            for (int i = 0; i < 2 * TRACKED; i++) {
                require(!limiter.decide(keys.apply(i), 2).overflow(), "it does not grow again");
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
