package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.testing.FakeTicker;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A known key's decision allocates nothing. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class AllocationTest<K> {

    private static final int CALLS = 100_000;

    private final Keys<K> keys;
    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final FakeTicker ticker = new FakeTicker();

    AllocationTest(Keys<K> keys) {
        this.keys = keys;
    }

    private void assertAllocatesNothing(Limiter<K> limiter, K key) {
        long admitted = 0;
        for (int i = 0; i < CALLS; i++) { // compiles, and counters grow their cells
            admitted += limiter.tryAcquire(key) ? 1 : 0;
        }
        // What else a thread allocates now and then (a compilation's hand-over, say) does not repeat; a decision does.
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = memory.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                admitted += limiter.tryAcquire(key) ? 1 : 0;
            }
            least = Math.min(least, memory.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes in %s calls, %s admitted", CALLS, admitted).isLessThan(CALLS / 100);
    }

    private LocalLimiter<K> build(LocalLimiter.Builder<K> builder) {
        return builder.ticker(ticker).build();
    }

    @Test
    void admittedDeniedAndUnderSeveralLimits() {
        K key = keys.key(1);
        assertAllocatesNothing(build(keys.builder(Limit.parse("1/day"))), key); // denied
        assertAllocatesNothing(build(keys.builder(Limit.parse("1000000000/s"))), key); // admitted
        assertAllocatesNothing(build(keys.builder(Limit.parse("1000000000/s"), Limit.parse("10000000/minute"))), key);
    }
}
