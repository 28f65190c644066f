package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.Measurements;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls find that were under way while the row of their client moved, on a clock that stands still. */
class MovingRowsTest {

    private static final ClientAddress CLIENT = Keys.BOTH.key(1_000_000);
    private static final int FILLERS = 300;
    private static final int MAX_KEYS = 1_000;

    /** One that lets others go ahead before its step, once. */
    private static final class Napping extends TokenBucket {

        private final AtomicReference<Runnable> meanwhile;

        Napping(String limit, AtomicReference<Runnable> meanwhile) {
            super(Limit.parse(limit));
            this.meanwhile = meanwhile;
        }

        private void nap() {
            meanwhile.getAndSet(() -> {}).run();
        }

        @Override
        long take(long state, long permits, long now) {
            nap();
            return super.take(state, permits, now);
        }

        @Override
        long charge(long state, long permits, long now, long mostDebt) {
            nap();
            return super.charge(state, permits, now, mostDebt);
        }

        @Override
        long owe(long state, long owing, long now) {
            nap();
            return super.owe(state, owing, now);
        }

        @Override
        long refund(long state, long permits, long now) {
            nap();
            return super.refund(state, permits, now);
        }

        @Override
        long reset(long state, long now) {
            nap();
            return super.reset(state, now);
        }

        @Override
        long giveBack(long state, long permits, long charged, long now) {
            nap();
            return super.giveBack(state, permits, charged, now);
        }

        @Override
        long undo(long state, long permits, long charged, long now) {
            nap();
            return super.undo(state, permits, charged, now);
        }
    }

    /** How the client's row gets elsewhere. */
    enum Move {
        GROW,
        SHRINK,
        GROW_AND_SHRINK
    }

    private static void crowd(BucketStore<ClientAddress> store) {
        for (int i = 0; i < FILLERS; i++) {
            assertThat(store.insert(Keys.BOTH.key(i), false, 0)).isTrue();
            store.apply(Keys.BOTH.key(i), Operation.TAKE, 1, 0, null);
        }
    }

    private static void sweep(BucketStore<ClientAddress> store) {
        for (int i = 0; i < FILLERS; i++) {
            store.apply(Keys.BOTH.key(i), Operation.RESET, 0, 0, null);
        }
        for (BucketStore.SweepCursor cursor = store.sweepCursor(); cursor.hasNext(); ) {
            cursor.evict(0, 256);
        }
    }

    static Stream<Operation> operations() {
        return Arrays.stream(Operation.values()).filter(operation -> operation != Operation.LOOK);
    }

    /** Whatever limit it comes to next: the same states as in rows that do not move. */
    @ParameterizedTest
    @MethodSource("operations")
    void aCallThatSleepsWhileItsRowMovesGoesOnWithTheSameLimit(Operation operation) {
        for (int limit = 0; limit < 3; limit++) {
            for (Move move : Move.values()) {
                for (boolean empty : new boolean[] {false, true}) {
                    String[] moving = outcome(Tables.ofSmallParts(1), operation, limit, move, empty);
                    String[] resting = outcome(KeyKind.<ClientAddress>any().stores(), operation, limit, move, empty);
                    assertThat(moving)
                            .as("%s, asleep before limit %s, %s, empty meanwhile %s", operation, limit, move, empty)
                            .isEqualTo(resting);
                }
            }
        }
    }

    private static String[] outcome(
            BucketStore.Factory<ClientAddress> stores, Operation operation, int limit, Move move, boolean empty) {
        AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
        TokenBucket[] buckets = {
            bucket("1/2h burst 9", limit == 0, meanwhile),
            bucket("2/2h burst 8", limit == 1, meanwhile),
            bucket("3/2h burst 7", limit == 2, meanwhile)
        };
        BucketStore<ClientAddress> store =
                stores.open("test", buckets, () -> 0, null, 0, MAX_KEYS, new SplittableRandom(1));
        store.insert(CLIENT, true, 0);
        store.apply(CLIENT, Operation.TAKE, 4, 0, null);
        if (move == Move.SHRINK) {
            crowd(store);
        }
        meanwhile.set(() -> {
            if (empty) {
                store.apply(CLIENT, Operation.TAKE, 3, 0, null);
            }
            if (move != Move.SHRINK) {
                crowd(store);
            }
            if (move != Move.GROW) {
                sweep(store);
            }
        });
        long[] states = new long[3];
        for (int i = 0; operation == Operation.OWE && i < 3; i++) {
            states[i] = buckets[i].owing(10_000L * (i + 1) * 1_000_000_000L, 0, 0);
        }
        int result = store.apply(CLIENT, operation, 2, 0, states);
        long[] after = new long[3];
        store.apply(CLIENT, Operation.LOOK, 1, 0, after);
        String[] told = new String[7];
        told[0] = "result " + result;
        for (int i = 0; i < 3; i++) {
            // In microseconds: an undo keeps a nanosecond, and a call that starts over has nothing to undo.
            told[1 + i] = buckets[i].nanosUntilFull(states[i], 0) / 1_000 + " us owed when it was decided";
            told[4 + i] = buckets[i].nanosUntilFull(after[i], 0) / 1_000 + " us owed afterwards";
        }
        return told;
    }

    private static TokenBucket bucket(String limit, boolean napping, AtomicReference<Runnable> meanwhile) {
        return napping ? new Napping(limit, meanwhile) : new TokenBucket(Limit.parse(limit));
    }

    /** Takers, and one that takes back, against one that lets parts grow, split, shrink and merge all the time. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyPermitIsInThePresentRowOnce(int limits) throws Exception {
        int hot = 48;
        int capacity = 2_100 - 100 * limits; // that of the last one, so that the first are charged in vain
        Limit[] all = {Limit.parse("1/2h burst 2000"), Limit.parse("1/h burst 1900"), Limit.parse("1/minute burst 1800")
        };
        TokenBucket[] buckets =
                Arrays.stream(all, 0, limits).map(TokenBucket::new).toArray(TokenBucket[]::new);
        Tables.Moving store = (Tables.Moving)
                Tables.ofSmallParts(2).open("test", buckets, () -> 0, null, 0, MAX_KEYS, new SplittableRandom(1));
        Charger<ClientAddress> charger =
                new Charger<>(Arrays.stream(buckets).map(TokenBucket::limit).toList(), buckets, store, Overflow.DENY);
        AtomicLongArray admitted = new AtomicLongArray(hot);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger rounds = new AtomicInteger();
        Callable<Void> taker = () -> {
            SplittableRandom random = new SplittableRandom();
            for (int i = 0; i < 3 * hot * capacity; i++) {
                int id = random.nextInt(hot);
                int permits = 1 + random.nextInt(3);
                if (charger.take(hot(id), permits, 0, null).allowed) {
                    admitted.addAndGet(id, permits);
                }
                if (i % 16 == 0) { // as many as this call has taken itself
                    long[] states = new long[limits];
                    ChargeResult result = charger.take(hot(id), 1, 0, states);
                    if (result.allowed) {
                        charger.giveBack(hot(id), 1, 0, result.overflow);
                    }
                }
            }
            return null;
        };
        Callable<Void> mover = () -> {
            while (!over.get()) {
                crowd(store);
                sweep(store);
                rounds.incrementAndGet();
            }
            return null;
        };
        ExecutorService threads = Executors.newCachedThreadPool();
        Future<Void> moving = threads.submit(mover);
        Future<Void> one = threads.submit(taker);
        Future<Void> other = threads.submit(taker);
        one.get();
        other.get();
        over.set(true);
        moving.get();
        threads.shutdown();
        Measurements.print(
                "%d limits: %d calls met a row that moved, in %d times up and down; %d undone",
                limits, store.followed.sum(), rounds.get(), store.undone());
        for (int id = 0; id < hot; id++) {
            long left = 0;
            while (charger.take(hot(id), 1, 0, null).allowed) {
                left++;
            }
            // An undo keeps a unit: under several limits each may cost the key one permit.
            assertThat(admitted.get(id) + left)
                    .as("client %s", id)
                    .isBetween(capacity - (limits == 1 ? 0 : store.undone()), (long) capacity);
        }
        assertThat(rounds.get()).isGreaterThan(3);
        assertThat(store.followed.sum()).isPositive();
    }

    private static ClientAddress hot(int id) {
        return Keys.BOTH.key(2_000_000 + id);
    }

    /** Parts of the usual size: printed, not asserted, as it is the machine's to say when a thread runs. */
    @Test
    void measuresCallsThatMeetAMove() throws Exception {
        int tracked = 10_000;
        int newcomers = 1_000_000;
        TokenBucket[] buckets = {new TokenBucket(Limit.parse("1/h burst 8000"))};
        Tables.Moving store = (Tables.Moving) Tables.ofSmallParts(1024)
                .open("test", buckets, () -> 0, null, 0, 2L * newcomers, new SplittableRandom(1));
        for (int id = 0; id < tracked; id++) {
            store.insert(hot(id), false, 0);
            store.apply(hot(id), Operation.TAKE, 8_000, 0, null);
        }
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        Future<Long> deciding = threads.submit(() -> {
            SplittableRandom random = new SplittableRandom(1);
            long calls = 0;
            for (; !over.get(); calls++) {
                store.apply(hot(random.nextInt(tracked)), Operation.REFUND, 1, 0, null);
            }
            return calls;
        });
        for (int round = 0; round < 3; round++) {
            for (int id = 0; id < newcomers; id++) {
                ClientAddress client = ClientAddress.ofBits(5L << 60 | (long) id << 20, 1);
                store.insert(client, false, 0);
            }
            for (BucketStore.SweepCursor cursor = store.sweepCursor(); cursor.hasNext(); ) {
                cursor.evict(0, 256);
            }
        }
        over.set(true);
        Measurements.print(
                "%d of %d calls met a move: half took %.2f us or less, 99 %% %.2f us, 99.9 %% %.2f us, all %.2f us",
                store.followed.sum(),
                deciding.get(),
                store.micros(0.5),
                store.micros(0.99),
                store.micros(0.999),
                store.micros(1));
        threads.shutdown();
        assertThat(store.size()).isLessThanOrEqualTo(tracked);
    }

    /** A newcomer that finds its part replaced must not claim a slot there. */
    @Test
    void newcomersWhileRowsMoveHaveOneRowEach() throws Exception {
        int clients = 20_000;
        TokenBucket[] buckets = {new TokenBucket(Limit.parse("1/h burst 7"))};
        BucketStore<ClientAddress> store =
                Tables.ofSmallParts(8).open("test", buckets, () -> 0, null, 0, 4L * clients, new SplittableRandom(1));
        Charger<ClientAddress> charger =
                new Charger<>(Arrays.stream(buckets).map(TokenBucket::limit).toList(), buckets, store, Overflow.DENY);
        AtomicLongArray admitted = new AtomicLongArray(clients);
        Callable<Void> newcomers = () -> {
            for (int id = 0; id < clients; id++) {
                for (int i = 0; i < 5; i++) {
                    if (charger.take(Keys.BOTH.key(id), 1, 0, null).allowed) {
                        admitted.incrementAndGet(id);
                    }
                }
            }
            return null;
        };
        ExecutorService threads = Executors.newCachedThreadPool();
        Future<Void> one = threads.submit(newcomers);
        Future<Void> other = threads.submit(newcomers);
        one.get();
        other.get();
        threads.shutdown();
        for (int id = 0; id < clients; id++) {
            assertThat(admitted.get(id)).as("client %s", id).isEqualTo(7);
        }
        assertThat(store.size()).isEqualTo(clients);
    }
}
