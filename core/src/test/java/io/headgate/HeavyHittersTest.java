package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.HeavyHitters.Hit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class HeavyHittersTest {

    @Test
    void countsExactlyWhileThereArePlaces() {
        HeavyHitters<String> hitters = new HeavyHitters<>(3);
        for (String key : List.of("b", "a", "b", "c", "b", "a")) {
            hitters.add(key);
        }
        assertThat(hitters.top(2)).containsExactly(new Hit<>("b", 3, 0), new Hit<>("a", 2, 0));
        hitters.clear();
        assertThat(hitters.top(2)).isEmpty();
    }

    @Test
    void aNewcomerInheritsTheLeastCountAsItsError() {
        HeavyHitters<String> hitters = new HeavyHitters<>(2);
        for (String key : List.of("a", "a", "a", "b", "c")) {
            hitters.add(key);
        }
        assertThat(hitters.top(9)).containsExactly(new Hit<>("a", 3, 0), new Hit<>("c", 2, 1));
    }

    /** The sketch's two promises, on a stream in which most keys come once. */
    @Test
    void keepsEveryFrequentKeyAndBoundsItsCount() {
        int size = 20;
        HeavyHitters<Integer> hitters = new HeavyHitters<>(size);
        Map<Integer, Long> truth = new HashMap<>();
        Random random = new Random(42);
        int calls = 20_000;
        for (int i = 0; i < calls; i++) {
            int key = random.nextInt(3) == 0 ? random.nextInt(5) : 1000 + i;
            truth.merge(key, 1L, Long::sum);
            hitters.add(key);
        }
        List<Hit<Integer>> top = hitters.top(size);
        assertThat(top).hasSizeLessThanOrEqualTo(size);
        assertThat(top.stream().map(Hit::key)).contains(0, 1, 2, 3, 4);
        for (Hit<Integer> hit : top) {
            long came = truth.getOrDefault(hit.key(), 0L);
            assertThat(hit.count()).isBetween(came, came + hit.error());
            assertThat(hit.error()).isLessThanOrEqualTo(calls / size);
        }
    }

    @Test
    void threadsThatMeetLoseCountsAndNothingElse() throws InterruptedException {
        HeavyHitters<String> hitters = new HeavyHitters<>(4);
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String key = "key" + i % 2;
            Thread thread = new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                for (int n = 0; n < 10_000; n++) {
                    hitters.add(key);
                }
            });
            thread.start();
            threads.add(thread);
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        List<Hit<String>> top = hitters.top(4);
        assertThat(top.stream().map(Hit::key)).containsExactlyInAnyOrder("key0", "key1");
        assertThat(top).allSatisfy(hit -> assertThat(hit.count()).isBetween(1L, 40_000L));
    }

    @Test
    void refusesSizesOutOfRange() {
        for (int size : new int[] {0, -1, 10_001}) {
            assertThatThrownBy(() -> new HeavyHitters<>(size))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 10000, not " + size);
        }
    }
}
