package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.testing.FakeTicker;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A known key's decision allocates nothing, nor does that of a client that comes. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class AllocationTest<K> {

    private static final int CALLS = 100_000;
    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Keys<K> keys;
    private final FakeTicker ticker = new FakeTicker();

    AllocationTest(Keys<K> keys) {
        this.keys = keys;
    }

    static <K> void assertAllocatesNothing(Limiter<K> limiter, K key) {
        long admitted = 0;
        for (int i = 0; i < CALLS; i++) { // compiles, and counters grow their cells
            admitted += limiter.tryAcquire(key) ? 1 : 0;
        }
        // What else a thread allocates now and then (a compilation's hand-over, say) does not repeat; a decision does.
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = MEMORY.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                admitted += limiter.tryAcquire(key) ? 1 : 0;
            }
            least = Math.min(least, MEMORY.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes in %s calls, %s admitted", CALLS, admitted).isLessThan(CALLS / 100);
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).build();
    }

    /** Clients that come are given states of a part that is there, unless it is crowded; other keys get objects of their own. */
    @Test
    void newcomersWithRoom() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("1/day")).maxKeys(40 * CALLS));
        List<K> newcomers = new ArrayList<>();
        for (int id = 0; id < 6 * CALLS; id++) {
            newcomers.add(keys.key(id));
        }
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 6; round++) {
            long admitted = 0;
            long before = MEMORY.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                admitted += limiter.tryAcquire(newcomers.get(round * CALLS + i)) ? 1 : 0;
            }
            least = Math.min(least, MEMORY.getCurrentThreadAllocatedBytes() - before);
            assertThat(admitted).isEqualTo(CALLS);
        }
        if (keys.equals(Keys.MAP)) {
            assertThat(least / CALLS).isBetween(40L, 200L);
        } else {
            assertThat(least).isLessThan(CALLS / 100);
        }
    }

    @Test
    void admittedDeniedAndUnderSeveralLimits() {
        K key = keys.key(1);
        assertAllocatesNothing(build(keys.builder(Limit.parse("1/day"))), key); // denied
        assertAllocatesNothing(build(keys.builder(Limit.parse("1000000000/s"))), key); // admitted
        assertAllocatesNothing(build(keys.builder(Limit.parse("1000000000/s"), Limit.parse("10000000/minute"))), key);
    }

    @Test
    void underSeveralLimitersAndByPlan() {
        K key = keys.key(1);
        K all = keys.key(2);
        LocalLimiter<K> narrow = build(keys.builder(Limit.parse("narrow=1000000000/s")));
        LocalLimiter<K> broad = build(keys.builder(Limit.parse("broad=1000000000/s")));
        LocalLimiter<K> denying = build(keys.builder(Limit.parse("denying=1/day")));
        assertAllocatesNothing(Limiter.allOf(narrow, broad.keyed(any -> all)), key);
        assertAllocatesNothing(Limiter.allOf(narrow, broad.keyed(any -> null)), key);
        assertAllocatesNothing(Limiter.allOf(narrow, denying.keyed(any -> all)), key);
        Limiter<K> byPlan = Limiter.byPlan(any -> "plan", Map.of("plan", narrow));
        assertAllocatesNothing(byPlan, key);
        assertAllocatesNothing(Limiter.allOf(byPlan, broad.keyed(any -> all), denying), key);
        Limiter<K> staff = Limiter.byPlan(any -> "staff", Map.of("plan", narrow, "staff", Limiter.unlimited()));
        assertAllocatesNothing(Limiter.allOf(staff, broad.keyed(any -> all)), key);
        assertAllocatesNothing(Limiter.allOf(broad.keyed(any -> all), staff), key);
    }
}
