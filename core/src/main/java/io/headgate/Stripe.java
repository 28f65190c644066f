package io.headgate;

/**
 * What the slots of one stripe of an {@link AddressTable} have in common. Its monitor is held by whoever gives a slot of
 * the stripe to a key or takes it back.
 */
final class Stripe {

    /** What an object of this class and those it holds occupy, and the reference to it, in the usual layout of a 64-bit JVM. */
    static final long BYTES = 32 + 32 + 24 + 4;

    final Floor floor;

    /** Slots that have a key. Written with the monitor held, read by anybody. */
    private volatile int live;
    /** Where the next newcomer without room looks for a full bucket: a group, modulo those of a stripe. Guarded by the monitor. */
    int hand;
    /** How many NEW words were given out. Guarded by the monitor. */
    private long newWords;

    Stripe(Floor floor) {
        this.floor = floor;
    }

    int live() {
        return live;
    }

    /** Counts slots that were given to keys or, if less than zero, taken back. */
    synchronized void count(int more) {
        live += more;
    }

    /** A word for a bucket that begins full, such as none of this stripe has begun with for long. */
    long newWord() {
        return TokenBucket.newWord(newWords++);
    }
}
