package io.headgate;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.headgate.internal.StackProbe;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever two threads do to a limiter, the outcomes are those that {@link Counts} gives in some order of the same calls.
 * Buckets become full, and are swept, by refunds and resets, as the clock stands still.
 */
class LimiterLincheckTest {

    /** How many times the usual number of scenarios; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("test.effort", 1);

    private static final int CAPACITY = 4;

    /** What a limiter means: so many permits a key, as the clock stands still. A sweep and the cap change no decision. */
    public static final class Counts {

        private final long[] left = {CAPACITY, CAPACITY, CAPACITY, CAPACITY};

        public boolean tryAcquire(int key, int permits) {
            boolean enough = permits <= left[key];
            left[key] -= enough ? permits : 0;
            return enough;
        }

        public long remaining(int key) {
            return left[key];
        }

        public void refund(int key, int permits) {
            left[key] = Math.min(CAPACITY, left[key] + permits);
        }

        public void reset(int key) {
            left[key] = CAPACITY;
        }

        public void sweep() {}

        public void crowd() {}

        @Override
        public boolean equals(Object other) {
            return other instanceof Counts that && Arrays.equals(left, that.left);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(left);
        }
    }

    /** The calls. */
    @Param(name = "key", gen = IntGen.class, conf = "1:2")
    @Param(name = "permits", gen = IntGen.class, conf = "1:3")
    public static class Calls<K> {

        final Keys<K> keys;
        final LocalLimiter<K> limiter;

        Calls(Keys<K> keys, long maxKeys) {
            this.keys = keys;
            limiter = keys.builder(new Limit("slow", CAPACITY, Duration.ofMinutes(1), CAPACITY))
                    .maxKeys(maxKeys)
                    .ticker(new FakeTicker())
                    .random(new SplittableRandom(1)) // a model is checked by repeating it
                    .sweepInterval(Duration.ZERO)
                    .build();
        }

        @Operation
        public boolean tryAcquire(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            return limiter.tryAcquire(keys.key(key), permits);
        }

        @Operation
        public long remaining(@Param(name = "key") int key) {
            return limiter.peek(keys.key(key), 1).remaining();
        }

        @Operation
        public void refund(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            limiter.refund(keys.key(key), permits);
        }

        @Operation
        public void reset(@Param(name = "key") int key) {
            limiter.reset(keys.key(key));
        }

        @Operation
        public void sweep() {
            limiter.sweep();
        }
    }

    /** A map of buckets. */
    public static final class OnMap extends Calls<HashedKey> {
        public OnMap() {
            super(Keys.MAP, 8);
        }
    }

    /** A table of four groups. */
    public static final class OnTable extends Calls<ClientAddress> {
        public OnTable() {
            super(Keys.BOTH, 8);
        }
    }

    /** A table of one group: its keys come and go in the same slots. Room for one is spare, as only that excludes overflow. */
    public static final class OnSmallTable extends Calls<ClientAddress> {
        public OnSmallTable() {
            super(Keys.IPV6, 3);
        }
    }

    /** A table the parts of which double, split, shrink and merge: other clients come, and are swept away. */
    public static final class OnMovingTable extends Calls<ClientAddress> {

        private static final int FIRST_OTHER = 10;
        private static final int OTHERS = 4;

        public OnMovingTable() {
            super(Keys.MOVING, 64);
        }

        @Operation
        public void crowd() {
            for (int i = FIRST_OTHER; i < FIRST_OTHER + OTHERS; i++) {
                limiter.tryAcquire(keys.key(i), 1);
            }
        }

        @Override
        @Operation
        public void sweep() {
            for (int i = FIRST_OTHER; i < FIRST_OTHER + OTHERS; i++) {
                limiter.reset(keys.key(i));
            }
            limiter.sweep();
        }
    }

    /**
     * Three keys, and room for one: those without take from shared buckets, each from another one. For stress only: a model
     * checker takes the thousands of steps in which a newcomer looks for room for a livelock.
     */
    @Param(name = "key", gen = IntGen.class, conf = "1:3")
    @Param(name = "permits", gen = IntGen.class, conf = "1:3")
    public static class CallsAtTheCap<K> {

        private final Keys<K> keys;
        private final LocalLimiter<K> limiter;

        CallsAtTheCap(Keys<K> keys) {
            this.keys = keys;
            limiter = keys.builder(new Limit("slow", CAPACITY, Duration.ofMinutes(1), CAPACITY))
                    .maxKeys(1)
                    .ticker(new FakeTicker())
                    .random(new SplittableRandom(1))
                    .sweepInterval(Duration.ZERO)
                    .build();
        }

        @Operation
        public boolean tryAcquire(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            return limiter.tryAcquire(keys.key(key), permits);
        }

        @Operation
        public long remaining(@Param(name = "key") int key) {
            return limiter.peek(keys.key(key), 1).remaining();
        }
    }

    /** A map with room for one key. */
    public static final class OnFullMap extends CallsAtTheCap<HashedKey> {
        public OnFullMap() {
            super(Keys.MAP);
        }
    }

    /** A table with room for one key. */
    public static final class OnFullTable extends CallsAtTheCap<ClientAddress> {
        public OnFullTable() {
            super(Keys.IPV4);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {OnMap.class, OnTable.class, OnSmallTable.class, OnMovingTable.class})
    void everyInterleavingIsLinearizable(Class<?> calls) {
        new ModelCheckingOptions()
                .addGuarantee(
                        forClasses(StackProbe.class.getName()).allMethods().ignore()) // recursion is no livelock
                .iterations(10 * EFFORT)
                .invocationsPerIteration(200)
                .threads(2)
                .sequentialSpecification(Counts.class)
                .actorsPerThread(3)
                .check(calls);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                OnMap.class,
                OnTable.class,
                OnSmallTable.class,
                OnMovingTable.class,
                OnFullMap.class,
                OnFullTable.class
            })
    void stressIsLinearizable(Class<?> calls) {
        new StressOptions()
                .iterations(6 * EFFORT)
                .invocationsPerIteration(500)
                .threads(2)
                .sequentialSpecification(Counts.class)
                .actorsPerThread(4)
                .check(calls);
    }
}
