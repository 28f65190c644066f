package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract of a concurrent map, kept by {@link ReadOptimizedMap#asMap()}. */
class MapViewTest {

    private final ReadOptimizedMap<String, Integer> map = new ReadOptimizedMap<>();
    private final ConcurrentMap<String, Integer> view = map.asMap();
    private final Map<String, Integer> plain = new HashMap<>();

    @BeforeEach
    void fill() {
        for (int i = 0; i < 20; i++) {
            map.store("k" + i, i);
            plain.put("k" + i, i);
        }
    }

    /** Passes null where the compiler would not let us. */
    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> T nothing() {
        return null;
    }

    @Nested
    class SingleKeys {
        @Test
        void valuesAreGottenPutAndRemoved() {
            assertThat(view.get("k3")).isEqualTo(3);
            assertThat(view.get("absent")).isNull();
            assertThat(view.getOrDefault("absent", 9)).isEqualTo(9);
            assertThat(view.getOrDefault("k3", 9)).isEqualTo(3);
            assertThat(view.put("k3", 33)).isEqualTo(3);
            assertThat(view.put("new", 1)).isNull();
            assertThat(view.remove("k3")).isEqualTo(33);
            assertThat(view.remove("k3")).isNull();
            assertThat(view.containsKey("k3")).isFalse();
            assertThat(view.containsKey("new")).isTrue();
            assertThat(map.load("new")).isEqualTo(1);
        }

        @Test
        void conditionsAreByEqualsAndNotByIdentity() {
            Integer large = 1_000;
            Integer equal = Integer.valueOf("1000");
            assertThat(large).isNotSameAs(equal);
            view.put("k0", large);
            assertThat(view.replace("k0", equal, 7)).isTrue();
            assertThat(view.replace("k0", 8, 9)).isFalse();
            assertThat(view.replace("absent", 8, 9)).isFalse();
            assertThat(view.remove("k0", 8)).isFalse();
            assertThat(view.remove("k0", "7")).isFalse();
            assertThat(view.remove("k0", 7)).isTrue();
            assertThat(view.remove("k0", 7)).isFalse();
            assertThat(map.compareAndSwap("k1", 1, 2)).isTrue();
            assertThat(map.compareAndDelete("k1", 1)).isFalse();
            assertThat(map.compareAndDelete("k1", 2)).isTrue();
        }

        @Test
        void absentAndPresentKeysAreToldApart() {
            assertThat(view.putIfAbsent("k1", 5)).isEqualTo(1);
            assertThat(view.putIfAbsent("new", 5)).isNull();
            assertThat(view.replace("k1", 6)).isEqualTo(1);
            assertThat(view.replace("absent", 6)).isNull();
            assertThat(view.containsKey("absent")).isFalse();
        }

        @Test
        void aKeyOfAnotherTypeIsAbsent() {
            Object other = 17;
            assertThat(view.get(other)).isNull();
            assertThat(view.containsKey(other)).isFalse();
            assertThat(view.remove(other)).isNull();
            assertThat(view.remove(other, 1)).isFalse();
            assertThat(view.keySet().contains(other)).isFalse();
            assertThat(view.keySet().remove(other)).isFalse();
        }

        @Test
        void theViewIsLiveBothWays() {
            map.store("k0", 100);
            assertThat(view.get("k0")).isEqualTo(100);
            view.clear();
            assertThat(map.size()).isZero();
            assertThat(view).isEmpty();
            view.putAll(plain);
            assertThat(map.size()).isEqualTo(20);
            assertThat(map.asMap()).isSameAs(view);
        }
    }

    @Nested
    class Functions {
        @Test
        void computeInsertsReplacesKeepsAndDeletes() {
            assertThat(view.compute("new", (key, seen) -> seen == null ? 1 : -1))
                    .isEqualTo(1);
            assertThat(view.compute("new", (key, seen) -> seen == null ? -1 : seen + 1))
                    .isEqualTo(2);
            assertThat(view.compute("new", (key, seen) -> seen)).isEqualTo(2);
            assertThat(view.compute("new", (key, seen) -> null)).isNull();
            assertThat(view.containsKey("new")).isFalse();
            assertThat(view.compute("new", (key, seen) -> null)).isNull();
            assertThat(map.size()).isEqualTo(20);
        }

        @Test
        void computeIfPresentAndIfAbsentRunOnlyThen() {
            AtomicInteger runs = new AtomicInteger();
            assertThat(view.computeIfAbsent("k1", key -> runs.incrementAndGet()))
                    .isEqualTo(1);
            assertThat(view.computeIfPresent("absent", (key, seen) -> runs.incrementAndGet()))
                    .isNull();
            assertThat(runs).hasValue(0);
            assertThat(view.computeIfAbsent("new", key -> key.length())).isEqualTo(3);
            assertThat(view.computeIfAbsent("never", key -> null)).isNull();
            assertThat(view.computeIfPresent("new", (key, seen) -> seen + key.length()))
                    .isEqualTo(6);
            assertThat(view.computeIfPresent("new", (key, seen) -> null)).isNull();
            assertThat(view).doesNotContainKeys("new", "never", "absent");
        }

        @Test
        void mergeInsertsCombinesAndDeletes() {
            assertThat(view.merge("new", 5, Integer::sum)).isEqualTo(5);
            assertThat(view.merge("new", 6, Integer::sum)).isEqualTo(11);
            assertThat(view.merge("new", 6, (seen, given) -> null)).isNull();
            assertThat(view.containsKey("new")).isFalse();
        }

        @Test
        void replaceAllAndForEachReachEveryMapping() {
            view.replaceAll((key, value) -> value + key.length());
            plain.replaceAll((key, value) -> value + key.length());
            Map<String, Integer> seen = new HashMap<>();
            view.forEach(seen::put);
            assertThat(seen).isEqualTo(plain);
        }

        @Test
        void replaceAllDoesNotBringBackWhatIsDeletedMeanwhile() {
            view.replaceAll((key, value) -> {
                map.delete(key);
                return value;
            });
            assertThat(view).isEmpty();
        }

        @Test
        void aFunctionRunsAgainIfTheValueChangedMeanwhile() {
            List<@Nullable Integer> given = new ArrayList<>();
            Integer result = view.compute("k1", (key, seen) -> {
                given.add(seen);
                if (given.size() == 1) {
                    map.store("k1", 50);
                } else if (given.size() == 2) {
                    map.delete("k1");
                }
                return seen == null ? -1 : seen + 1;
            });
            assertThat(given).containsExactly(1, 50, null);
            assertThat(result).isEqualTo(-1);
            assertThat(map.load("k1")).isEqualTo(-1);
            assertThat(view.computeIfAbsent("new", key -> {
                        map.store(key, 1);
                        return 2;
                    }))
                    .isEqualTo(1);
        }

        @Test
        void aFunctionThatThrowsChangesNothing() {
            List<Consumer<ConcurrentMap<String, Integer>>> failing = List.of(
                    m -> m.compute("k1", (key, seen) -> fail()),
                    m -> m.compute("absent", (key, seen) -> fail()),
                    m -> m.computeIfAbsent("absent", key -> fail()),
                    m -> m.computeIfPresent("k1", (key, seen) -> fail()),
                    m -> m.merge("k1", 1, (seen, given) -> fail()),
                    m -> m.replaceAll((key, seen) -> fail()),
                    m -> m.forEach((key, seen) -> fail()),
                    m -> m.keySet().removeIf(key -> fail() > 0),
                    m -> map.range((key, value) -> fail() > 0));
            for (Consumer<ConcurrentMap<String, Integer>> operation : failing) {
                assertThatThrownBy(() -> operation.accept(view))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("on purpose");
                assertThat(view).isEqualTo(plain);
            }
        }

        private static Integer fail() {
            throw new IllegalStateException("on purpose");
        }
    }

    @Nested
    class WholeMap {
        @ParameterizedTest
        @EnumSource(Keys.class)
        void itEqualsAHashMapWithTheSameMappings(Keys keys) {
            ReadOptimizedMap<Object, Integer> ours = new ReadOptimizedMap<>();
            Map<Object, Integer> theirs = new HashMap<>();
            for (int i = 0; i < 30; i++) {
                ours.store(keys.key(i), i);
                theirs.put(keys.key(i), i);
            }
            assertThat(ours.asMap().equals(theirs)).isTrue();
            assertThat(theirs.equals(ours.asMap())).isTrue();
            assertThat(ours.asMap().hashCode()).isEqualTo(theirs.hashCode());
            ours.store(keys.key(3), -3);
            assertThat(ours.asMap().equals(theirs)).isFalse();
            assertThat(theirs.equals(ours.asMap())).isFalse();
        }

        @Test
        void itPrintsItsMappings() {
            view.clear();
            assertThat(view).hasToString("{}");
            view.put("a", 1);
            assertThat(view).hasToString("{a=1}");
            ReadOptimizedMap<String, Object> self = new ReadOptimizedMap<>();
            self.store("self", self.asMap());
            assertThat(self.asMap()).hasToString("{self=(this Map)}");
        }

        @Test
        void itsSizeIsThatOfTheMap() {
            assertThat(view).hasSize(20).isNotEmpty();
            view.clear();
            assertThat(view).isEmpty();
        }
    }

    @Nested
    class Nulls {
        private static final List<String> ARGUMENTS =
                List.of("key", "value", "expected", "updated", "visitor", "function", "action", "filter", "new value");

        @Test
        void nullKeysValuesAndFunctionsAreRefused() {
            List<ThrowingCallable> calls = List.of(
                    () -> map.load(nothing()),
                    () -> map.store(nothing(), 1),
                    () -> map.store("k1", nothing()),
                    () -> map.swap(nothing(), 1),
                    () -> map.swap("k1", nothing()),
                    () -> map.loadOrStore(nothing(), 1),
                    () -> map.loadOrStore("k1", nothing()),
                    () -> map.loadAndDelete(nothing()),
                    () -> map.delete(nothing()),
                    () -> map.compareAndSwap(nothing(), 1, 2),
                    () -> map.compareAndSwap("k1", nothing(), 2),
                    () -> map.compareAndSwap("k1", 1, nothing()),
                    () -> map.compareAndDelete(nothing(), 1),
                    () -> map.compareAndDelete("k1", nothing()),
                    () -> map.range(nothing()),
                    () -> view.get(nothing()),
                    () -> view.containsKey(nothing()),
                    () -> view.containsValue(nothing()),
                    () -> view.put(nothing(), 1),
                    () -> view.put("k1", nothing()),
                    () -> view.putIfAbsent(nothing(), 1),
                    () -> view.putIfAbsent("k1", nothing()),
                    () -> view.remove(nothing()),
                    () -> view.remove(nothing(), 1),
                    () -> view.remove("k1", nothing()),
                    () -> view.replace(nothing(), 1),
                    () -> view.replace("k1", nothing()),
                    () -> view.replace(nothing(), 1, 2),
                    () -> view.replace("k1", nothing(), 2),
                    () -> view.replace("k1", 1, nothing()),
                    () -> view.getOrDefault(nothing(), 1),
                    () -> view.compute(nothing(), (key, seen) -> 1),
                    () -> view.compute("k1", nothing()),
                    () -> view.computeIfAbsent(nothing(), key -> 1),
                    () -> view.computeIfAbsent("k1", nothing()),
                    () -> view.computeIfPresent(nothing(), (key, seen) -> 1),
                    () -> view.computeIfPresent("k1", nothing()),
                    () -> view.merge(nothing(), 1, Integer::sum),
                    () -> view.merge("k1", nothing(), Integer::sum),
                    () -> view.merge("k1", 1, nothing()),
                    () -> view.forEach(nothing()),
                    () -> view.replaceAll(nothing()),
                    () -> view.replaceAll((key, value) -> nothing()),
                    () -> view.keySet().contains(nothing()),
                    () -> view.keySet().remove(nothing()),
                    () -> view.keySet().removeIf(nothing()),
                    () -> view.values().contains(nothing()),
                    () -> view.values().remove(nothing()),
                    () -> view.values().removeIf(nothing()),
                    () -> view.entrySet().removeIf(nothing()));
            for (int i = 0; i < calls.size(); i++) {
                assertThatNullPointerException()
                        .as("call %d", i)
                        .isThrownBy(calls.get(i))
                        .satisfies(e -> assertThat(e.getMessage()).isIn(ARGUMENTS));
            }
            assertThatNullPointerException().isThrownBy(() -> view.putAll(nothing()));
            assertThat(view).isEqualTo(plain);
        }

        @Test
        void aNegativeExpectedSizeIsRefused() {
            assertThatThrownBy(() -> new ReadOptimizedMap<String, Integer>(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expectedSize is -1, must be zero or more");
        }
    }

    /** Whatever of its own key a function changes, by whichever door: it is told so, and does not run for ever. */
    @Test
    void aFunctionThatChangesItsOwnKeyIsRefused() {
        ReadOptimizedMap<String, Integer> map = new ReadOptimizedMap<>();
        ConcurrentMap<String, Integer> view = map.asMap();
        AtomicInteger changes = new AtomicInteger();
        List<Runnable> recursions = List.of(
                () -> view.compute(
                        "a", (key, seen) -> view.put("a", 1_000 + changes.incrementAndGet()) == null ? 1 : 2),
                () -> view.compute("a", (key, seen) -> map.swap("a", 1_000 + changes.incrementAndGet())),
                () -> view.merge("a", 1, (seen, added) -> view.merge("a", 1_000, Integer::sum)),
                () -> view.compute(
                        "a", (key, seen) -> view.compute("a", (same, now) -> 1_000 + changes.incrementAndGet())),
                () -> view.computeIfPresent("a", (key, seen) -> {
                    map.clear();
                    map.store("b", 2);
                    view.put("a", 1_000 + changes.incrementAndGet());
                    return 3;
                }));
        for (Runnable recursion : recursions) {
            map.store("a", 500);
            assertThatIllegalStateException().isThrownBy(recursion::run).withMessageStartingWith("Recursive update");
            assertThat(view.compute("a", (key, seen) -> 7)).isEqualTo(7);
            assertThat(view.compute("b", (key, seen) -> view.merge("c", 1, Integer::sum)))
                    .isPositive();
        }
        assertThat(view.computeIfAbsent("new", key -> map.swap("new", 1) == null ? 5 : 6))
                .isEqualTo(1);
        assertThat(changes.get()).isLessThan(30);
    }
}
