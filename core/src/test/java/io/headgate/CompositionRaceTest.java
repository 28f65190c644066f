package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import io.headgate.testing.OwnLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Threads on composed limiters: under each part no more is admitted in any window than it would admit by itself, and what
 * is taken back is there again.
 */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withMovingRows")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompositionRaceTest<K> {

    private static final int THREADS = 3;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    CompositionRaceTest(Keys<K> keys) {
        this.keys = keys;
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private LocalLimiter<K> build(Limit limit) {
        return keys.builder(limit)
                .ticker(time)
                .maxKeys(1_000)
                .sweepInterval(Duration.ZERO)
                .random(new SplittableRandom(1))
                .build();
    }

    /** A limiter whose look always allows: what it denies is taken back from those before it. */
    private static <K> Limiter<K> withoutLook(Limiter<K> limiter) {
        return new OwnLimiter<>(limiter) {
            @Override
            public Decision peek(K key, long permits) {
                return Decision.allowed(false, List.of());
            }
        };
    }

    /** An admitted call. It took its permits as of some reading from the first to the second. */
    private record Admitted(long before, long after, int permits) {}

    /**
     * Clients that flip between two plans, and a service that denies often, so that charges are taken back, while the clock
     * goes on and rows come and go.
     */
    @Test
    void noWindowOfAnyPartHoldsMoreThanItsDue() throws Exception {
        int rounds = 400;
        int calls = 40;
        Limit[] limits = {
            new Limit("slow", 1, Duration.ofNanos(20), 3),
            new Limit("quick", 1, Duration.ofNanos(10), 3),
            new Limit("service", 1, Duration.ofNanos(5), 2)
        };
        List<LocalLimiter<K>> parts = Stream.of(limits).map(this::build).toList();
        K all = keys.key(100);
        ThreadLocal<String> plan = ThreadLocal.withInitial(() -> "slow");
        Limiter<K> limiter = Limiter.allOf(
                Limiter.byPlan(key -> plan.get(), Map.of("slow", parts.get(0), "quick", parts.get(1))),
                withoutLook(parts.get(2)).keyed(key -> all));
        K key = keys.key(1);
        int admittedInAll = 0;
        for (int round = 0; round < rounds; round++) {
            List<Queue<Admitted>> admitted = List.of(
                    new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>());
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                SplittableRandom random = new SplittableRandom((long) round * THREADS + thread);
                tasks.add(() -> {
                    start.await();
                    for (int call = 0; call < calls; call++) {
                        int permits = 1 + random.nextInt(2);
                        int part = random.nextInt(2);
                        plan.set(part == 0 ? "slow" : "quick");
                        long before = time.read();
                        boolean allowed = random.nextBoolean()
                                ? limiter.tryAcquire(key, permits)
                                : limiter.decide(key, permits).allowed();
                        if (allowed) {
                            Admitted one = new Admitted(before, time.read(), permits);
                            admitted.get(part).add(one);
                            admitted.get(2).add(one);
                        }
                        time.advanceNanos(random.nextInt(8));
                        if (random.nextInt(8) == 0) {
                            parts.get(random.nextInt(3)).sweep();
                        }
                    }
                    return null;
                });
            }
            together(tasks);
            for (int part = 0; part < limits.length; part++) {
                assertNoWindowHoldsTooMuch(limits[part], admitted.get(part));
            }
            admittedInAll += admitted.get(2).size();
            time.advance(Duration.ofSeconds(1));
        }
        long undone = limiter.stats().undone();
        Measurements.print(
                "%s: of %d composed calls %d were admitted, %d took a charge back",
                keys, rounds * THREADS * calls, admittedInAll, undone);
        assertThat(admittedInAll).isGreaterThan(rounds * THREADS);
        assertThat(undone).isGreaterThan(rounds);
    }

    private static void assertNoWindowHoldsTooMuch(Limit limit, Queue<Admitted> admitted) {
        List<Admitted> byEnd = admitted.stream()
                .sorted(Comparator.comparingLong(Admitted::after))
                .toList();
        for (Admitted first : byEnd) {
            long sum = 0;
            for (Admitted call : byEnd) {
                if (call.before() >= first.before()) {
                    sum += call.permits();
                    double due = limit.capacity()
                            + (double) (call.after() - first.before())
                                    / limit.period().toNanos();
                    assertThat((double) sum).as("%s in %s", limit, byEnd).isLessThanOrEqualTo(due);
                }
            }
        }
    }

    /**
     * The clock stands still, and the service has less than its clients ask for: exactly that much is admitted in all, and
     * each client's own buckets owe what it was admitted, and a nanosecond for each charge that was taken back.
     */
    @Test
    void whatIsTakenBackIsThereAgainToTheNanosecond() throws Exception {
        int clients = 4;
        int calls = 20_000;
        long most = 10_000;
        LocalLimiter<K> client = build(new Limit("client", 1, Duration.ofSeconds(1), 1_000_000));
        LocalLimiter<K> service = build(new Limit("service", 1, Duration.ofSeconds(1), most));
        K all = keys.key(100);
        Limiter<K> limiter = Limiter.allOf(client, withoutLook(service).keyed(key -> all));
        AtomicLong[] admitted = new AtomicLong[clients];
        for (int i = 0; i < clients; i++) {
            admitted[i] = new AtomicLong();
        }
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int seed = thread;
            tasks.add(() -> {
                SplittableRandom random = new SplittableRandom(seed);
                for (int call = 0; call < calls; call++) {
                    int who = random.nextInt(clients);
                    int permits = 1 + random.nextInt(3);
                    boolean allowed;
                    if (random.nextBoolean()) {
                        allowed = limiter.tryAcquire(keys.key(who), permits);
                    } else {
                        Decision decision = limiter.decide(keys.key(who), permits);
                        allowed = decision.allowed() && random.nextInt(4) > 0;
                        if (decision.allowed() && !allowed) {
                            decision.refund(permits);
                        }
                    }
                    if (allowed) {
                        admitted[who].addAndGet(permits);
                    }
                }
                return null;
            });
        }
        together(tasks);
        long sum = 0;
        long taken = 0;
        for (int i = 0; i < clients; i++) {
            sum += admitted[i].get();
            long owed = client.peek(keys.key(i)).limits().get(0).resetAfter().toNanos();
            taken += owed - admitted[i].get() * 1_000_000_000L;
        }
        assertThat(sum).isEqualTo(most);
        assertThat(service.peek(all).remaining()).isZero();
        Measurements.print(
                "%s: %d charges taken back, %d ns short", keys, limiter.stats().undone(), taken);
        assertThat(limiter.stats().undone()).isGreaterThan(1_000);
        assertThat(taken).isEqualTo(limiter.stats().undone());
    }

    private void together(List<Callable<Void>> tasks) throws Exception {
        for (Future<Void> done : threads.invokeAll(tasks, 1, TimeUnit.MINUTES)) {
            done.get();
        }
    }
}
