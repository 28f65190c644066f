package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random programs run against three maps, with the same result of every step: one behind a mutex, one that is copied on
 * every write, and the one under test.
 */
class ModelTest {

    /** What all three can do. */
    interface Subject {
        @Nullable
        Object apply(Operation operation, Object key, Integer first, Integer second);

        Map<Object, Integer> contents();

        long size();
    }

    enum Operation {
        LOAD,
        STORE,
        SWAP,
        LOAD_OR_STORE,
        LOAD_AND_DELETE,
        DELETE,
        COMPARE_AND_SWAP,
        COMPARE_AND_DELETE,
        COMPUTE,
        MERGE,
        COMPUTE_IF_ABSENT,
        COMPUTE_IF_PRESENT,
        REPLACE,
        REMOVE_BY_ITERATOR,
        RANGE,
        CLEAR
    }

    private static final List<Operation> FREQUENT_AND_WALKS =
            List.copyOf(EnumSet.complementOf(EnumSet.of(Operation.CLEAR)));

    private static final List<Operation> FREQUENT = List.copyOf(
            EnumSet.complementOf(EnumSet.of(Operation.CLEAR, Operation.RANGE, Operation.REMOVE_BY_ITERATOR)));

    /** A function that deletes, keeps and changes, depending on what it is given. */
    private static @Nullable Integer mixed(@Nullable Integer seen, int other) {
        if (seen == null) {
            return other % 3 == 0 ? null : other;
        }
        return (seen + other) % 4 == 0 ? null : Integer.valueOf(seen + other);
    }

    /** The meaning of the operations, in the plainest words there are for them. */
    private static @Nullable Object plain(
            Map<Object, Integer> map, Operation operation, Object key, Integer first, Integer second) {
        Integer seen = map.get(key);
        return switch (operation) {
            case LOAD -> seen;
            case STORE -> {
                map.put(key, first);
                yield "stored";
            }
            case SWAP -> map.put(key, first);
            case LOAD_OR_STORE -> {
                map.putIfAbsent(key, first);
                yield map.get(key);
            }
            case LOAD_AND_DELETE -> map.remove(key);
            case DELETE -> map.remove(key) != null;
            case COMPARE_AND_SWAP -> map.replace(key, first, second);
            case COMPARE_AND_DELETE -> map.remove(key, first);
            case COMPUTE -> map.compute(key, (same, value) -> mixed(value, first));
            case MERGE -> map.merge(key, first, ModelTest::mixed);
            case COMPUTE_IF_ABSENT -> map.computeIfAbsent(key, same -> mixed(null, first));
            case COMPUTE_IF_PRESENT -> map.computeIfPresent(key, (same, value) -> mixed(value, first));
            case REPLACE -> map.replace(key, first);
            case REMOVE_BY_ITERATOR -> map.keySet().removeIf(key::equals);
            case RANGE -> new HashMap<>(map);
            case CLEAR -> {
                map.clear();
                yield "cleared";
            }
        };
    }

    private static final class MutexMap implements Subject {
        private final Map<Object, Integer> map = new HashMap<>();

        @Override
        public synchronized @Nullable Object apply(Operation operation, Object key, Integer first, Integer second) {
            return plain(map, operation, key, first, second);
        }

        @Override
        public synchronized Map<Object, Integer> contents() {
            return new HashMap<>(map);
        }

        @Override
        public synchronized long size() {
            return map.size();
        }
    }

    private static final class CopyOnWriteMap implements Subject {
        private volatile Map<Object, Integer> map = Map.of();

        @Override
        public synchronized @Nullable Object apply(Operation operation, Object key, Integer first, Integer second) {
            Map<Object, Integer> copy = new HashMap<>(map);
            Object result = plain(copy, operation, key, first, second);
            map = copy;
            return result;
        }

        @Override
        public Map<Object, Integer> contents() {
            return map;
        }

        @Override
        public long size() {
            return map.size();
        }
    }

    private static final class MapUnderTest implements Subject {
        private final ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();

        @Override
        public @Nullable Object apply(Operation operation, Object key, Integer first, Integer second) {
            return switch (operation) {
                case LOAD -> map.load(key);
                case STORE -> {
                    map.store(key, first);
                    yield "stored";
                }
                case SWAP -> map.swap(key, first);
                case LOAD_OR_STORE -> map.loadOrStore(key, first);
                case LOAD_AND_DELETE -> map.loadAndDelete(key);
                case DELETE -> map.delete(key);
                case COMPARE_AND_SWAP -> map.compareAndSwap(key, first, second);
                case COMPARE_AND_DELETE -> map.compareAndDelete(key, first);
                case REMOVE_BY_ITERATOR -> removeByIterator(key);
                case RANGE -> contents();
                case CLEAR -> {
                    map.clear();
                    yield "cleared";
                }
                default -> plain(map.asMap(), operation, key, first, second);
            };
        }

        private boolean removeByIterator(Object key) {
            boolean removed = false;
            for (var iterator = map.asMap().keySet().iterator(); iterator.hasNext(); ) {
                if (iterator.next().equals(key)) {
                    iterator.remove();
                    removed = true;
                }
            }
            return removed;
        }

        @Override
        public Map<Object, Integer> contents() {
            Map<Object, Integer> contents = new HashMap<>();
            map.range((key, value) -> {
                assertThat(contents.put(key, value)).as("visited twice").isNull();
                return true;
            });
            return contents;
        }

        @Override
        public long size() {
            return map.size();
        }
    }

    /** Seldom clears, as there would be little left to test, and walks in every other program only. */
    private static Operation pick(SplittableRandom random, boolean walks) {
        if (random.nextInt(200) == 0) {
            return Operation.CLEAR;
        }
        List<Operation> operations = walks ? FREQUENT_AND_WALKS : FREQUENT;
        return operations.get(random.nextInt(operations.size()));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void randomProgramsGiveTheSameResultsAsAMutexMapAndACopyOnWriteMap(Keys keys) {
        for (long seed = 0; seed < 150; seed++) {
            int distinctKeys = seed % 3 == 0 ? 4 : 60;
            SplittableRandom random = new SplittableRandom(seed);
            List<Subject> subjects = List.of(new MutexMap(), new CopyOnWriteMap(), new MapUnderTest());
            for (int step = 0; step < 600; step++) {
                Operation operation = pick(random, seed % 2 == 0);
                int number = random.nextInt(distinctKeys);
                Integer first = random.nextInt(6);
                Integer second = random.nextInt(6);
                List<@Nullable Object> results = new ArrayList<>();
                for (Subject subject : subjects) {
                    results.add(subject.apply(operation, keys.key(number), first, second));
                    results.add(subject.size());
                }
                assertThat(results.subList(2, 4)).isEqualTo(results.subList(0, 2));
                assertThat(results.subList(4, 6))
                        .as("seed %d, step %d: %s of key %d", seed, step, operation, number)
                        .isEqualTo(results.subList(0, 2));
            }
            assertThat(subjects.get(2).contents()).isEqualTo(subjects.get(0).contents());
        }
    }
}
