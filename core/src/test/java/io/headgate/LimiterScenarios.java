package io.headgate;

import static io.headgate.faults.Scenario.require;

import io.headgate.faults.Fuse;
import io.headgate.faults.Scenario;
import io.headgate.metrics.HeavyHitters;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Operations on a {@link LocalLimiter}, on all stores and in all states. */
final class LimiterScenarios {

    private static final int MAX_KEYS = 12;
    private static final int CAPACITY = 4;
    private static final int BURST = 3;

    private static final Limit SLOW = new Limit("slow", CAPACITY, Duration.ofMinutes(1), CAPACITY);
    private static final Limit FAST = new Limit("fast", 4, Duration.ofSeconds(1), BURST);

    /** How full the limiter is, and of what. */
    enum State {
        EMPTY,
        /** With eight keys: the next one of their hash code makes a bin. */
        ROOM,
        CAP_OF_SPENT,
        CAP_OF_FULL,
        /** No room, and the key has taken from a bucket that it shares. */
        SHARING,
        /** The same, but there is room now: the key's own buckets begin with that debt. */
        SHARED;

        private boolean shares() {
            return this == SHARING || this == SHARED;
        }
    }

    /** What fails, and what its key may have then: up to so many permits less, or more, than before. */
    enum Operation {
        TRY_ACQUIRE(1, 0),
        TRY_ACQUIRE_TOO_MANY(0, 0),
        DECIDE(2, 0),
        PEEK(0, 0),
        REFUND(0, 1),
        CHARGE(2, 0),
        OWE(CAPACITY, 0),
        RESET(0, CAPACITY),
        SWEEP(0, 0),
        /** What the sweeper does. */
        SLICE(0, 0),
        /** Denied, and somebody hears of it. */
        DENIED(0, 0);

        private final int less;
        private final int more;

        Operation(int less, int more) {
            this.less = less;
            this.more = more;
        }
    }

    private LimiterScenarios() {}

    static List<Scenario.Named> all() {
        return all(new Fuse(), number -> "key " + number, number -> new HashedKey(number, 7));
    }

    /** All that the user brings has this fuse. */
    static List<Scenario.Named> withFuse(Fuse fuse) {
        return all(fuse, number -> fuse.in("key " + number), number -> fuse.in(new HashedKey(number, 7)));
    }

    private static List<Scenario.Named> all(Fuse fuse, IntFunction<Object> strings, IntFunction<Object> ofOneHash) {
        List<Scenario.Named> all = new ArrayList<>();
        add(all, "a limiter of strings", Limiter::<Object>builder, strings, fuse);
        add(all, "a limiter of keys with one hash code", Limiter::<Object>builder, ofOneHash, fuse);
        add(all, "a limiter of addresses", LimiterScenarios::ofAddresses, Keys.BOTH::key, fuse);
        return all;
    }

    /** Every method of the limiter is called with addresses only. */
    @SuppressWarnings("unchecked")
    static LimiterBuilder<Object> ofAddresses(Limit first, Limit... more) {
        return (LimiterBuilder<Object>) (LimiterBuilder<?>) Limiter.forAddresses(first, more);
    }

    private static void add(
            List<Scenario.Named> all,
            String subject,
            Keys.Start<Object> start,
            IntFunction<? extends Object> keys,
            Fuse fuse) {
        boolean ofOneCell = keys.apply(1).hashCode() == keys.apply(2).hashCode();
        for (State state : State.values()) {
            if (ofOneCell && state == State.SHARED) {
                continue; // none of the keys is evicted while one of their cell owes
            }
            for (Overflow overflow : List.of(Overflow.SHARE, Overflow.DENY)) {
                for (int limits = 1; limits <= 2 && !(state.shares() && overflow == Overflow.DENY); limits++) {
                    for (Operation operation : Operation.values()) {
                        for (boolean known : new boolean[] {true, false}) {
                            add(all, subject, start, keys, fuse, state, overflow, limits, operation, known);
                        }
                    }
                }
            }
        }
    }

    private static void add(
            List<Scenario.Named> all,
            String subject,
            Keys.Start<Object> start,
            IntFunction<? extends Object> keys,
            Fuse fuse,
            State state,
            Overflow overflow,
            int limits,
            Operation operation,
            boolean known) {
        if (known && (state == State.EMPTY || state.shares())) {
            return;
        }
        String name = String.join(
                ", ", subject, state.name(), overflow.name(), limits + " limits", known ? "old key" : "new key");
        all.add(new Scenario.Named(subject, name + ": " + operation, () -> {
            LimiterBuilder<Object> builder = limits == 1 ? start.builder(SLOW) : start.builder(SLOW, FAST);
            return new One(builder, keys, fuse, state, overflow, limits, operation, known);
        }));
    }

    private static final class One implements Scenario {

        private final IntFunction<? extends Object> keys;
        private final State state;
        private final Overflow overflow;
        private final Operation operation;

        private final FakeTicker time = new FakeTicker();
        private final LocalLimiter<Object> limiter;
        private final HeavyHitters<Object> denied = new HeavyHitters<>(2);
        private final Object own;
        private final long[] debts;

        /** What a key may take at once. */
        private final int full;
        /** What the key of the operation may take before it. */
        private final long before;

        One(
                LimiterBuilder<Object> builder,
                IntFunction<? extends Object> keys,
                Fuse fuse,
                State state,
                Overflow overflow,
                int limits,
                Operation operation,
                boolean known) {
            this.keys = keys;
            this.state = state;
            this.overflow = overflow;
            this.operation = operation;
            limiter = builder.ticker(() -> {
                        fuse.call();
                        return time.read();
                    })
                    .maxKeys(MAX_KEYS)
                    .overflow(overflow)
                    .sweepInterval(Duration.ZERO)
                    .random(new SplittableRandom(1))
                    .onDenied(key -> {
                        fuse.call();
                        denied.add(key);
                    })
                    .build();
            full = limits == 1 ? CAPACITY : BURST;
            debts = new long[limits];
            debts[0] = Duration.ofSeconds(40).toNanos();
            own = keys.apply(known ? 1 : 500);
            int tracked = state == State.EMPTY ? 0 : state == State.ROOM ? 8 : MAX_KEYS;
            for (int number = 0; number < tracked; number++) {
                require(limiter.tryAcquire(keys.apply(number)), "no room for key %s", number);
            }
            denied.add(keys.apply(700));
            denied.add(keys.apply(701)); // it is full: one more takes over a counter
            if (state == State.CAP_OF_FULL) {
                time.advance(Duration.ofHours(1));
            }
            if (state.shares()) {
                require(limiter.tryAcquire(own), "a shared bucket is empty");
            }
            if (state == State.SHARED) {
                limiter.reset(keys.apply(0));
                require(limiter.sweep() == 1, "no room was made");
            }
            boolean roomless = state == State.CAP_OF_SPENT && overflow == Overflow.DENY && !known;
            boolean charged = state.shares() || (known && state != State.CAP_OF_FULL);
            long has = roomless ? 0 : charged ? full - 1 : full;
            if (operation == Operation.DENIED) {
                while (has > 0) {
                    require(limiter.tryAcquire(own), "no permit of %s is left", has--);
                }
            }
            before = has;
        }

        @Override
        public void run() {
            switch (operation) {
                case TRY_ACQUIRE, DENIED -> limiter.tryAcquire(own);
                case TRY_ACQUIRE_TOO_MANY -> limiter.tryAcquire(own, 9);
                case DECIDE -> limiter.decide(own, 2);
                case PEEK -> limiter.peek(own, 1);
                case REFUND -> limiter.refund(own, 1);
                case CHARGE -> limiter.charge(own, 2);
                case OWE -> limiter.owe(own, debts, time.read());
                case RESET -> limiter.reset(own);
                case SWEEP -> limiter.sweep();
                case SLICE -> limiter.sweeps().slice();
            }
        }

        @Override
        public void check(@Nullable Throwable fault) {
            checkOthers();
            limiter.sweep(); // or it would not ask for memory again before a second has passed
            checkOwn();
            time.advance(Duration.ofHours(2));
            checkRoom();
            denied.top(9);
            denied.clear();
            require(denied.top(9).isEmpty(), "the denied are not cleared");
        }

        /** Who has taken something is remembered. */
        private void checkOthers() {
            int first = state == State.SHARED ? 1 : 0;
            int tracked = switch (state) {
                case EMPTY, CAP_OF_FULL -> 0;
                case ROOM -> 8;
                case CAP_OF_SPENT, SHARING, SHARED -> MAX_KEYS;
            };
            for (int number = first; number < tracked; number++) {
                Object key = keys.apply(number);
                if (!key.equals(own)) {
                    Decision decision = limiter.peek(key, 1);
                    require(!decision.overflow(), "key %s was evicted", number);
                    long left = decision.remaining();
                    require(left == full - 1, "key %s has %s permits, not %s", number, left, full - 1);
                }
            }
        }

        /** The key may have lost what it asked for, and has gained nothing. */
        private void checkOwn() {
            long has = 0;
            while (limiter.tryAcquire(own)) {
                has++;
            }
            long least = Math.max(0, before - operation.less);
            long most = Math.min(full, before + operation.more);
            if (state == State.CAP_OF_SPENT && overflow == Overflow.DENY && before == 0) {
                most = 0; // nothing makes room
            }
            require(has >= least, "the key has %s permits of at least %s", has, least);
            require(has <= most, "the key has %s permits of at most %s", has, most);
        }

        /** All room is there, and can be used. */
        private void checkRoom() {
            long size = limiter.size();
            require(size >= 0 && size <= MAX_KEYS, "size %s", size);
            long swept = limiter.sweep();
            require(swept == size, "swept %s of %s keys", swept, size);
            require(limiter.size() == 0, "size %s after a sweep", limiter.size());
            for (int number = 1_000; number < 1_000 + MAX_KEYS; number++) {
                require(!limiter.decide(keys.apply(number)).overflow(), "no room for key %s", number);
            }
            require(limiter.size() == MAX_KEYS, "size %s of %s fresh keys", limiter.size(), MAX_KEYS);
            require(limiter.decide(keys.apply(2_000)).overflow(), "room for more than %s keys", MAX_KEYS);
            time.advance(Duration.ofHours(2));
            swept = limiter.sweep();
            require(swept == MAX_KEYS, "swept %s of %s fresh keys", swept, MAX_KEYS);
        }
    }
}
