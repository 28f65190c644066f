package io.headgate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What an address table promises when two or three threads meet in one slot. */
public final class AddressTableStress {

    private AddressTableStress() {}

    /** A client takes a permit at the very time at which its bucket is full and the sweeper wants to evict it. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Taken, so the client is not evicted.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Evicted, then taken from a new bucket.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "Two permits taken by one.")
    @State
    public static class TakeVersusRetire {

        private final OneSlot slot = new OneSlot();
        private final long now = slot.spentAndEarned(OneSlot.A);

        @Actor
        public void taker() {
            slot.take(OneSlot.A, now);
        }

        @Actor
        public void sweeper(II_Result r) {
            r.r2 = slot.sweep(now);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, now);
        }
    }

    /** Two threads meet a client that nobody knows: permits left, slots in use. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Both charged one bucket.")
    @Outcome(id = ".*, 2", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "1, .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @State
    public static class ClaimVersusClaim {

        private final OneSlot slot = new OneSlot();

        @Actor
        public void one() {
            slot.take(OneSlot.A, 0);
        }

        @Actor
        public void other() {
            slot.take(OneSlot.A, 0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 0);
            r.r2 = (int) slot.table.size();
        }
    }

    /** Two threads meet two clients that nobody knows, who both want the first slot. */
    @JCStressTest
    @Outcome(id = "1, 1, 2", expect = ACCEPTABLE, desc = "Each has charged its own bucket.")
    @Outcome(expect = FORBIDDEN, desc = "Charged to another key, or lost.")
    @State
    public static class TwoClientsClaim {

        private final OneSlot slot = new OneSlot();

        @Actor
        public void one() {
            slot.take(OneSlot.A, 0);
        }

        @Actor
        public void other() {
            slot.take(OneSlot.B, 0);
        }

        @Arbiter
        public void left(III_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 0);
            r.r2 = (int) slot.left(OneSlot.B, 0);
            r.r3 = (int) slot.table.size();
        }
    }

    /** A client takes a permit while it is evicted and another client is given its slot: all at one clock reading. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each has charged its own bucket.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "Charged to another key: A's permit to B.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "Charged to another key: B's permit to A.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @State
    public static class TakeVersusRetireAndReclaim {

        private final OneSlot slot = new OneSlot();
        private final long now = slot.spentAndEarned(OneSlot.A);

        @Actor
        public void taker() {
            slot.take(OneSlot.A, now);
        }

        @Actor
        public void sweeperAndNewcomer() {
            slot.sweep(now);
            slot.take(OneSlot.B, now);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, now);
            r.r2 = (int) slot.left(OneSlot.B, now);
        }
    }

    /** The same before anybody has charged the first client's bucket: both clients begin with NEW states. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each has charged its own bucket.")
    @Outcome(id = ".*, 0", expect = FORBIDDEN, desc = "Charged to another key: A's permit to B.")
    @Outcome(id = "0, .*", expect = FORBIDDEN, desc = "Charged to another key: B's permit to A.")
    @Outcome(id = "2, .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @State
    public static class TakeVersusRetireAndReclaimOfANewBucket {

        private final OneSlot slot = new OneSlot();

        public TakeVersusRetireAndReclaimOfANewBucket() {
            slot.table.insert(OneSlot.A, true, 0);
        }

        @Actor
        public void taker() {
            slot.take(OneSlot.A, 0);
        }

        @Actor
        public void sweeperAndNewcomer() {
            slot.sweep(0);
            slot.take(OneSlot.B, 0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 0);
            r.r2 = (int) slot.left(OneSlot.B, 0);
        }
    }

    /** A taker meets a sweeper who then takes too: what the takers were told, what is left, keys tracked. */
    @JCStressTest
    @Outcome(id = "1, 1, 0, 1", expect = ACCEPTABLE, desc = "Two permits, both taken from one bucket.")
    @Outcome(id = ".*, .*, .*, 2", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "1, 1, [12], .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(id = "0, .*, .*, .*", expect = FORBIDDEN, desc = "Denied a permit that was there.")
    @Outcome(id = ".*, 0, .*, .*", expect = FORBIDDEN, desc = "Denied a permit that was there.")
    @State
    public static class TwoTakersVersusRetire {

        private final OneSlot slot = new OneSlot();
        private final long now = slot.spentAndEarned(OneSlot.A);

        @Actor
        public void one(IIII_Result r) {
            r.r1 = slot.take(OneSlot.A, now) ? 1 : 0;
        }

        @Actor
        public void sweeperAndOther(IIII_Result r) {
            slot.sweep(now);
            r.r2 = slot.take(OneSlot.A, now) ? 1 : 0;
        }

        @Arbiter
        public void left(IIII_Result r) {
            r.r3 = (int) slot.left(OneSlot.A, now);
            r.r4 = (int) slot.table.size();
        }
    }

    /** Somebody looks at a client who owes two permits while another is given its neighbour's slot. */
    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "What the client owes.")
    @Outcome(id = "[12]", expect = FORBIDDEN, desc = "A tracked client was not found, or another's state was read.")
    @State
    public static class LookVersusChurn {

        private final OneSlot slot = new OneSlot();

        public LookVersusChurn() {
            slot.table.insert(OneSlot.B, true, 0);
            slot.take(OneSlot.A, 0);
            slot.take(OneSlot.A, 0);
        }

        @Actor
        public void looker(I_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 0);
        }

        @Actor
        public void churn() {
            slot.sweep(0);
            slot.table.insert(OneSlot.B, true, 0);
        }
    }

    /**
     * Two limits. A client's call is between its first and its second charge while it is evicted, and another client is
     * given its slot: all at the reading at which the first client's permit has been earned back.
     */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each has charged its own bucket, or A's call has started over.")
    @Outcome(expect = FORBIDDEN, desc = "A's second charge is B's, or is lost.")
    @State
    public static class LateSecondCharge {

        private final OneSlot slot = new OneSlot(
                2, new Limit("slow", 2, Duration.ofSeconds(2), 2), new Limit("quick", 4, Duration.ofSeconds(2), 2));
        private final long now = slot.spentAndEarned(OneSlot.A);

        @Actor
        public void taker() {
            slot.take(OneSlot.A, now);
        }

        @Actor
        public void sweeperAndNewcomer() {
            slot.sweep(now);
            slot.take(OneSlot.B, now);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 1, now);
            r.r2 = (int) slot.left(OneSlot.B, 1, now);
        }
    }

    /** Two limits. A call that finds its row retired starts over: what is left under both limits, and keys tracked. */
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "Charged once under each limit.")
    @Outcome(expect = FORBIDDEN, desc = "Charged under one limit only, or lost, or twice.")
    @State
    public static class StartOver {

        private final OneSlot slot = new OneSlot(
                2, new Limit("slow", 2, Duration.ofSeconds(2), 2), new Limit("quick", 4, Duration.ofSeconds(2), 2));
        private final long now = slot.spentAndEarned(OneSlot.A);

        @Actor
        public void taker() {
            slot.take(OneSlot.A, now);
        }

        @Actor
        public void sweeper() {
            slot.sweep(now);
        }

        @Arbiter
        public void left(III_Result r) {
            r.r1 = (int) slot.left(OneSlot.A, 0, now);
            r.r2 = (int) slot.left(OneSlot.A, 1, now);
            r.r3 = (int) slot.table.size();
        }
    }

    /** Room for one key, two newcomers, each of which may evict the other's bucket before it is charged: both come to an end. */
    @JCStressTest
    @Outcome(id = "-1, -2, 1", expect = ACCEPTABLE, desc = "The second found no room.")
    @Outcome(id = "-2, -1, 1", expect = ACCEPTABLE, desc = "The first found no room.")
    @Outcome(expect = FORBIDDEN, desc = "A charge was lost, both lost their buckets, or there was room for two.")
    @State
    public static class NewcomersEvictEachOther {

        private final OneSlot slot = new OneSlot(1, new Limit("two", 2, Duration.ofSeconds(2), 2));

        @Actor
        public void one(III_Result r) {
            r.r1 = slot.tryTake(OneSlot.A, 0);
        }

        @Actor
        public void other(III_Result r) {
            r.r2 = slot.tryTake(OneSlot.B, 0);
        }

        @Arbiter
        public void size(III_Result r) {
            r.r3 = (int) slot.table.size();
        }
    }
}
