package io.headgate.plan;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One question to the source. Incomplete from the request that caused it until its answer. Completed with the time from
 * which the key may be asked for again, if the answer was no plan.
 */
final class Load<K> extends CompletableFuture<Long> {

    /** Its answer is decided: a plan, none, a failure, or that it came too late. Later answers are dropped. */
    private static final int ANSWERED = 1;
    /** The executor has no task of it any more. */
    private static final int LEFT = 2;
    /** It began before somebody said that the plan has changed. Its answer is not taken. */
    private static final int INVALIDATED = 4;

    final StableKey<K> key;
    final long deadline;
    private final Runnable onEnd;
    private final AtomicInteger state = new AtomicInteger();

    /**
     * A load that nobody knows of yet.
     *
     * @param onEnd runs once, as soon as the load is answered and the executor has no task of it
     */
    Load(StableKey<K> key, long deadline, Runnable onEnd) {
        this.key = key;
        this.deadline = deadline;
        this.onEnd = onEnd;
    }

    /** Answers whether the caller is the one that may answer. */
    boolean tryAnswer() {
        return (set(ANSWERED) & ANSWERED) == 0;
    }

    boolean isAnswered() {
        return (state.get() & ANSWERED) != 0;
    }

    void leave() {
        set(LEFT);
    }

    void invalidate() {
        set(INVALIDATED);
    }

    boolean isInvalidated() {
        return (state.get() & INVALIDATED) != 0;
    }

    private int set(int bit) {
        int before = state.getAndUpdate(bits -> bits | bit);
        if (!ended(before) && ended(before | bit)) {
            onEnd.run();
        }
        return before;
    }

    private static boolean ended(int bits) {
        return (bits & (ANSWERED | LEFT)) == (ANSWERED | LEFT);
    }
}
