package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LiveHeap;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What a limiter says that it may occupy, beside what the heap says that it does. */
class MemoryTest {

    private static final int KEYS = 200_000;

    private final FakeTicker ticker = new FakeTicker();

    @Test
    void aFullLimiterOccupiesNoMoreThanItSaid() {
        Integer[] keys = new Integer[2 * KEYS]; // the keys are not the limiter's
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
        }
        Limit[] several = {Limit.parse("500/h"), Limit.parse("1000/day")};
        for (Limit[] more : new Limit[][] {{}, several}) {
            long before = LiveHeap.bytes();
            LocalLimiter<Integer> limiter = Limiter.<Integer>builder(Limit.parse("1/minute"), more)
                    .maxKeys(KEYS)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            long promised = limiter.memoryBytes();
            for (int i = 0; i < KEYS; i++) {
                limiter.tryAcquire(keys[i]);
            }
            long filled = LiveHeap.bytes() - before;
            ticker.advance(Duration.ofDays(1));
            for (int i = 0; i < KEYS; i++) { // each takes the place of another
                limiter.tryAcquire(keys[KEYS + i]);
            }
            long churned = LiveHeap.bytes() - before;
            Measurements.print(
                    "limiter of %d limits, %d keys: promised %d bytes a key, took %d, and %d after as many newcomers",
                    1 + more.length, limiter.size(), promised / KEYS, filled / KEYS, churned / KEYS);
            assertThat(limiter.size()).isBetween(KEYS - 8L, (long) KEYS); // a newcomer may evict more keys than one
            assertThat(limiter.memoryBytes()).isEqualTo(promised);
            assertThat(filled).isLessThanOrEqualTo(promised);
            assertThat(churned).isLessThanOrEqualTo(promised);
        }
    }

    /** Whatever maxKeys is, with the thread that sweeps it. */
    @Test
    void aNewLimiterOfAddressesOccupiesAFewKilobytes() {
        for (int maxKeys : new int[] {1, 1_000_000, 1_000_000_000}) {
            long each = heapOf(
                            20,
                            i -> Limiter.forAddresses(Limit.parse("100/minute"))
                                    .maxKeys(maxKeys)
                                    .build())
                    / 20;
            Measurements.print("a new limiter for %d clients: %d bytes", maxKeys, each);
            assertThat(each).isLessThanOrEqualTo(16 << 10);
        }
        long ten = heapOf(10, i -> {
            LocalLimiter<ClientAddress> limiter =
                    Limiter.forAddresses(Limit.parse("100/minute")).build();
            for (int client = 0; client < 10; client++) {
                assertThat(limiter.tryAcquire(client(client))).isTrue();
            }
            return limiter;
        });
        Measurements.print("ten limiters with ten clients each: %d bytes", ten);
        assertThat(ten).isLessThanOrEqualTo(200_000);
    }

    /** Classes are on the heap, too, and are loaded when they are first used. */
    private static void loadWhatIsUsed() {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/h"))
                .sweepInterval(Duration.ZERO)
                .build();
        limiter.tryAcquire(client(0), 100);
        limiter.sweep();
        assertThat(limiter.peek(client(0), 1).limits()).hasSize(1);
        assertThat(limiter.stats().memoryBytes()).isBetween(1L, limiter.memoryBytes());
        assertThat(limiter.size()).isLessThanOrEqualTo(1);
    }

    private static long heapOf(int count, IntFunction<LocalLimiter<ClientAddress>> making) {
        making.apply(0).close(); // loads what there is to load
        long before = LiveHeap.bytes();
        List<LocalLimiter<ClientAddress>> limiters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            limiters.add(making.apply(i));
        }
        long occupied = LiveHeap.bytes() - before;
        limiters.forEach(LocalLimiter::close);
        return occupied;
    }

    /** Most were there once, some are still limited. */
    @Test
    void whatAFloodTookComesBackAndNobodyIsForgiven() {
        int flood = 1_000_000;
        int limited = 1_000;
        loadWhatIsUsed();
        long before = LiveHeap.bytes();
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/h"))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        for (int i = 0; i < flood; i++) {
            limiter.tryAcquire(client(i), i % limited == 0 ? 100 : 1);
        }
        long flooded = LiveHeap.bytes() - before;
        assertThat(limiter.stats().memoryBytes()).isBetween(flooded / 1000 * 998, limiter.memoryBytes());
        ticker.advance(Duration.ofMinutes(1));
        limiter.sweep();
        limiter.sweep();
        long left = LiveHeap.bytes() - before;
        Measurements.print(
                "%d clients: %d bytes; %d clients after the flood: %d bytes, told %d",
                flood, flooded, limiter.size(), left, limiter.stats().memoryBytes());
        assertThat(limiter.size()).isEqualTo(flood / limited);
        assertThat(left).isLessThanOrEqualTo((64 << 10) + 64L * limiter.size());
        assertThat(limiter.stats().memoryBytes()).isLessThanOrEqualTo((64 << 10) + 64L * limiter.size());
        for (int i = 0; i < flood; i += limited) {
            assertThat(limiter.peek(client(i), 1).limits().get(0).resetAfter()).isEqualTo(Duration.ofMinutes(59));
        }
    }

    /** Only for a limiter that has overflowed, and within what it said. */
    @Test
    void sharedBucketsAreToldSeparately() {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("2/minute"), Limit.parse("9/h"))
                .maxKeys(10)
                .sweepInterval(Duration.ZERO)
                .build();
        for (int i = 0; i < 10; i++) {
            limiter.tryAcquire(client(i));
        }
        assertThat(limiter.stats().sharedMemoryBytes()).isZero();
        long before = limiter.stats().memoryBytes();
        limiter.tryAcquire(client(10));
        assertThat(limiter.stats().overflowed()).isEqualTo(1);
        assertThat(limiter.stats().sharedMemoryBytes()).isPositive();
        assertThat(limiter.stats().memoryBytes())
                .isEqualTo(before + limiter.stats().sharedMemoryBytes());
        limiter.tryAcquire(ClientAddress.parse("192.0.2.1"));
        assertThat(limiter.stats().memoryBytes()).isEqualTo(limiter.memoryBytes());
    }

    private static ClientAddress client(int number) {
        return ClientAddress.ofBits(3L << 60 | ((number * 0x9E37_79B9_7F4A_7C15L) >>> 4), 1);
    }
}
