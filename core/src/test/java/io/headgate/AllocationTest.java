package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A known key's decision allocates nothing. */
class AllocationTest {

    private static final int CALLS = 100_000;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final FakeTicker ticker = new FakeTicker();

    private <K> void assertAllocatesNothing(Limiter<K> limiter, K key) {
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

    private <K> LocalLimiter<K> build(LocalLimiter.Builder<K> builder) {
        return builder.ticker(ticker).build();
    }

    @Test
    void admittedDeniedAndUnderSeveralLimits() {
        assertAllocatesNothing(build(Limiter.builder(Limit.parse("1/day"))), "denied");
        assertAllocatesNothing(build(Limiter.builder(Limit.parse("1000000000/s"))), "admitted");
        assertAllocatesNothing(
                build(Limiter.builder(Limit.parse("1000000000/s"), Limit.parse("10000000/minute"))), "several");
        assertAllocatesNothing(
                build(Limiter.forAddresses(Limit.parse("1000000000/s"))), ClientAddress.parse("192.0.2.1"));
    }
}
