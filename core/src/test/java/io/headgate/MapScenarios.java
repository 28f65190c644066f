package io.headgate;

import static io.headgate.faults.Scenario.require;

import io.headgate.faults.Scenario;
import io.headgate.map.ReadOptimizedMap;
import io.headgate.map.Walk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Operations on a {@link ReadOptimizedMap}. */
final class MapScenarios {

    /** How the map came to be what it is. */
    private enum Past {
        UNSETTLED,
        SETTLED,
        AMENDED
    }

    private enum Operation {
        STORE_NEW,
        STORE_OLD,
        STORE_DELETED,
        LOAD_OR_STORE_NEW,
        LOAD_OR_STORE_OLD,
        DELETE,
        COMPARE_AND_DELETE,
        COMPARE_AND_SWAP,
        MERGE_NEW,
        MERGE_OLD,
        LOAD,
        LOAD_ABSENT,
        RANGE,
        WALK,
        CLEAR
    }

    private MapScenarios() {}

    static List<Scenario.Named> all() {
        List<Scenario.Named> all = new ArrayList<>();
        for (Past past : Past.values()) {
            for (Operation operation : Operation.values()) {
                add(all, "a map of strings", number -> "key " + number, past, 1, 0, operation);
                add(all, "a map of strings", number -> "key " + number, past, 150, 15, operation);
                // With eight keys of one hash code the next one makes a bin; with ten it makes the tree of the bin.
                addOfOneHash(all, past, 8, 0, operation);
                addOfOneHash(all, past, 10, 0, operation);
                addOfOneHash(all, past, 40, 5, operation);
                addOfOneHash(all, past, 56, 36, operation); // a deletion drops the dead
            }
        }
        return all;
    }

    private static void addOfOneHash(List<Scenario.Named> all, Past past, int size, int deleted, Operation operation) {
        add(all, "a map with one hash code", number -> new HashedKey(number, 7), past, size, deleted, operation);
    }

    private static void add(
            List<Scenario.Named> all,
            String subject,
            IntFunction<Object> keys,
            Past past,
            int size,
            int deleted,
            Operation operation) {
        all.add(new Scenario.Named(
                subject,
                subject + ", " + past + ", " + size + " keys less " + deleted + ": " + operation,
                () -> new One(keys, past, size, deleted, operation)));
    }

    private static final class One implements Scenario {

        private static final int OTHERS = 20;

        private final IntFunction<Object> keys;
        private final Operation operation;
        private final int size;
        private final ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>(0, 1);
        private final Map<Object, Integer> before = new HashMap<>();
        /** The key of the operation. */
        private final Object own;

        One(IntFunction<Object> keys, Past past, int size, int deleted, Operation operation) {
            this.keys = keys;
            this.operation = operation;
            this.size = size;
            for (int i = 0; i < OTHERS; i++) {
                store("other " + i, -i);
            }
            for (int number = 0; number < size; number++) {
                store(keys.apply(number), number);
                if (past == Past.AMENDED && number == size / 2) {
                    map.range((key, value) -> true);
                }
            }
            if (past == Past.SETTLED) {
                map.range((key, value) -> true);
            }
            for (int number = 0; number < deleted; number++) {
                map.delete(keys.apply(number));
                before.remove(keys.apply(number));
            }
            int number = switch (operation) {
                case STORE_NEW, LOAD_OR_STORE_NEW, MERGE_NEW, LOAD_ABSENT -> size;
                case STORE_DELETED -> 0;
                default -> size - 1;
            };
            own = keys.apply(number);
        }

        private void store(Object key, int value) {
            map.store(key, value);
            before.put(key, value);
        }

        @Override
        public void run() {
            switch (operation) {
                case STORE_NEW, STORE_OLD, STORE_DELETED -> map.store(own, 1_000);
                case LOAD_OR_STORE_NEW, LOAD_OR_STORE_OLD -> map.loadOrStore(own, 1_000);
                case DELETE -> map.delete(own);
                case COMPARE_AND_DELETE -> map.compareAndDelete(own, size - 1);
                case COMPARE_AND_SWAP -> map.compareAndSwap(own, size - 1, 1_000);
                case MERGE_NEW, MERGE_OLD -> map.asMap().merge(own, 1_000, (seen, added) -> added);
                case LOAD, LOAD_ABSENT -> map.load(own);
                case RANGE -> map.range((key, value) -> true);
                case WALK -> {
                    Walk<Object, Integer> walk = map.walk();
                    while (walk.next()) {
                        walk.key();
                        walk.value();
                    }
                }
                case CLEAR -> map.clear();
            }
        }

        private @Nullable Integer after(Object key) {
            return switch (operation) {
                case STORE_NEW, STORE_OLD, STORE_DELETED, LOAD_OR_STORE_NEW, COMPARE_AND_SWAP, MERGE_NEW, MERGE_OLD ->
                    key.equals(own) ? Integer.valueOf(1_000) : before.get(key);
                case DELETE, COMPARE_AND_DELETE -> key.equals(own) ? null : before.get(key);
                case LOAD_OR_STORE_OLD, LOAD, LOAD_ABSENT, RANGE, WALK -> before.get(key);
                case CLEAR -> null;
            };
        }

        /** Walks only after it has loaded, as a walk repairs more than other operations do. */
        @Override
        public void check(@Nullable Throwable fault) {
            boolean unchanged = fault instanceof OutOfMemoryError && operation != Operation.CLEAR;
            Map<Object, Integer> loaded = new HashMap<>();
            for (int number = -OTHERS + 1; number <= size; number++) {
                look(number <= 0 ? "other " + -number : keys.apply(number), fault, unchanged, loaded);
            }
            look(keys.apply(0), fault, unchanged, loaded);
            checkWhole(loaded, "after the fault");
            for (int number = 0; number < size + 3; number++) {
                map.store(keys.apply(number), number);
                loaded.put(keys.apply(number), number);
            }
            for (int number = 0; number < size + 3; number++) {
                require(Objects.equals(map.load(keys.apply(number)), number), "stored %s, and it is not there", number);
            }
            checkWhole(loaded, "with all stored again");
            for (Object key : loaded.keySet()) {
                require(map.delete(key), "%s cannot be deleted", key);
            }
            checkWhole(Map.of(), "with all deleted");
        }

        private void look(Object key, @Nullable Throwable fault, boolean unchanged, Map<Object, Integer> loaded) {
            Integer value = map.load(key);
            if (value != null) {
                loaded.put(key, value);
            }
            boolean asBefore = fault != null && Objects.equals(value, before.get(key));
            boolean asAfter = !unchanged && Objects.equals(value, after(key));
            if (fault == null) {
                require(asAfter, "%s is mapped to %s", key, value);
            } else {
                require(asBefore || asAfter, "%s is mapped to %s, not to %s as before", key, value, before.get(key));
            }
        }

        private void checkWhole(Map<Object, Integer> expected, String when) {
            require(map.size() == expected.size(), "size %s and not %s %s", map.size(), expected.size(), when);
            Map<Object, Integer> walked = new HashMap<>();
            int[] count = new int[1];
            map.range((key, value) -> {
                walked.put(key, value);
                return ++count[0] > 0;
            });
            require(walked.equals(expected), "walked %s and not %s %s", walked, expected, when);
            require(count[0] == walked.size(), "walked %s keys and met %s %s", walked.size(), count[0], when);
        }
    }
}
