package io.headgate;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** What the slots of one stripe of an {@link AddressTable} have in common. */
final class Stripe {

    /*
     * earliest is a word of the first limit: no charged bucket of the stripe is full before that one would be. It spares
     * a newcomer at the cap the search for a full bucket while there is none. Whoever moves a word back says that it is
     * no longer known, after the move; a search says that it counts before it reads the first word, and sets the result
     * only if that still stands. So either the search saw the move, or the mover has the last word.
     */

    /** What an object of this class and those it holds occupy, and the reference to it, in the usual layout of a 64-bit JVM. */
    static final long BYTES = 40 + 16 + 32 + 16 + 2 * 24 + 16 + 4;

    private static final long UNKNOWN = TokenBucket.NEW;
    private static final long COUNTING = TokenBucket.RETIRED;

    /** Held by whoever gives a slot of the stripe to a key or takes it back. */
    final ReentrantLock lock = new ReentrantLock();

    final Floor floor = new Floor();
    private final AtomicLong earliest = new AtomicLong(UNKNOWN);

    /** Slots that have a key. Written with the lock held, read by anybody. */
    final AtomicInteger live = new AtomicInteger();
    /** How many times a slot was given to a key. Guarded by the lock. */
    private long claims;

    /** A word for a bucket that begins full, such as none of this stripe has begun with for long. */
    long newWord() {
        return TokenBucket.newWord(claims++);
    }

    /** Whether any bucket may be full, but for those that nobody has charged yet. */
    boolean mayHaveFull(TokenBucket bucket, long now) {
        return bucket.isFull(earliest.get(), now);
    }

    void movedBack() {
        earliest.set(UNKNOWN);
    }

    void beginCount() {
        earliest.set(COUNTING);
    }

    void endCount(long word) {
        earliest.compareAndSet(COUNTING, word);
    }

    /** The word of a newcomer will be this one or a later one. */
    void add(long word) {
        for (long old = earliest.get(); isTime(old) && word - old < 0; old = earliest.get()) {
            if (earliest.compareAndSet(old, word)) {
                return;
            }
        }
    }

    private static boolean isTime(long word) {
        return word >= TokenBucket.FIRST_TIME;
    }

    /** The earlier of two words; one that is no time makes the result unknown. */
    static long earlier(long word, long other) {
        return !isTime(word) || !isTime(other) ? UNKNOWN : word - other < 0 ? word : other;
    }
}
