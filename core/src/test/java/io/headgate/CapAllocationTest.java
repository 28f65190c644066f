package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.testing.FakeTicker;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A flood of newcomers at the cap makes no garbage. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class CapAllocationTest<K> {

    private static final int CALLS = 50_000;
    private static final int CAP = 64;

    private final Keys<K> keys;
    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final FakeTicker time = new FakeTicker();

    CapAllocationTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> full(Overflow overflow, Limit first, Limit... more) {
        LocalLimiter<K> limiter = keys.builder(first, more)
                .maxKeys(CAP)
                .overflow(overflow)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
        for (int id = 0; id < CAP; id++) {
            assertThat(limiter.decide(keys.key(id)).overflow()).isFalse();
        }
        return limiter;
    }

    private void assertAllocatesNothing(LocalLimiter<K> limiter, boolean admitted) {
        assertAllocates(0, limiter, admitted);
    }

    private void assertAllocates(long most, LocalLimiter<K> limiter, boolean admitted) {
        List<K> newcomers = new ArrayList<>();
        for (int id = 0; id < 256; id++) {
            newcomers.add(keys.key(1_000 + id));
        }
        if (!admitted) { // the shared buckets are spent first
            newcomers.forEach(limiter::tryAcquire);
        }
        long least = Long.MAX_VALUE; // what else a thread allocates now and then does not repeat
        for (int round = 0; round < 6; round++) {
            long before = memory.getCurrentThreadAllocatedBytes();
            long count = 0;
            for (int i = 0; i < CALLS; i++) {
                count += limiter.tryAcquire(newcomers.get(i & 255)) ? 1 : 0;
            }
            least = Math.min(least, memory.getCurrentThreadAllocatedBytes() - before);
            assertThat(count).isEqualTo(admitted ? CALLS : 0);
        }
        assertThat(limiter.size()).isEqualTo(CAP);
        assertThat(least).as("bytes in %s calls", CALLS).isLessThan(most * CALLS + CALLS / 100);
    }

    @ParameterizedTest
    @EnumSource(
            value = Overflow.class,
            names = {"SHARE", "DENY"})
    void thoseTurnedAway(Overflow overflow) {
        assertAllocatesNothing(full(overflow, Limit.parse("1/day")), false);
        assertAllocatesNothing(full(overflow, Limit.parse("1/day"), Limit.parse("5/hour")), false);
    }

    @Test
    void thoseLetPast() {
        assertAllocatesNothing(full(Overflow.ALLOW, Limit.parse("1/day")), true);
    }

    @Test
    void thoseThatShareAndAreAdmitted() {
        assertAllocates( // an array of one state, for the key's cell
                24, full(Overflow.SHARE, new Limit("many", 1_000, Duration.ofSeconds(1), 1_000_000_000)), true);
    }
}
