package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers look up all clients again and again, in random order, while the plans change. Between two changes every reader
 * ends a round that it began after the first of them, so a round sees one change at most: the clients before it have the
 * old plan and those after it the new one. Whatever else a round sees is a mixture of two lists.
 */
class AddressPlansRaceTest {

    private static final int CLIENTS = 100;
    private static final int READERS = 3;
    private static final int CHANGES = 100;

    @TempDir
    private Path folder;

    /** Of each reader a permit for every round that has ended. */
    private final List<Semaphore> rounds =
            Stream.generate(() -> new Semaphore(0)).limit(READERS).toList();

    private final AtomicInteger mixtures = new AtomicInteger();
    private volatile boolean finished;

    /** No two are neighbours, or the table would hold them as one range. */
    private static ClientAddress client(int i) {
        return ClientAddress.parse("192.0.2." + 2 * i);
    }

    /** All clients in one of two files: they change places at once. */
    @Test
    void readersNeverSeeAMixture() throws Exception {
        Path odd = folder.resolve("odd.txt");
        Path even = folder.resolve("even.txt");
        write(odd, even, 0);
        ScheduledThreadPoolExecutor idle = new ScheduledThreadPoolExecutor(1);
        try (AddressPlans plans = AddressPlans.builder()
                .plan("odd", odd)
                .plan("even", even)
                .scheduler(idle)
                .pollInterval(Duration.ofHours(1))
                .build()) {
            whileRead(plans, () -> {
                for (int change = 1; change <= CHANGES; change++) {
                    write(odd, even, change);
                    plans.poll();
                    plans.poll();
                    assertThat(plans.planOf(client(0))).isEqualTo(change % 2 == 0 ? "even" : "odd");
                    awaitRounds();
                }
            });
        } finally {
            idle.shutdownNow();
        }
        assertThat(mixtures).hasValue(0);
    }

    private static void write(Path odd, Path even, int change) throws IOException {
        String nobody = "198.51.100.1\n"; // or the other file would be empty
        String other = "198.51.100.2\n";
        String all = String.join(
                "\n",
                IntStream.range(0, CLIENTS).mapToObj(i -> client(i).toString()).toList());
        Files.writeString(odd, nobody + (change % 2 == 1 ? all : ""));
        Files.writeString(even, other + (change % 2 == 0 ? all : ""));
    }

    /** The same readers beside plans that are changed in place. */
    @Test
    void aMixtureWouldBeSeen() throws Exception {
        AtomicReferenceArray<String> inPlace = new AtomicReferenceArray<>(CLIENTS);
        setAll(inPlace, 0, CLIENTS, "even");
        whileRead(address -> inPlace.get((int) (address.lowBits() & 0xFF) / 2), () -> {
            setAll(inPlace, 0, CLIENTS / 2, "odd");
            awaitRounds();
            setAll(inPlace, CLIENTS / 2, CLIENTS, "odd");
            awaitRounds();
        });
        assertThat(mixtures.get()).isPositive();
    }

    private static void setAll(AtomicReferenceArray<String> plans, int from, int to, String plan) {
        for (int i = from; i < to; i++) {
            plans.set(i, plan);
        }
    }

    private interface Writer {
        void run() throws Exception;
    }

    private void whileRead(Function<ClientAddress, @Nullable String> plans, Writer writer) throws Exception {
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        List<Future<?>> reading = new ArrayList<>();
        try {
            for (int i = 0; i < READERS; i++) {
                int reader = i;
                reading.add(readers.submit(() -> read(reader, plans)));
            }
            awaitRounds();
            writer.run();
        } finally {
            finished = true;
            readers.shutdown();
            assertThat(readers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
        for (Future<?> each : reading) {
            each.get();
        }
    }

    private void read(int reader, Function<ClientAddress, @Nullable String> plans) {
        Random random = new Random(reader);
        ClientAddress[] clients = IntStream.range(0, CLIENTS)
                .mapToObj(AddressPlansRaceTest::client)
                .toArray(ClientAddress[]::new);
        while (!finished) {
            int changes = 0;
            String before = null;
            for (int i = 0; i < CLIENTS; i++) {
                String plan = plans.apply(clients[random.nextInt(CLIENTS)]);
                if (plan == null) {
                    changes = CLIENTS; // every client has a plan at any time
                } else if (before != null && !plan.equals(before)) {
                    changes++;
                }
                before = plan;
            }
            if (changes > 1) {
                mixtures.incrementAndGet();
            }
            rounds.get(reader).release();
        }
    }

    /** Waits until each reader has ended a round that it began after this call, which is the second that ends. */
    private void awaitRounds() {
        rounds.forEach(Semaphore::drainPermits);
        for (Semaphore ended : rounds) {
            assertThat(tryAcquire(ended)).as("a reader goes on").isTrue();
        }
    }

    private static boolean tryAcquire(Semaphore ended) {
        try {
            return ended.tryAcquire(2, 1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
