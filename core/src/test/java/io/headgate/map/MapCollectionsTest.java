package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.AbstractMap.SimpleEntry;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.Spliterator;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The collections of {@link ReadOptimizedMap#asMap()} and their iterators: live, and open to removal. */
class MapCollectionsTest {

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
    class Views {
        @Test
        void theyShowWhatTheMapHas() {
            assertThat(view.keySet()).isEqualTo(plain.keySet());
            assertThat(view.entrySet()).isEqualTo(plain.entrySet());
            assertThat(view.values()).containsExactlyInAnyOrderElementsOf(plain.values());
            for (Collection<?> collection : List.of(view.keySet(), view.values(), view.entrySet())) {
                assertThat(collection).hasSize(20);
                assertThat(collection.toArray()).hasSize(20);
                assertThat(collection.isEmpty()).isFalse();
            }
            assertThat(view.keySet().hashCode()).isEqualTo(plain.keySet().hashCode());
            assertThat(view.entrySet().hashCode()).isEqualTo(plain.entrySet().hashCode());
        }

        @Test
        void theyContainWhatTheMapContains() {
            assertThat(view.keySet().contains("k1")).isTrue();
            assertThat(view.keySet().contains("absent")).isFalse();
            assertThat(view.values().contains(1)).isTrue();
            assertThat(view.values().contains(-1)).isFalse();
            assertThat(view.containsValue(1)).isTrue();
            assertThat(view.containsValue(-1)).isFalse();
            assertThat(view.entrySet().contains(Map.entry("k1", 1))).isTrue();
            assertThat(view.entrySet().contains(Map.entry("k1", 2))).isFalse();
            assertThat(view.entrySet().contains(new SimpleEntry<String, Integer>("k1", nothing())))
                    .isFalse();
            Object noEntry = "k1";
            assertThat(view.entrySet().contains(noEntry)).isFalse();
        }

        @Test
        void removingFromThemRemovesFromTheMap() {
            assertThat(view.keySet().remove("k1")).isTrue();
            assertThat(view.keySet().remove("k1")).isFalse();
            assertThat(view.values().remove(2)).isTrue();
            assertThat(view.values().remove(2)).isFalse();
            assertThat(view.entrySet().remove(Map.entry("k3", 4))).isFalse();
            assertThat(view.entrySet().remove(Map.entry("k3", 3))).isTrue();
            Object noEntry = "k4";
            assertThat(view.entrySet().remove(noEntry)).isFalse();
            assertThat(view.keySet().removeAll(Set.of("k5", "absent"))).isTrue();
            assertThat(view.values().removeAll(Set.of(6))).isTrue();
            assertThat(view.keySet().removeIf("k7"::equals)).isTrue();
            assertThat(view.values().removeIf(value -> value == 8)).isTrue();
            assertThat(view.entrySet().removeIf(entry -> entry.getValue() == 9)).isTrue();
            assertThat(view.entrySet().removeIf(entry -> false)).isFalse();
            assertThat(view.keySet())
                    .isEqualTo(
                            Set.of("k0", "k4", "k10", "k11", "k12", "k13", "k14", "k15", "k16", "k17", "k18", "k19"));
            assertThat(view.keySet().retainAll(Set.of("k0", "k4"))).isTrue();
            assertThat(map.size()).isEqualTo(2);
            view.values().clear();
            assertThat(map.size()).isZero();
        }

        @Test
        void theyClearTheMap() {
            view.keySet().clear();
            assertThat(map.size()).isZero();
            view.put("a", 1);
            view.entrySet().clear();
            assertThat(map.size()).isZero();
            assertThat(view.keySet().iterator().hasNext()).isFalse();
        }

        @Test
        void removeIfSparesAValueThatChangedAfterItMatched() {
            assertThat(view.values().removeIf(value -> {
                        if (value == 3) {
                            map.store("k3", 333);
                            return true;
                        }
                        return false;
                    }))
                    .isFalse();
            assertThat(map.load("k3")).isEqualTo(333);
        }

        @Test
        void nothingCanBeAddedToThem() {
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> view.keySet().add("new"));
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> view.values().add(1));
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> view.entrySet().add(Map.entry("new", 1)));
        }

        @Test
        void theyStream() {
            assertThat(view.keySet().stream().collect(Collectors.toSet())).isEqualTo(plain.keySet());
            assertThat(view.values().parallelStream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isEqualTo(190);
            assertThat(view.entrySet().stream().filter(entry -> entry.getValue() > 9))
                    .hasSize(10);
            for (Spliterator<?> spliterator : List.of(
                    view.keySet().spliterator(),
                    view.values().spliterator(),
                    view.entrySet().spliterator())) {
                assertThat(spliterator.hasCharacteristics(Spliterator.CONCURRENT))
                        .isTrue();
                assertThat(spliterator.hasCharacteristics(Spliterator.NONNULL)).isTrue();
                assertThat(spliterator.hasCharacteristics(Spliterator.SIZED)).isFalse();
            }
        }
    }

    @Nested
    class Iterators {
        @Test
        void theyRemoveWhatTheyGaveLast() {
            Iterator<String> keys = view.keySet().iterator();
            assertThatIllegalStateException().isThrownBy(keys::remove);
            String first = keys.next();
            // Looking ahead must not change what is removed.
            assertThat(keys.hasNext()).isTrue();
            keys.remove();
            assertThat(view).doesNotContainKey(first).hasSize(19);
            assertThatIllegalStateException().isThrownBy(keys::remove);
            Iterator<Integer> values = view.values().iterator();
            Integer value = values.next();
            values.remove();
            assertThat(view).doesNotContainValue(value).hasSize(18);
            Iterator<Map.Entry<String, Integer>> entries = view.entrySet().iterator();
            Map.Entry<String, Integer> entry = entries.next();
            entries.remove();
            assertThat(view)
                    .doesNotContainEntry(entry.getKey(), entry.getValue())
                    .hasSize(17);
        }

        @Test
        void theyEnd() {
            Iterator<String> keys = view.keySet().iterator();
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                assertThat(seen.add(keys.next())).isTrue();
            }
            assertThat(keys.hasNext()).isFalse();
            assertThat(keys.hasNext()).isFalse();
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(keys::next);
        }

        @Test
        void theyAreWeaklyConsistent() {
            Iterator<Map.Entry<String, Integer>> entries = view.entrySet().iterator();
            Set<String> seen = new HashSet<>();
            seen.add(entries.next().getKey());
            for (int i = 0; i < 100; i++) {
                view.put("new" + i, i);
                view.remove("k" + i);
            }
            while (entries.hasNext()) {
                Map.Entry<String, Integer> entry = entries.next();
                assertThat(seen.add(entry.getKey())).isTrue();
                // One key may have been found before it was removed.
                assertThat(view.containsKey(entry.getKey()) || seen.size() <= 2).isTrue();
            }
        }

        @Test
        void entriesWriteThrough() {
            for (Map.Entry<String, Integer> entry : view.entrySet()) {
                Integer before = entry.getValue();
                assertThat(entry.setValue(before + 100)).isEqualTo(before);
                assertThat(entry.getValue()).isEqualTo(before + 100);
                assertThat(view.get(entry.getKey())).isEqualTo(before + 100);
                assertThatNullPointerException().isThrownBy(() -> entry.setValue(nothing()));
            }
        }

        @Test
        void entriesEqualThoseOfOtherMaps() {
            for (Map.Entry<String, Integer> entry : view.entrySet()) {
                Map.Entry<String, Integer> other = new SimpleEntry<>(entry.getKey(), entry.getValue());
                assertThat(entry).isEqualTo(other).hasSameHashCodeAs(other).hasToString(other.toString());
                assertThat(other).isEqualTo(entry);
                assertThat(entry).isNotEqualTo(Map.entry("k1", 99)).isNotEqualTo("k1");
            }
        }
    }
}
