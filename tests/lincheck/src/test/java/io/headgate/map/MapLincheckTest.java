package io.headgate.map;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every history of operations on the map is explained by some order of the operations, each at one instant. Model
 * checking explores interleavings one switch at a time; stress finds what only real memory does.
 */
class MapLincheckTest {

    /** How many times the usual number of scenarios; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("test.effort", 1);

    /** The operations, over two keys of one segment, few enough that tables are promoted and entries expunged. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    @Param(name = "value", gen = IntGen.class, conf = "1:2")
    public abstract static class Operations {

        private final ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>(0, 1);
        private final Keys keys;

        Operations(Keys keys) {
            this.keys = keys;
        }

        @Operation
        public @Nullable Integer load(@Param(name = "key") int key) {
            return map.load(keys.key(key));
        }

        @Operation
        public @Nullable Integer swap(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.swap(keys.key(key), value);
        }

        @Operation
        public Integer loadOrStore(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.loadOrStore(keys.key(key), value);
        }

        @Operation
        public @Nullable Integer loadAndDelete(@Param(name = "key") int key) {
            return map.loadAndDelete(keys.key(key));
        }

        @Operation
        public boolean compareAndSwap(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.compareAndSwap(keys.key(key), value, 3 - value);
        }

        @Operation
        public boolean compareAndDelete(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.compareAndDelete(keys.key(key), value);
        }

        @Operation
        public @Nullable Integer merge(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.asMap().merge(keys.key(key), value, (seen, added) -> seen + added == 3 ? null : seen + added);
        }

        @Operation
        public @Nullable Integer computeIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
            return map.asMap().computeIfAbsent(keys.key(key), same -> value);
        }
    }

    /** Small numbers with a fixed seed, whose segments are all different. */
    public static class Spread extends Operations {
        public Spread() {
            super(Keys.SPREAD);
        }
    }

    /** All keys in one segment, probed one after the other. */
    public static class Constant extends Operations {
        public Constant() {
            super(Keys.CONSTANT);
        }
    }

    private static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions()
                .iterations(8 * EFFORT)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(3)
                .actorsAfter(1);
    }

    private static StressOptions stress() {
        return new StressOptions()
                .iterations(8 * EFFORT)
                .invocationsPerIteration(250)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(3)
                .actorsAfter(1);
    }

    @Test
    void everyInterleavingIsLinearizableWithSpreadHashCodes() {
        modelChecking().check(Spread.class);
    }

    @Test
    void everyInterleavingIsLinearizableWithConstantHashCodes() {
        modelChecking().check(Constant.class);
    }

    @Test
    void stressIsLinearizableWithSpreadHashCodes() {
        stress().check(Spread.class);
    }

    @Test
    void stressIsLinearizableWithConstantHashCodes() {
        stress().check(Constant.class);
    }
}
