package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Newcomers to a limiter that tracks as many clients as it may: what one costs beside a decision about a tracked client of
 * the same limiter. Read the counters, not the score.
 *
 * <p>A clock that is moved by hand decides whose bucket is full, so every round is the same: half of the clients owe much,
 * and half took one permit each, one step of the clock after the other, which the limit gives back in as many steps.
 * Before each newcomer something happens that is not the newcomer's doing ({@link #scene}). So the same is done again with
 * a tracked client's call in place of the newcomer's, and with none, which is what is subtracted from both.
 */
@State(Scope.Thread)
@Fork(
        value = 1,
        jvmArgs = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
public class CapBenchmark extends TimedCalls {

    /** What may happen before each newcomer, in the order of the reports. */
    static final List<String> SCENES = List.of("hot", "filling", "returning", "refunded");

    /** Clients that owe so much that no round sees them full: {@code 0} to {@code HOT - 1}. The tracked ones that call. */
    private static final int HOT = 10_000;
    /** Clients that are full one step after the other, and the steps of a round. They come after the others. */
    private static final int STAGGERED = 10_000;

    private static final int MOST = HOT + STAGGERED;

    private static final long STEP = 1_000;
    private static final long MUCH = 1_000;
    private static final Limit LIMIT =
            Limit.of(1, Duration.ofNanos(STAGGERED * STEP)).burst(1_000 * MUCH);
    /** After that every bucket is full, whatever a round charged it with. */
    private static final long LONG = LIMIT.refillTime().toNanos();

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Newcomers before a round that let the limiter find out that it has no room: uncounted, some for each stripe. */
    private static final int HERALDS = 500;

    @Param({"headgate", "headgate-map"})
    public String contender;

    /**
     * What happens before each newcomer. {@code hot}: nothing, and no bucket is full. {@code filling}: one more tracked
     * client's bucket becomes full, which is the one that the newcomer may evict. {@code returning}: a tracked client
     * takes again just before its bucket would be full, so that none ever is, but one was about to. {@code refunded}: a
     * tracked client that owes much gets a permit back.
     */
    @Param({"hot", "filling", "returning", "refunded"})
    public String scene;

    private LocalLimiter<ClientAddress> limiter;
    private IntConsumer before;
    private long now;
    private long random = 1;
    /** The next newcomer, who never came before. */
    private int fresh = MOST;

    @Setup
    public void begin() {
        limiter = (contender.equals("headgate") ? Limiter.forAddresses(LIMIT) : Limiter.<ClientAddress>builder(LIMIT))
                .maxKeys(MOST)
                .sweepInterval(Duration.ZERO)
                .ticker(() -> now)
                .build();
        before = switch (scene) {
            case "hot" -> i -> {};
            case "filling" -> i -> now += STEP;
            case "returning" ->
                i -> {
                    limiter.tryAcquire(Keys.address(HOT + i));
                    now += STEP;
                };
            case "refunded" -> i -> limiter.refund(Keys.address(i), 1);
            default -> throw new IllegalArgumentException(scene);
        };
    }

    /** What each step took, in nanoseconds, by the median of an iteration's rounds; and what became of the newcomers. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Steps {

        private ListStatistics nobody = new ListStatistics();
        private ListStatistics known = new ListStatistics();
        private ListStatistics strangers = new ListStatistics();
        private ListStatistics foundRoom = new ListStatistics();

        @Setup(Level.Iteration)
        public void begin() {
            nobody = new ListStatistics();
            known = new ListStatistics();
            strangers = new ListStatistics();
            foundRoom = new ListStatistics();
        }

        private static void add(ListStatistics figures, long ofAll) {
            figures.addValue((double) ofAll / STAGGERED);
        }

        /** What happens before a newcomer, alone. */
        public double alone() {
            return nobody.getPercentile(50);
        }

        /** A decision about a tracked client. */
        public double tracked() {
            return known.getPercentile(50) - alone();
        }

        /** A decision about a newcomer. */
        public double newcomer() {
            return strangers.getPercentile(50) - alone();
        }

        /** The share of newcomers that got buckets of their own. */
        public double letIn() {
            return foundRoom.getPercentile(50);
        }
    }

    @Benchmark
    public void round(Steps steps) {
        fill();
        long start = time();
        callNobody();
        Steps.add(steps.nobody, time() - start);
        check(limiter.size() == MOST);

        fill();
        start = time();
        callTracked();
        Steps.add(steps.known, time() - start);
        check(limiter.size() == MOST);

        fill();
        LimiterStats old = limiter.stats();
        start = time();
        callNewcomers();
        Steps.add(steps.strangers, time() - start);
        LimiterStats stats = limiter.stats();
        long overflowed = stats.overflowed() - old.overflowed();
        long evicted = stats.evicted() - old.evicted();
        if (scene.equals("filling")) {
            check(limiter.size() > MOST - MOST / 50 && evicted > STAGGERED / 2 && evicted <= STAGGERED);
        } else {
            check(limiter.size() == MOST && evicted == 0 && overflowed == STAGGERED);
        }
        check(stats.denied() == 0);
        Steps.add(steps.foundRoom, STAGGERED - overflowed);
    }

    /** The thread's processor time: what else the machine does meanwhile is nobody's cost. */
    private static long time() {
        return THREADS.getCurrentThreadCpuTime();
    }

    private void callNobody() {
        for (int i = 0; i < STAGGERED; i++) {
            before.accept(i);
        }
    }

    private void callTracked() {
        for (int i = 0; i < STAGGERED; i++) {
            before.accept(i);
            random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
            limiter.tryAcquire(Keys.address((int) (((random >>> 32) * HOT) >>> 32)));
        }
    }

    private void callNewcomers() {
        for (int i = 0; i < STAGGERED; i++) {
            before.accept(i);
            limiter.tryAcquire(Keys.address(fresh++));
        }
    }

    /** Forgets everybody, shared debts included, and lets all the clients come again, at the same steps as ever. */
    private void fill() {
        now += LONG;
        limiter.sweep();
        check(limiter.size() == 0);
        for (int i = 0; i < HOT; i++) {
            limiter.tryAcquire(Keys.address(i), MUCH);
        }
        for (int i = 0; i < STAGGERED; i++) {
            now += STEP;
            limiter.tryAcquire(Keys.address(HOT + i));
        }
        check(limiter.size() == MOST);
        for (int i = 0; i < MOST; i++) { // maps settle
            limiter.peek(Keys.address(i), 1);
        }
        now += STEP / 2; // and half a step later the first of the buckets is full
        for (int i = 0; i < HERALDS; i++) {
            limiter.tryAcquire(Keys.address(fresh++));
        }
        check(limiter.size() == MOST);
    }

    private void check(boolean asMeant) {
        if (!asMeant) {
            throw new IllegalStateException("not " + scene + ": " + limiter.size() + " clients, " + limiter.stats());
        }
    }
}
