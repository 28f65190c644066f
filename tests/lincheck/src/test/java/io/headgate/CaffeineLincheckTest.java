package io.headgate;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.headgate.internal.StackProbe;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * The same for a limiter that keeps its keys in a Caffeine cache, with room for more keys than there are: beyond that the
 * cache evicts whom it likes, and that client is forgiven, which no order of the calls explains. Sweeps evict, too.
 */
class CaffeineLincheckTest {

    /** How many times the usual number of scenarios; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("test.effort", 1);

    /** The calls. */
    public static final class OnCache extends LimiterLincheckTest.Calls<HashedKey> {
        public OnCache() {
            super(Keys.CACHE, 8);
        }
    }

    /** Of our steps: one of the cache's is taken for one step, as its own interleavings are tested by those who made it. */
    @Test
    void everyInterleavingIsLinearizable() {
        new ModelCheckingOptions()
                .addGuarantee(
                        forClasses(StackProbe.class.getName()).allMethods().ignore()) // recursion is no livelock
                .addGuarantee(forClasses(name -> name.startsWith("com.github.benmanes.caffeine."))
                        .allMethods()
                        .treatAsAtomic())
                .iterations(8 * EFFORT)
                .invocationsPerIteration(200)
                .threads(2)
                .sequentialSpecification(LimiterLincheckTest.Counts.class)
                .actorsPerThread(3)
                .check(OnCache.class);
    }

    /** With the cache's own interleavings, as they happen. */
    @Test
    void stressIsLinearizable() {
        new StressOptions()
                .iterations(3 * EFFORT)
                .invocationsPerIteration(300)
                .threads(2)
                .sequentialSpecification(LimiterLincheckTest.Counts.class)
                .actorsPerThread(4)
                .check(OnCache.class);
    }
}
