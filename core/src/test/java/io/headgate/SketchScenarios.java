package io.headgate;

import static io.headgate.faults.Scenario.require;

import io.headgate.faults.Scenario;
import io.headgate.metrics.HeavyHitters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Operations on {@link HeavyHitters}. */
final class SketchScenarios {

    private enum Operation {
        ADD_OLD,
        ADD_NEW,
        TOP,
        CLEAR
    }

    private SketchScenarios() {}

    static List<Scenario.Named> all() {
        List<Scenario.Named> all = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            for (int keys : new int[] {0, 1, 3, 8, 11, 12}) { // of twelve; the index grows with the 13th
                for (int size : new int[] {12, 20}) {
                    add(all, "heavy hitters of strings", number -> "key " + number, size, keys, operation);
                    add(all, "heavy hitters with one hash code", SketchScenarios::ofOneHash, size, keys, operation);
                }
            }
        }
        return all;
    }

    private static HashedKey ofOneHash(int number) {
        return new HashedKey(number, 7);
    }

    private static void add(
            List<Scenario.Named> all,
            String subject,
            IntFunction<? extends Object> keys,
            int size,
            int count,
            Operation operation) {
        all.add(new Scenario.Named(
                subject,
                subject + ", " + count + " of " + size + ": " + operation,
                () -> new One(keys, size, count, operation)));
    }

    private static final class One implements Scenario {

        private final IntFunction<? extends Object> keys;
        private final Operation operation;
        private final int size;
        private final int count;
        private final HeavyHitters<Object> hitters;
        private final Object own;
        private long went;

        One(IntFunction<? extends Object> keys, int size, int count, Operation operation) {
            this.keys = keys;
            this.operation = operation;
            this.size = size;
            this.count = count;
            hitters = new HeavyHitters<>(size);
            for (int number = 0; number < count; number++) {
                for (int i = 0; i < times(number); i++) {
                    hitters.add(keys.apply(number));
                }
            }
            own = keys.apply(operation == Operation.ADD_NEW ? count : 0);
        }

        /** The last key came least often. */
        private static int times(int number) {
            return number == 0 ? 60 : 30 - number;
        }

        @Override
        public void run() {
            switch (operation) {
                case ADD_OLD, ADD_NEW -> hitters.add(own);
                case TOP -> hitters.top(5);
                case CLEAR -> hitters.clear();
            }
        }

        /** Every key again: whatever the thread has left behind in its part is found. */
        @Override
        public void goOn() {
            went = 2;
            for (int number = 0; number < Math.max(1, count - 1); number++) {
                hitters.add(keys.apply(number));
                hitters.add(keys.apply(number));
            }
        }

        @Override
        public void check(@Nullable Throwable fault) {
            Map<Object, Long> counts = new HashMap<>();
            long sum = 0;
            for (HeavyHitters.Hit<Object> hit : hitters.top(size)) {
                require(counts.put(hit.key(), hit.count()) == null, "%s is there twice", hit.key());
                sum += hit.count();
            }
            require(counts.size() <= size, "%s keys of %s", counts.size(), size);
            long all = 0;
            for (int number = 0; number < count; number++) {
                all += times(number);
            }
            long fewest = operation == Operation.CLEAR ? 0 : all;
            long added = went * Math.max(1, count - 1);
            long most = all + (operation == Operation.ADD_OLD || operation == Operation.ADD_NEW ? 1 : 0);
            require(
                    sum >= fewest + added && sum <= most + added,
                    "%s came, not %s to %s",
                    sum,
                    fewest + added,
                    most + added);
            for (int number = 0; number < count - 1; number++) {
                long came = counts.getOrDefault(keys.apply(number), 0L);
                boolean isOwn = operation == Operation.ADD_OLD && number == 0;
                long least = (operation == Operation.CLEAR ? 0 : times(number)) + went;
                long highest = times(number) + went + (isOwn ? 1 : 0);
                require(came >= least && came <= highest, "key %s came %s times, not %s", number, came, least);
            }
            hitters.clear();
            require(hitters.top(size).isEmpty(), "not cleared");
            for (int number = 0; number < size + 1; number++) {
                hitters.add(keys.apply(number));
            }
            require(
                    hitters.top(size).size() == size,
                    "a full sketch has %s keys",
                    hitters.top(size).size());
        }
    }
}
