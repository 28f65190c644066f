package io.headgate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * What an address table promises while rows move. Two actors each, even where three things meet: jcstress leaves out what has
 * more actors than there are processors. One move is some hundred instructions, so takers take several times.
 */
public final class MovingRowsStress {

    private static final ClientAddress A = SmallParts.client(0);
    private static final int TAKES = 24;

    private MovingRowsStress() {}

    /** A client takes permits while its part splits four times for a newcomer: permits left, slots in use. */
    @JCStressTest
    @Outcome(id = "76, 4", expect = ACCEPTABLE, desc = "All charged to one bucket.")
    @Outcome(id = ".*, 5", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(7[7-9]|[89].|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class TakesVersusSplit {

        private final SmallParts parts = new SmallParts(1).charge(1, 3, 0);

        public TakesVersusSplit() {
            parts.table.insert(A, true, 0);
        }

        @Actor
        public void taker() {
            for (int i = 0; i < TAKES; i++) {
                parts.take(A, 0);
            }
        }

        @Actor
        public void newcomer() {
            parts.charge(3, 4, 0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, 0);
            r.r2 = (int) parts.table.size();
        }
    }

    /** The same while the others are evicted, so that its part shrinks and becomes one with its sibling, four times. */
    @JCStressTest
    @Outcome(id = "75, 1", expect = ACCEPTABLE, desc = "All charged to one bucket.")
    @Outcome(id = ".*, 2", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(7[6-9]|[89].|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client not evicted, or lost.")
    @State
    public static class TakesVersusMerge {

        private final SmallParts parts = new SmallParts(2).charge(0, 7, 0).reset(1, 7, 0);

        @Actor
        public void taker() {
            for (int i = 0; i < TAKES; i++) {
                parts.take(A, 0);
            }
        }

        @Actor
        public void sweeper() {
            parts.sweep(0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, 0);
            r.r2 = (int) parts.table.size();
        }
    }

    /**
     * Two limits. A client's call has charged the first one when another call has taken the last permit of the second, and
     * its part splits before it takes that charge back: nanoseconds owed under the first beyond the two permits that were
     * admitted, permits left under the second, slots in use.
     */
    @JCStressTest
    @Outcome(id = "0, 0, 4", expect = ACCEPTABLE, desc = "Refused before anything was charged.")
    @Outcome(id = "1, 0, 4", expect = ACCEPTABLE, desc = "Charged, and given back but for what an undo keeps.")
    @Outcome(id = "100000000[01], .*, .*", expect = FORBIDDEN, desc = "Permit charged and not given back.")
    @Outcome(id = "-.*, .*, .*", expect = FORBIDDEN, desc = "Permit taken and lost, or given back twice.")
    @Outcome(id = ".*, .*, 5", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(expect = FORBIDDEN, desc = "Something else was kept.")
    @State
    public static class UndoVersusSplit {

        private static final TokenBucket QUICK = new TokenBucket(new Limit("quick", 4, Duration.ofSeconds(2), 2));

        private final Overtaken slow = new Overtaken();
        private final SmallParts parts = new SmallParts(1, slow, QUICK).charge(0, 3, 0);

        @Actor
        public void taker() {
            slow.meanwhile = () -> parts.take(A, 0);
            parts.take(A, 0);
        }

        @Actor
        public void newcomer() {
            parts.charge(3, 4, 0);
        }

        @Arbiter
        public void owed(III_Result r) {
            r.r1 = (int) (parts.owed(A, 0, 0) - 2 * SmallParts.SECOND);
            r.r2 = (int) parts.left(A, 1, 0);
            r.r3 = (int) parts.table.size();
        }

        /** A limit of eight permits, one a second; the first call that takes one lets another go ahead. */
        private static final class Overtaken extends TokenBucket {

            private @Nullable Runnable meanwhile;

            Overtaken() {
                super(new Limit("slow", 8, Duration.ofSeconds(8), 8));
            }

            @Override
            long take(long state, long permits, long now) {
                Runnable other = meanwhile;
                if (other != null) {
                    meanwhile = null;
                    other.run();
                }
                return super.take(state, permits, now);
            }
        }
    }

    /** A client takes permits at the very time at which its bucket is full, is to be evicted, and its part splits. */
    @JCStressTest
    @Outcome(id = "98, 5", expect = ACCEPTABLE, desc = "Both charged one bucket, a new one or not.")
    @Outcome(id = ".*, 6", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(99|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class TakesVersusRetireAndSplit {

        private final long now = SmallParts.SECOND;
        private final SmallParts parts = new SmallParts(1).charge(0, 1, 0).charge(1, 3, now);

        @Actor
        public void taker() {
            parts.take(A, now);
            parts.take(A, now);
        }

        @Actor
        public void sweeperAndNewcomers() {
            parts.sweep(now);
            parts.charge(3, 4, now);
            parts.charge(SmallParts.sibling(), now);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, now);
            r.r2 = (int) parts.table.size();
        }
    }

    /** The same with the newcomers on the taker's side: one part is swept while it splits. */
    @JCStressTest
    @Outcome(id = "98, 5", expect = ACCEPTABLE, desc = "Both charged one bucket, a new one or not.")
    @Outcome(id = ".*, 6", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(99|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class SplitAndTakesVersusRetire {

        private final long now = SmallParts.SECOND;
        private final SmallParts parts = new SmallParts(1).charge(0, 1, 0).charge(1, 3, now);

        @Actor
        public void newcomersAndTaker() {
            parts.charge(3, 4, now);
            parts.take(A, now);
            parts.charge(SmallParts.sibling(), now);
            parts.take(A, now);
        }

        @Actor
        public void sweeper() {
            parts.sweep(now);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, now);
            r.r2 = (int) parts.table.size();
        }
    }

    /**
     * A sweep makes one part of two again and again while newcomers let parts split; both take from a client between their
     * steps: permits taken that its bucket does not know of, slots in use.
     */
    @JCStressTest
    @Outcome(id = "0, 4", expect = ACCEPTABLE, desc = "All charged to one bucket.")
    @Outcome(id = ".*, [5-8]", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "[1-9].*, .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class MergeVersusSplit {

        private final SmallParts parts = new SmallParts(1).charge(0, 4, 0).reset(0, 4, 0);
        private int takenBySweeper;
        private int takenByNewcomers;

        @Actor
        public void sweeper() {
            for (BucketStore.SweepCursor cursor = parts.table.sweepCursor(); cursor.hasNext(); ) {
                takenBySweeper += parts.take(A, 0) ? 1 : 0;
                cursor.evict(0, 256);
            }
        }

        @Actor
        public void newcomers() {
            for (int i = 4; i < 7; i++) {
                takenByNewcomers += parts.take(A, 0) ? 1 : 0;
                parts.charge(i, i + 1, 0);
            }
        }

        @Arbiter
        public void evicted(II_Result r) {
            r.r1 = takenBySweeper + takenByNewcomers - (SmallParts.CAPACITY - (int) parts.left(A, 0));
            r.r2 = (int) parts.table.size();
        }
    }

    /** Two threads meet a client that nobody knows in a part that splits for it, and for another one. */
    @JCStressTest
    @Outcome(id = "98, 5", expect = ACCEPTABLE, desc = "Both charged one bucket.")
    @Outcome(id = ".*, [67]", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(99|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class ClaimVersusSplit {

        private final SmallParts parts = new SmallParts(1).charge(1, 4, 0);

        @Actor
        public void one() {
            parts.take(A, 0);
        }

        @Actor
        public void newcomerAndOther() {
            parts.charge(SmallParts.sibling(), 0);
            parts.take(A, 0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, 0);
            r.r2 = (int) parts.table.size();
        }
    }

    /** The same in parts that become one, since the others are evicted. */
    @JCStressTest
    @Outcome(id = "98, 1", expect = ACCEPTABLE, desc = "Both charged one bucket.")
    @Outcome(id = ".*, [2-4]", expect = FORBIDDEN, desc = "Two slots for one key.")
    @Outcome(id = "(99|100), .*", expect = FORBIDDEN, desc = "Permit taken and lost.")
    @Outcome(expect = FORBIDDEN, desc = "Permit charged twice, or a client lost.")
    @State
    public static class ClaimVersusMerge {

        private final SmallParts parts = new SmallParts(1).charge(1, 5, 0).reset(1, 5, 0);

        @Actor
        public void one() {
            parts.take(A, 0);
        }

        @Actor
        public void sweeperAndOther() {
            parts.sweep(0);
            parts.take(A, 0);
        }

        @Arbiter
        public void left(II_Result r) {
            r.r1 = (int) parts.left(A, 0);
            r.r2 = (int) parts.table.size();
        }
    }
}
