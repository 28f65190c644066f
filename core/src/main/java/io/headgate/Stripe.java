package io.headgate;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** What the slots of one stripe of an {@link AddressTable} have in common. */
final class Stripe {

    /** What an object of this class and those it holds occupy, and the reference to it, in the usual layout of a 64-bit JVM. */
    static final long BYTES = 40 + 16 + 32 + 32 + 24 + 16 + 4;

    /** Held by whoever gives a slot of the stripe to a key or takes it back. */
    final ReentrantLock lock = new ReentrantLock();

    final Floor floor;

    /** Slots that have a key. Written with the lock held, read by anybody. */
    final AtomicInteger live = new AtomicInteger();
    /** Where the next newcomer without room looks for a full bucket: a group, modulo those of a stripe. Guarded by the lock. */
    int hand;
    /** How many NEW words were given out. Guarded by the lock. */
    private long newWords;

    Stripe(Floor floor) {
        this.floor = floor;
    }

    /** A word for a bucket that begins full, such as none of this stripe has begun with for long. */
    long newWord() {
        return TokenBucket.newWord(newWords++);
    }
}
