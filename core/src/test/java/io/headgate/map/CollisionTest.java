package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys that all have the same hash code, as an attacker would choose them: the comparisons are counted, not timed. */
class CollisionTest {

    private static final int SIZE = 20_000;

    /** A red-black tree of n keys is at most 2 log2(n + 1) high; a key may be compared twice at each level. */
    private static final int MOST_COMPARISONS = 2 * 2 * 15;

    private long comparisons;

    private final class Colliding implements Comparable<Colliding> {
        private final int number;

        Colliding(int number) {
            this.number = number;
        }

        @Override
        public int compareTo(Colliding other) {
            comparisons++;
            return Integer.compare(number, other.number);
        }

        @Override
        public boolean equals(Object other) {
            comparisons++;
            return other instanceof Colliding colliding && colliding.number == number;
        }

        @Override
        public int hashCode() {
            return 42;
        }
    }

    private long comparisonsOf(Runnable task) {
        comparisons = 0;
        task.run();
        return comparisons;
    }

    @Test
    void everyOperationCostsOrderOfLogNComparisons() {
        ReadOptimizedMap<Colliding, Integer> map = new ReadOptimizedMap<>();
        List<Integer> shuffled = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
            shuffled.add(i);
        }
        Collections.shuffle(shuffled, new Random(1));

        for (int number : shuffled) {
            assertThat(comparisonsOf(() -> map.store(new Colliding(number), number)))
                    .as("storing the new key %d", number)
                    .isLessThanOrEqualTo(4 * MOST_COMPARISONS);
        }
        map.range((key, value) -> true);
        for (int number : shuffled) {
            Colliding key = new Colliding(number);
            assertThat(comparisonsOf(() -> assertThat(map.load(key)).isEqualTo(number)))
                    .as("loading")
                    .isLessThanOrEqualTo(MOST_COMPARISONS);
            assertThat(comparisonsOf(() -> map.store(key, -number)))
                    .as("replacing")
                    .isLessThanOrEqualTo(MOST_COMPARISONS);
            assertThat(comparisonsOf(() -> map.load(new Colliding(number + SIZE))))
                    .as("missing")
                    .isLessThanOrEqualTo(MOST_COMPARISONS);
        }
        // A rebuild compares all that is left; it comes after as many deletions.
        long deleting = comparisonsOf(() -> {
            for (int number : shuffled) {
                map.delete(new Colliding(number));
            }
        });
        assertThat(deleting / SIZE).as("deleting, on average").isLessThanOrEqualTo(4 * MOST_COMPARISONS);
        assertThat(map.size()).isZero();
    }
}
