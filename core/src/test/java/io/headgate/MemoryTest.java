package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
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
            long before = heap();
            LocalLimiter<Integer> limiter = Limiter.<Integer>builder(Limit.parse("1/minute"), more)
                    .maxKeys(KEYS)
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            long promised = limiter.memoryBytes();
            for (int i = 0; i < KEYS; i++) {
                limiter.tryAcquire(keys[i]);
            }
            long filled = heap() - before;
            ticker.advance(Duration.ofDays(1));
            for (int i = 0; i < KEYS; i++) { // each takes the place of another
                limiter.tryAcquire(keys[KEYS + i]);
            }
            long churned = heap() - before;
            System.out.printf(
                    "limiter of %d limits, %d keys: promised %d bytes a key, took %d, and %d after as many newcomers%n",
                    1 + more.length, limiter.size(), promised / KEYS, filled / KEYS, churned / KEYS);
            assertThat(limiter.size())
                    .isBetween(KEYS - 8L, (long) KEYS); // a newcomer may free more places than it takes
            assertThat(limiter.memoryBytes()).isEqualTo(promised);
            assertThat(filled).isLessThanOrEqualTo(promised);
            assertThat(churned).isLessThanOrEqualTo(promised);
        }
    }

    private static long heap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
