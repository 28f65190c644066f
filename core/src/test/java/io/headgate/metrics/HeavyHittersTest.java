package io.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.testing.Measurements;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HeavyHittersTest {

    @Test
    void countsExactlyWhileThereAreFreeCounters() {
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

    /** Runs a task in a thread that begins at a given one of the sketch's four stripes. */
    private static void inStripe(int stripe, Runnable task) {
        Thread thread;
        do {
            thread = new Thread(task);
        } while (thread.getId() % 4 != stripe);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        thread.setUncaughtExceptionHandler((failed, e) -> failure.set(e));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(failure.get()).isNull();
    }

    private static <K> void add(HeavyHitters<K> hitters, K key, int times) {
        for (int i = 0; i < times; i++) {
            hitters.add(key);
        }
    }

    @Test
    void findsAKeyThatOneOfTwoThreadsHasForgotten() {
        HeavyHitters<String> hitters = new HeavyHitters<>(2);
        inStripe(0, () -> {
            add(hitters, "x", 35);
            add(hitters, "a", 36);
            add(hitters, "b", 9); // takes the counter of x
        });
        inStripe(1, () -> {
            add(hitters, "x", 21);
            add(hitters, "c", 10);
        });
        assertThat(hitters.top(2)).containsExactly(new Hit<>("x", 57, 36), new Hit<>("b", 54, 45));
        assertThat(hitters.top(1)).containsExactly(new Hit<>("x", 57, 36)); // 56 of 111 are more than half, not all
    }

    /** A stream of keys of one of several distributions, in one of several orders. */
    private static List<Integer> stream(Random random) {
        int kind = random.nextInt(5);
        int keys = 1 + random.nextInt(12);
        List<Integer> stream = new ArrayList<>();
        for (int i = random.nextInt(60); i > 0; i--) {
            stream.add(
                    switch (kind) {
                        case 0 -> random.nextInt(keys);
                        case 1 -> (int) (keys * random.nextDouble() * random.nextDouble());
                        case 2 -> Integer.numberOfTrailingZeros(random.nextInt() | 1 << 12);
                        case 3 -> random.nextInt(3) == 0 ? 0 : 100 + random.nextInt(1_000);
                        default -> i % keys;
                    });
        }
        switch (random.nextInt(3)) {
            case 0 -> Collections.shuffle(stream, random);
            case 1 -> Collections.sort(stream);
            default -> stream.sort(Collections.reverseOrder());
        }
        return stream;
    }

    @Test
    void keepsItsPromisesWhateverThreadsTheCallsComeFrom() {
        int checked = 0;
        for (int seed = 0; seed < 1_500; seed++) {
            Random random = new Random(seed);
            int size = 1 + random.nextInt(7);
            HeavyHitters<Integer> hitters = new HeavyHitters<>(size);
            Map<Integer, Long> truth = new HashMap<>();
            int calls = 0;
            for (int stripe = 1 + random.nextInt(4); stripe > 0; stripe--) {
                List<Integer> stream = stream(random);
                inStripe(stripe % 4, () -> stream.forEach(hitters::add));
                stream.forEach(key -> truth.merge(key, 1L, Long::sum));
                calls += stream.size();
            }
            for (Hit<Integer> hit : hitters.top(size)) {
                long came = truth.getOrDefault(hit.key(), 0L);
                assertThat(hit.count()).as("seed %d, %s", seed, hit).isBetween(came, came + hit.error());
                assertThat(hit.error() * size).as("seed %d, %s", seed, hit).isLessThanOrEqualTo(calls);
            }
            for (int most = 1; most <= size; most++) {
                List<Integer> top = hitters.top(most).stream().map(Hit::key).toList();
                assertThat(top).hasSizeLessThanOrEqualTo(most).doesNotHaveDuplicates();
                for (Map.Entry<Integer, Long> entry : truth.entrySet()) {
                    if (entry.getValue() * most > calls) {
                        assertThat(top).as("seed %d, top %d", seed, most).contains(entry.getKey());
                        checked++;
                    }
                }
            }
        }
        Measurements.print("Keys that had to be found: %,d", checked);
        assertThat(checked).isGreaterThan(1_500);
    }

    /** A key whose methods do something else, too. */
    private record Hooked(String name, Runnable hook) {
        @Override
        public boolean equals(Object other) {
            hook.run();
            return other instanceof Hooked hooked && name.equals(hooked.name);
        }

        @Override
        public int hashCode() {
            hook.run();
            return name.length();
        }
    }

    @Test
    void aCallGoesToAnotherStripeIfItsOwnIsTakenAndIsDroppedIfAllAre() {
        HeavyHitters<Hooked> hitters = new HeavyHitters<>(9);
        // While one key is asked for its hash code, with its stripe's lock held, another thread adds the next.
        AtomicInteger left = new AtomicInteger(5);
        Runnable[] nested = new Runnable[1];
        nested[0] = () -> {
            int name = left.getAndDecrement();
            if (name > 0) {
                inStripe(2, () -> hitters.add(new Hooked("k".repeat(name), nested[0])));
            }
        };
        nested[0].run();
        assertThat(hitters.top(9).stream().map(hit -> hit.key().name().length()))
                .containsExactlyInAnyOrder(2, 3, 4, 5); // the fifth thread, with 1, found all taken
    }

    /** Keys of one hash code, ordered, whose methods throw at the n-th call; more of them than a map keeps in a list. */
    private static final class Fused implements Comparable<Fused> {
        private static int left;
        private final int number;

        Fused(int number) {
            this.number = number;
        }

        private static void call() {
            if (--left == 0) {
                throw new IllegalStateException("on purpose");
            }
        }

        @Override
        public boolean equals(Object other) {
            call();
            return other instanceof Fused fused && number == fused.number;
        }

        @Override
        public int hashCode() {
            call();
            return 1;
        }

        @Override
        public int compareTo(Fused other) {
            call();
            return Integer.compare(number, other.number);
        }
    }

    @Test
    void aKeyThatThrowsIsNotCountedAndSpoilsNothing() {
        int size = 14;
        int faults = 0;
        for (int before = 0; before <= size + 1; before++) {
            boolean blown = true;
            for (int n = 1; blown; n++) {
                Fused.left = 0;
                HeavyHitters<Fused> hitters = new HeavyHitters<>(size);
                for (int number = 0; number < before; number++) {
                    add(hitters, new Fused(number), 2);
                }
                List<String> seen = shown(hitters);
                Fused.left = n;
                try {
                    hitters.add(new Fused(before));
                    assertThat(shown(hitters)).isNotEqualTo(seen);
                    blown = false;
                } catch (IllegalStateException e) {
                    assertThat(shown(hitters))
                            .as("%d keys, fault %d", before, n)
                            .isEqualTo(seen);
                    faults++;
                }
                for (int number = 0; number <= before; number++) {
                    add(hitters, new Fused(number), 3);
                }
                long counted = 0;
                for (Hit<Fused> hit : hitters.top(size)) {
                    counted += hit.count();
                }
                assertThat(counted).isEqualTo(5L * before + 3 + (blown ? 0 : 1));
                assertThat(hitters.top(size).stream().map(hit -> hit.key().number))
                        .doesNotHaveDuplicates()
                        .hasSize(Math.min(size, before + 1));
            }
        }
        Measurements.print("Faults: %,d", faults);
        assertThat(faults).isGreaterThan(100);
    }

    private static List<String> shown(HeavyHitters<Fused> hitters) {
        Fused.left = 0;
        return hitters.top(99).stream()
                .map(hit -> hit.key().number + " " + hit.count() + " " + hit.error())
                .sorted()
                .toList();
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

    @Test
    void refusesWhatItCannotCountOrShow() {
        HeavyHitters<String> hitters = new HeavyHitters<>(3);
        hitters.add("a");
        assertThat(hitters.top(0)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hitters.top(-1))
                .withMessage("most must be zero or more, not -1");
        assertThatNullPointerException().isThrownBy(() -> hitters.add(absent())).withMessage("key");
        assertThat(hitters.top(3)).hasSize(1);
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what callers do who have no such check
    private static <T> T absent() {
        return null;
    }
}
