package io.headgate;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What every key has taken: buckets under several limits that are charged all or none, and the overflow rule for keys
 * that have none and get none. Reads no clock.
 */
final class Accounts<K> {

    /*
     * In the order of a decision: take (room or no room), all-or-none over the buckets of one place, the charge of one
     * bucket; then what takes nothing (look), what words mean to the caller (explain), and what gives back (refund, reset).
     * Words are handed up as they were before a charge: what they are after it follows from them by TokenBucket.take,
     * whatever others did since.
     */

    /** One a limit, the slowest first: the order in which they are charged, which the stores rely on. */
    private final TokenBucket[] buckets;
    /** The least capacity: what costs more is never admitted. */
    private final long mostPermits;

    private final BucketStore<K> store;
    private final SharedBuckets<K> shared;
    private final Overflow overflow;
    /** In the order of the user. */
    private final List<Limit> limits;

    /** Calls that took a charge back. */
    private final LongAdder undone = new LongAdder();
    /** Refusals by the bucket that was the first to be found wanting; in the order of the buckets. */
    private final LongAdder[] refusals;
    /** Denials by the overflow rule, without a look at any bucket. */
    private final LongAdder turnedAway = new LongAdder();
    /** Explained calls that took permits and left at most a fifth of a limit's capacity. */
    private final LongAdder nearLimit = new LongAdder();

    Accounts(
            List<Limit> limits,
            TokenBucket[] buckets,
            BucketStore<K> store,
            SharedBuckets<K> shared,
            Overflow overflow) {
        this.limits = limits;
        this.buckets = buckets;
        this.mostPermits =
                Arrays.stream(buckets).mapToLong(TokenBucket::capacity).min().orElseThrow();
        this.store = store;
        this.shared = shared;
        this.overflow = overflow;
        this.refusals = Arrays.stream(buckets).map(bucket -> new LongAdder()).toArray(LongAdder[]::new);
    }

    /** Takes permits if it can. Leaves in {@code words}, if given, those that it decided on. */
    Outcome take(K key, long permits, long now, long @Nullable [] words) {
        if (permits > mostPermits) {
            refused(permits);
            return words == null ? Outcome.DENIED : look(key, permits, now, words);
        }
        Outcome outcome = takeAll(store, key, permits, now, words);
        if (outcome != Outcome.NO_ROOM) {
            return outcome;
        }
        if (overflow == Overflow.SHARE) {
            return overflow(takeAll(shared, key, permits, now, words).allowed);
        }
        if (overflow == Overflow.DENY) {
            turnedAway.increment();
        }
        return overflowUnaccounted(words);
    }

    /** Takes permits from every bucket of the key, or from none. */
    private Outcome takeAll(Buckets<K> place, K key, long permits, long now, long @Nullable [] words) {
        if (buckets.length > 1 && !allAdmit(place, key, permits, now, words)) {
            return Outcome.DENIED;
        }
        for (int i = 0; i < buckets.length; i++) {
            long word = charge(place, key, i, permits, now);
            if (words != null) {
                words[i] = word;
            }
            if (word == TokenBucket.ABSENT || !buckets[i].admits(word, permits, now)) {
                undo(place, key, i, permits, now);
                if (word == TokenBucket.ABSENT) {
                    return Outcome.NO_ROOM;
                }
                for (int j = i + 1; words != null && j < buckets.length; j++) {
                    words[j] = place.read(key, j); // a newcomer's debt was not yet known when all were read
                }
                refusals[i].increment();
                return Outcome.DENIED;
            }
        }
        return Outcome.ALLOWED;
    }

    /** Reads before anything is written: without concurrency a denial is found here, and nothing has to be undone. */
    private boolean allAdmit(Buckets<K> place, K key, long permits, long now, long @Nullable [] words) {
        int wanting = -1;
        for (int i = 0; i < buckets.length; i++) {
            long word = place.read(key, i); // an absent bucket is a full one
            wanting = wanting < 0 && !buckets[i].admits(word, permits, now) ? i : wanting;
            if (words != null) {
                words[i] = word;
            }
        }
        if (wanting >= 0) {
            refusals[wanting].increment();
        }
        return wanting < 0;
    }

    /** Charges one bucket, if it admits the charge: answers the word it decided on, or ABSENT if there is no room. */
    private long charge(Buckets<K> place, K key, int i, long permits, long now) {
        for (; ; ) {
            long word = place.update(key, i, TokenBucket::take, permits, now);
            // A newcomer brings what its neighbourhood owes, since part of that may be its own.
            if (word != TokenBucket.ABSENT || !store.insert(key, shared.debt(key, now), now)) {
                return word;
            }
        }
    }

    /**
     * Gives back what was charged before the bucket at {@code end} refused, which is not charged: update and admits judge
     * one word, and a word that is a time by the same reading.
     */
    private void undo(Buckets<K> place, K key, int end, long permits, long now) {
        for (int i = 0; i < end; i++) {
            place.update(key, i, TokenBucket::refund, permits, now);
        }
        if (end > 0) {
            undone.increment();
        }
    }

    /** What {@link #take} would answer. */
    Outcome look(K key, long permits, long now, long[] words) {
        Outcome outcome = lookAt(key, permits, now, words);
        return permits > mostPermits ? Outcome.DENIED : outcome; // whatever place was looked at
    }

    private Outcome lookAt(K key, long permits, long now, long[] words) {
        Buckets<K> place = store;
        long[] debt = null;
        if (isAbsent(key)) {
            if (store.hasRoom(key, now)) {
                debt = shared.debt(key, now);
            } else if (overflow == Overflow.SHARE) {
                place = shared;
            } else {
                return overflowUnaccounted(words);
            }
        }
        boolean all = true;
        for (int i = 0; i < buckets.length; i++) {
            words[i] = debt == null ? place.read(key, i) : debt[i];
            all &= buckets[i].admits(words[i], permits, now);
        }
        return place == shared ? overflow(all) : all ? Outcome.ALLOWED : Outcome.DENIED;
    }

    private Outcome overflowUnaccounted(long @Nullable [] words) {
        if (words != null) {
            Arrays.fill(words, TokenBucket.NEW);
        }
        return overflow(overflow == Overflow.ALLOW);
    }

    private static Outcome overflow(boolean allowed) {
        return allowed ? Outcome.OVERFLOW_ALLOWED : Outcome.OVERFLOW_DENIED;
    }

    /** What the words say, after they were charged or as they are. Counts calls that left a key near a limit. */
    Decision explain(Outcome outcome, boolean taken, long[] words, long permits, long now) {
        if (outcome == Outcome.OVERFLOW_DENIED && overflow == Overflow.DENY) {
            return Decision.denied(null, true, List.of());
        }
        boolean admissible = permits <= mostPermits;
        LimitStatus[] statuses = new LimitStatus[buckets.length];
        long wait = 0;
        boolean near = false;
        for (int i = 0; i < buckets.length; i++) {
            TokenBucket bucket = buckets[i];
            wait = admissible ? Math.max(wait, bucket.nanosUntil(permits, words[i], now)) : wait;
            long word = taken ? bucket.take(words[i], permits, now) : words[i];
            long remaining = bucket.available(word, now);
            near |= remaining <= bucket.capacity() / 5;
            statuses[limits.indexOf(bucket.limit())] = new LimitStatus(
                    bucket.limit(),
                    remaining,
                    !bucket.admits(words[i], permits, now),
                    Duration.ofNanos(bucket.nanosUntilNext(word, now)),
                    Duration.ofNanos(bucket.nanosUntilFull(word, now)));
        }
        if (taken && near) {
            nearLimit.increment();
        }
        List<LimitStatus> list = List.of(statuses);
        if (outcome.allowed) {
            return Decision.allowed(outcome.overflow, list);
        }
        return admissible
                ? Decision.denied(Duration.ofNanos(wait), outcome.overflow, list)
                : Decision.neverAdmissible(outcome.overflow, list);
    }

    /** Gives permits back to whoever was charged: a key without buckets or room for some was charged with others. */
    void refund(K key, long permits, long now) {
        boolean sharing = overflow == Overflow.SHARE && isAbsent(key) && !store.hasRoom(key, now);
        Buckets<K> place = sharing ? shared : store;
        for (int i = 0; i < buckets.length; i++) {
            place.update(key, i, TokenBucket::refund, permits, now);
        }
    }

    /** Fills the key's own buckets. */
    void reset(K key, long now) {
        for (int i = 0; i < buckets.length; i++) {
            store.update(key, i, TokenBucket::reset, 0, now);
        }
    }

    private boolean isAbsent(K key) {
        return store.read(key, 0) == TokenBucket.ABSENT;
    }

    long nearLimit() {
        return nearLimit.sum();
    }

    long undone() {
        return undone.sum();
    }

    /** Counts a call that no bucket can hold enough permits for. */
    private void refused(long permits) {
        for (int i = 0; i < buckets.length; i++) {
            if (buckets[i].capacity() < permits) {
                refusals[i].increment();
                return;
            }
        }
    }

    /** How many calls were denied: each by one bucket, or by the overflow rule alone. */
    long denied() {
        return Arrays.stream(refusals).mapToLong(LongAdder::sum).sum() + turnedAway();
    }

    long turnedAway() {
        return turnedAway.sum();
    }

    /** How many calls a bucket has refused. */
    long refusals(int bucket) {
        return refusals[bucket].sum();
    }
}
