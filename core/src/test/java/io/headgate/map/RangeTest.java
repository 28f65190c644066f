package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Walks whose visitor does everything that the map can do. */
class RangeTest {

    private static final int SIZE = 50;

    private static ReadOptimizedMap<Object, Integer> filled(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        for (int i = 0; i < SIZE; i++) {
            map.store(keys.key(i), i);
        }
        return map;
    }

    private static List<Integer> visited(ReadOptimizedMap<Object, Integer> map) {
        List<Integer> numbers = new ArrayList<>();
        map.range((key, value) -> numbers.add(Keys.number(key)));
        return numbers;
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void walksMayBeNested(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = filled(keys);
        List<String> pairs = new ArrayList<>();
        map.range((outer, one) -> {
            map.range((inner, two) -> pairs.add(one + "," + two));
            map.asMap().forEach((inner, two) -> pairs.add(two + ";" + one));
            return true;
        });
        assertThat(pairs).hasSize(2 * SIZE * SIZE).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void falseEndsTheWalk(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = filled(keys);
        List<Integer> numbers = new ArrayList<>();
        map.range((key, value) -> numbers.add(value) && numbers.size() < 7);
        assertThat(numbers).hasSize(7).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void theVisitorMayDoAnything(Keys keys) {
        List<BiConsumer<ReadOptimizedMap<Object, Integer>, Integer>> operations = List.of(
                (map, i) -> map.load(keys.key(i + 1)),
                (map, i) -> map.store(keys.key(i), -i),
                (map, i) -> map.store(keys.key(1_000 + i), i),
                (map, i) -> map.swap(keys.key(i + 1), i),
                (map, i) -> map.loadOrStore(keys.key(2_000 + i), i),
                (map, i) -> map.loadAndDelete(keys.key(i)),
                (map, i) -> map.delete(keys.key(i + 1)),
                (map, i) -> map.compareAndSwap(keys.key(i), i, i + 1),
                (map, i) -> map.compareAndDelete(keys.key(i), i),
                (map, i) -> map.range((key, value) -> map.delete(key)),
                (map, i) -> map.clear(),
                (map, i) -> map.size(),
                (map, i) -> map.asMap().keySet().removeIf(key -> Keys.number(key) % 2 == 0),
                (map, i) -> map.asMap().merge(keys.key(i), 1, Integer::sum),
                (map, i) -> map.asMap().replaceAll((key, value) -> value + 1));
        for (var operation : operations) {
            ReadOptimizedMap<Object, Integer> map = filled(keys);
            Set<Integer> seen = new HashSet<>();
            map.range((key, value) -> {
                int number = Keys.number(key);
                assertThat(seen.add(number)).as("visited %d twice", number).isTrue();
                if (number < SIZE) {
                    operation.accept(map, number);
                }
                return true;
            });
            assertThat(map.size()).isEqualTo(visited(map).size());
        }
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void aKeyDeletedAndStoredAgainDuringTheWalkIsNotVisitedAgain(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = filled(keys);
        Set<Integer> seen = new HashSet<>();
        map.range((key, value) -> {
            assertThat(seen.add(Keys.number(key))).isTrue();
            // Empties the segments, so that every key comes back with another entry in another table.
            for (int i = 0; i < SIZE; i++) {
                map.delete(keys.key(i));
            }
            for (int i = 0; i < SIZE; i++) {
                map.store(keys.key(i), i);
            }
            return true;
        });
        assertThat(visited(map)).hasSize(SIZE).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void deletingWhileWalkingVisitsAllAndLeavesNothing(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = filled(keys);
        Set<Integer> seen = new HashSet<>();
        map.range((key, value) -> seen.add(value) && map.compareAndDelete(key, value));
        assertThat(seen).hasSize(SIZE);
        assertThat(map.size()).isZero();
    }
}
