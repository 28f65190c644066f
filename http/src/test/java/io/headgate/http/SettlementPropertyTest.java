package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every order of signals, and for signals of several threads. */
class SettlementPropertyTest {

    private static final int ROUNDS = 20_000;

    private enum Signal {
        FAILED,
        COMMITTED_200,
        COMMITTED_401,
        COMPLETED,
        SAID_CHARGE,
        SAID_REFUND;

        void tell(Settlement settlement, FakeRequest request) {
            switch (this) {
                case SAID_CHARGE -> request.attribute(Settlement.CHARGE, true);
                case SAID_REFUND -> request.attribute(Settlement.REFUND, true);
                case FAILED -> settlement.failed();
                case COMMITTED_200 -> settlement.committed(200);
                case COMMITTED_401 -> settlement.committed(401);
                case COMPLETED -> settlement.completed();
            }
        }

        static boolean isCommitted(Signal signal) {
            return signal == COMMITTED_200 || signal == COMMITTED_401;
        }
    }

    private final AtomicInteger given = new AtomicInteger();
    private final RequestLimiter limits = RequestLimiter.builder(new GivingLimiter(given))
            .chargeOn(ChargeOn.statuses(401))
            .build();

    private Settlement settlement(FakeRequest request) {
        given.set(0);
        return Objects.requireNonNull(limits.settlement(limits.decide(request), request, new FakeResponse()));
    }

    /**
     * Given back if completed and committed were both seen, and no failure before they were; if the application had said so by
     * then, else if the status is uncharged.
     */
    private static int expected(List<Signal> signals) {
        int failure = signals.indexOf(Signal.FAILED);
        List<Signal> before = failure < 0 ? signals : signals.subList(0, failure);
        Signal status = before.stream().filter(Signal::isCommitted).findFirst().orElse(null);
        if (status == null || !before.contains(Signal.COMPLETED)) {
            return 0;
        }
        int settled = Math.max(before.indexOf(status), before.indexOf(Signal.COMPLETED));
        List<Signal> said = before.subList(0, settled);
        if (said.contains(Signal.SAID_CHARGE)) {
            return 0;
        }
        return said.contains(Signal.SAID_REFUND) || status == Signal.COMMITTED_200 ? 1 : 0;
    }

    @Provide
    Arbitrary<List<Signal>> sequences() {
        return Arbitraries.of(Signal.values()).list().ofMaxSize(8);
    }

    @Property(tries = 2_000, seed = "1")
    void everyOrderAndRepetitionComesToWhatTheRuleSays(@ForAll("sequences") List<Signal> signals) {
        FakeRequest request = new FakeRequest();
        Settlement settlement = settlement(request);
        for (int i = 0; i < signals.size(); i++) {
            signals.get(i).tell(settlement, request);
            assertThat(given.get())
                    .as("after %s", signals.subList(0, i + 1))
                    .isEqualTo(expected(signals.subList(0, i + 1)));
        }
    }

    /** All sequences of up to four signals. */
    @Example
    void everyShortSequenceComesToWhatTheRuleSays() {
        List<List<Signal>> sequences = new ArrayList<>(List.of(List.of()));
        for (int i = 0; i < sequences.size(); i++) {
            List<Signal> signals = sequences.get(i);
            FakeRequest request = new FakeRequest();
            Settlement settlement = settlement(request);
            signals.forEach(signal -> signal.tell(settlement, request));
            assertThat(given.get()).as("%s", signals).isEqualTo(expected(signals));
            for (Signal next : Signal.values()) {
                if (signals.size() < 4) {
                    List<Signal> longer = new ArrayList<>(signals);
                    longer.add(next);
                    sequences.add(longer);
                }
            }
        }
        assertThat(sequences).hasSize(1 + 6 + 36 + 216 + 1296);
    }

    /** Two threads, each with a sequence of its own, at once. */
    private void race(List<List<Signal>> of, int rounds, Check check) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
            CyclicBarrier start = new CyclicBarrier(2);
            for (int i = 0; i < rounds; i++) {
                FakeRequest request = new FakeRequest();
                Settlement settlement = settlement(request);
                List<Signal> one = of.get(random.nextInt(of.size()));
                List<Signal> other = of.get(random.nextInt(of.size()));
                Future<?> first = threads.submit(() -> tell(one, settlement, request, start));
                Future<?> second = threads.submit(() -> tell(other, settlement, request, start));
                first.get();
                second.get();
                check.of(one, other, given.get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Void tell(List<Signal> signals, Settlement settlement, FakeRequest request, CyclicBarrier start)
            throws Exception {
        start.await();
        signals.forEach(signal -> signal.tell(settlement, request));
        return null;
    }

    @FunctionalInterface
    private interface Check {
        void of(List<Signal> one, List<Signal> other, int given);
    }

    @Example
    void racingSignalsGiveBackOnceAtMost() throws Exception {
        List<List<Signal>> sequences = List.of(
                List.of(Signal.COMMITTED_200, Signal.COMPLETED),
                List.of(Signal.COMPLETED, Signal.COMMITTED_200),
                List.of(Signal.COMPLETED, Signal.COMPLETED),
                List.of(Signal.COMMITTED_200),
                List.of(Signal.COMPLETED, Signal.FAILED),
                List.of(Signal.COMMITTED_200, Signal.FAILED, Signal.COMPLETED));
        race(sequences, ROUNDS, (one, other, given) -> {
            List<Signal> all = new ArrayList<>(one);
            all.addAll(other);
            boolean complete = all.contains(Signal.COMPLETED) && all.contains(Signal.COMMITTED_200);
            boolean sound = !all.contains(Signal.FAILED);
            assertThat(given).as("%s and %s", one, other).isBetween(sound && complete ? 1 : 0, complete ? 1 : 0);
        });
    }

    @Example
    void racingSignalsGiveNothingBackAfterAnError() throws Exception {
        List<List<Signal>> sequences = List.of(
                List.of(Signal.FAILED, Signal.COMMITTED_200, Signal.COMPLETED),
                List.of(Signal.FAILED, Signal.COMPLETED, Signal.COMMITTED_200),
                List.of(Signal.FAILED, Signal.FAILED));
        race(
                sequences,
                ROUNDS,
                (one, other, given) ->
                        assertThat(given).as("%s and %s", one, other).isZero());
    }

    @Example
    void racingStatusesSettleByOneOfThem() throws Exception {
        List<List<Signal>> sequences = List.of(
                List.of(Signal.COMMITTED_200, Signal.COMPLETED),
                List.of(Signal.COMMITTED_401, Signal.COMPLETED),
                List.of(Signal.COMPLETED, Signal.COMMITTED_401));
        race(sequences, ROUNDS, (one, other, given) -> {
            int least = Math.min(expected(one), expected(other));
            int most = Math.max(expected(one), expected(other));
            assertThat(given).as("%s and %s", one, other).isBetween(least, most);
        });
    }

    /** A limiter that admits everything, and counts how often something is given back. */
    private record GivingLimiter(AtomicInteger given) implements Limiter<ClientAddress> {

        @Override
        public boolean tryAcquire(ClientAddress key, long permits) {
            return true;
        }

        @Override
        public Decision decide(ClientAddress key, long permits) {
            return Decision.allowed(false, List.of());
        }

        @Override
        public Decision peek(ClientAddress key, long permits) {
            return Decision.allowed(false, List.of());
        }

        @Override
        public void refund(ClientAddress key, long permits) {
            given.incrementAndGet();
        }

        @Override
        public void reset(ClientAddress key) {}

        @Override
        public void close() {}
    }
}
