package io.headgate;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.headgate.internal.StackProbe;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever two threads do to composed limiters, the outcomes are those that the composition under one lock gives in some
 * order of the same calls. The clock stands still. Where a charge may be taken back, the limiter that it is taken back in
 * has plenty: else a call that comes in between may be denied, as is promised, and as no order of calls explains.
 */
class CompositionLincheckTest {

    /** How many times the usual number of scenarios; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("test.effort", 1);

    private static final int OWN = 3;
    private static final int SERVICE = 5;
    private static final int PLENTY = 1_000;

    private static <K> LocalLimiter<K> build(Keys<K> keys, String name, int capacity) {
        return keys.builder(new Limit(name, 1, Duration.ofMinutes(1), capacity))
                .maxKeys(8)
                .ticker(new FakeTicker())
                .random(new SplittableRandom(1)) // a model is checked by repeating it
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** Both clients and the service have so many permits. */
    public abstract static class Service {

        private final long[] own;
        private long service;

        Service(int own, int service) {
            this.own = new long[] {own, own, own};
            this.service = service;
        }

        public boolean tryAcquire(int key, int permits) {
            return take(key, permits);
        }

        public boolean decide(int key, int permits) {
            return take(key, permits);
        }

        private boolean take(int key, int permits) {
            boolean enough = permits <= own[key] && permits <= service;
            own[key] -= enough ? permits : 0;
            service -= enough ? permits : 0;
            return enough;
        }

        public void sweep() {}

        @Override
        public boolean equals(Object other) {
            return other instanceof Service that && Arrays.equals(own, that.own) && service == that.service;
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(own);
        }
    }

    /** The service has less than its clients. */
    public static final class ScarceService extends Service {
        public ScarceService() {
            super(PLENTY, SERVICE);
        }
    }

    /** Clients have less than the service. */
    public static final class ScarceClients extends Service {
        public ScarceClients() {
            super(OWN, PLENTY);
        }
    }

    /** The calls. */
    @Param(name = "key", gen = IntGen.class, conf = "1:2")
    @Param(name = "permits", gen = IntGen.class, conf = "1:3")
    public abstract static class Calls<K> {

        private final Keys<K> keys;
        private final LocalLimiter<K> own;
        private final LocalLimiter<K> service;
        private final Limiter<K> limiter;

        Calls(Keys<K> keys, int own, int service) {
            this.keys = keys;
            this.own = build(keys, "own", own);
            this.service = build(keys, "service", service);
            K all = keys.key(7);
            limiter = Limiter.allOf(this.own, this.service.keyed(key -> all));
        }

        @Operation
        public boolean tryAcquire(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            return limiter.tryAcquire(keys.key(key), permits);
        }

        @Operation
        public boolean decide(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            return limiter.decide(keys.key(key), permits).allowed();
        }

        @Operation
        public void sweep() {
            own.sweep();
            service.sweep();
        }
    }

    /** A map of clients that have plenty. */
    public static final class ScarceServiceOnMap extends Calls<HashedKey> {
        public ScarceServiceOnMap() {
            super(Keys.MAP, PLENTY, SERVICE);
        }
    }

    /** A table of clients that have plenty. */
    public static final class ScarceServiceOnTable extends Calls<ClientAddress> {
        public ScarceServiceOnTable() {
            super(Keys.BOTH, PLENTY, SERVICE);
        }
    }

    /** A map of clients that have little. */
    public static final class ScarceClientsOnMap extends Calls<HashedKey> {
        public ScarceClientsOnMap() {
            super(Keys.MAP, OWN, PLENTY);
        }
    }

    /** A table of clients that have little. */
    public static final class ScarceClientsOnTable extends Calls<ClientAddress> {
        public ScarceClientsOnTable() {
            super(Keys.BOTH, OWN, PLENTY);
        }
    }

    /** Each client has so many permits under each of two plans. */
    public static final class Plans {

        private final long[] left = {OWN, OWN, OWN, SERVICE, SERVICE, SERVICE};
        private final int[] plan = new int[3];

        public boolean tryAcquire(int key, int permits) {
            int bucket = 3 * plan[key] + key;
            boolean enough = permits <= left[bucket];
            left[bucket] -= enough ? permits : 0;
            return enough;
        }

        public void change(int key, int to) {
            plan[key] = to % 2;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Plans that && Arrays.equals(left, that.left) && Arrays.equals(plan, that.plan);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(left);
        }
    }

    /** Calls of clients whose plan changes meanwhile. */
    @Param(name = "key", gen = IntGen.class, conf = "1:2")
    @Param(name = "permits", gen = IntGen.class, conf = "1:3")
    public static final class CallsByPlan {

        private final String[] plan = {"free", "free", "free"};
        private final Limiter<ClientAddress> limiter = Limiter.byPlan(
                key -> plan(key.equals(Keys.BOTH.key(1)) ? 1 : 2),
                Map.of("free", build(Keys.BOTH, "own", OWN), "pro", build(Keys.BOTH, "service", SERVICE)));

        private synchronized String plan(int key) {
            return plan[key];
        }

        @Operation
        public boolean tryAcquire(@Param(name = "key") int key, @Param(name = "permits") int permits) {
            return limiter.tryAcquire(Keys.BOTH.key(key), permits);
        }

        @Operation
        public synchronized void change(@Param(name = "key") int key, @Param(name = "permits") int to) {
            plan[key] = to % 2 == 0 ? "free" : "pro";
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {ScarceServiceOnMap.class, ScarceServiceOnTable.class})
    void aServiceThatHasLessThanItsClients(Class<?> calls) {
        check(calls, ScarceService.class);
    }

    @ParameterizedTest
    @ValueSource(classes = {ScarceClientsOnMap.class, ScarceClientsOnTable.class})
    void clientsThatHaveLessThanTheService(Class<?> calls) {
        check(calls, ScarceClients.class);
    }

    @ParameterizedTest
    @ValueSource(classes = CallsByPlan.class)
    void clientsWhosePlansChange(Class<?> calls) {
        check(calls, Plans.class);
    }

    private static void check(Class<?> calls, Class<?> specification) {
        new ModelCheckingOptions()
                .addGuarantee(
                        forClasses(StackProbe.class.getName()).allMethods().ignore()) // recursion is no livelock
                .iterations(3 * EFFORT)
                .invocationsPerIteration(200)
                .threads(2)
                .sequentialSpecification(specification)
                .actorsPerThread(3)
                .check(calls);
        new StressOptions()
                .iterations(2 * EFFORT)
                .invocationsPerIteration(500)
                .threads(2)
                .sequentialSpecification(specification)
                .actorsPerThread(4)
                .check(calls);
    }
}
