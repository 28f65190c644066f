package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LiveHeap;
import io.headgate.testing.Measurements;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A million invented keys, what they leave behind, and what a look-up allocates. */
class PlanCacheMemoryTest {

    private static final int INVENTED = 1_000_000;
    private static final int MAX_KEYS = 10_000;
    private static final int CUSTOMERS = 1_000;

    private final FakeTicker ticker = new FakeTicker();

    private static CompletionStage<@Nullable String> load(String key) {
        return CompletableFuture.completedFuture(key.startsWith("customer") ? "gold" : null);
    }

    private PlanCache<String> cacheOfCustomers() {
        PlanCache<String> plans = PlanCache.<String>builder(PlanCacheMemoryTest::load)
                .ticker(ticker)
                .executor(Runnable::run)
                .maxKeys(MAX_KEYS)
                .build();
        for (int id = 0; id < CUSTOMERS; id++) {
            plans.request("customer " + id);
        }
        return plans;
    }

    @Test
    void inventedKeysTakeNoMoreThanTheirBoundAndEvictNoPlan() {
        long before = LiveHeap.bytes();
        PlanCache<String> plans = cacheOfCustomers();
        for (int id = 0; id < INVENTED; id++) {
            plans.apply("invented " + id);
        }
        PlanCacheStats stats = plans.stats();
        assertThat(stats.remembered()).isBetween(1L, (long) MAX_KEYS);
        assertThat(stats.size()).isEqualTo(CUSTOMERS);
        assertThat(stats.loads()).isEqualTo(CUSTOMERS + INVENTED); // one for each request, and no more
        for (int id = 0; id < CUSTOMERS; id++) {
            assertThat(plans.planIfKnown("customer " + id)).isEqualTo("gold");
        }
        long bytes = LiveHeap.bytes() - before;
        Measurements.print("%d bytes for each of %d keys without a plan", bytes / MAX_KEYS, MAX_KEYS);
        assertThat(bytes).isLessThan(MAX_KEYS * 400L);
        assertThat(plans.stats().size()).isEqualTo(CUSTOMERS); // is live until here
    }

    @Test
    void keysThatAreOnlyLookedUpLeaveNothing() {
        PlanCache<String> plans = cacheOfCustomers();
        for (int id = 0; id < INVENTED; id++) {
            assertThat(plans.planIfKnown("invented " + id)).isNull();
        }
        assertThat(plans.stats().loads()).isEqualTo(CUSTOMERS);
        assertThat(plans.stats().remembered()).isZero();
        assertThat(plans.stats().misses()).isEqualTo(INVENTED);
    }

    @Test
    void plansAreNoMoreThanTheirBound() {
        long before = LiveHeap.bytes();
        PlanCache<String> plans = cacheOfCustomers();
        for (int id = 0; id < 100_000; id++) {
            plans.request("customer with id " + id);
        }
        assertThat(plans.stats().size()).isEqualTo(MAX_KEYS);
        assertThat(plans.stats().remembered()).isZero();
        long bytes = LiveHeap.bytes() - before;
        Measurements.print("%d bytes for each of %d keys with a plan", bytes / MAX_KEYS, MAX_KEYS);
        assertThat(bytes).isLessThan(MAX_KEYS * 400L);
        assertThat(plans.stats().size()).isEqualTo(MAX_KEYS); // is live until here
    }

    /** While it is under way a load is not evicted, however many keys are found to have no plan: there is still one. */
    @Test
    void aLoadUnderWayIsNotEvicted() {
        CompletableFuture<@Nullable String> slow = new CompletableFuture<>();
        PlanCache<String> plans = PlanCache.<String>builder(key -> key.equals("slow") ? slow : load(key))
                .ticker(ticker)
                .executor(Runnable::run)
                .maxKeys(10)
                .build();
        plans.request("slow");
        for (int id = 0; id < 10_000; id++) {
            for (int time = 0; time < 10; time++) { // these are worth more to Caffeine
                plans.request("invented " + id % 20);
            }
        }
        long loads = plans.stats().loads();
        plans.request("slow");
        assertThat(plans.stats().loads()).isEqualTo(loads);
        slow.complete("gold");
        assertThat(plans.planIfKnown("slow")).isEqualTo("gold");
        assertThat(plans.stats().remembered()).isBetween(1L, 10L);
    }

    /** The key as the cache holds it; the compiler may do without. */
    @Test
    void aLookUpAllocatesOneSmallObjectAtMost() {
        PlanCache<String> plans = cacheOfCustomers();
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int calls = 100_000;
        long least = Long.MAX_VALUE;
        int known = 0;
        for (int round = 0; round < 10; round++) {
            long before = memory.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < calls; i++) {
                known += plans.planIfKnown("customer 17") != null ? 1 : 0;
                known += plans.planIfKnown("invented") != null ? 1 : 0;
            }
            least = Math.min(least, memory.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(known).isEqualTo(10 * calls);
        Measurements.print("%.1f bytes a look-up", least / 2.0 / calls);
        assertThat(least).isLessThanOrEqualTo(2L * 24 * calls + calls / 100);
    }
}
