package io.headgate;

import io.headgate.internal.StackProbe;
import io.headgate.net.ClientAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of clients that are told apart by a network of at most 64 bits: words in flat arrays of a fixed size, no object
 * per client. A decision about a known client takes no lock and touches one cache line.
 */
final class AddressTable extends BucketStore<ClientAddress> {

    /*
     * A slot is a key word and one state word per limit:
     *
     *   FREE     key 0
     *   claimed  key 0, state words being written
     *   LIVE     key k, first state word NEW or a time
     *   RETIRED  key k, state words becoming RETIRED, the first one first
     *   FREE     key 0 again; or LIVE again, if another state word was charged in the meantime
     *
     * Only the holder of the stripe's lock takes a slot from one of these states to the next; anybody may move the state
     * words of a LIVE slot by CAS. A claim writes the state words, all NEW, then the key, all in release mode. An eviction
     * sees that all words are full, raises the floor, retires the first word by CAS and then takes the others away, too;
     * only if they were still full it writes key 0, in release mode. The floor is explained in MapStore.
     *
     * The time in which a slot has one key is a tenancy. No word that a slot has in one tenancy occurs in a later one:
     *   - a NEW word differs from the last 2^15 given out in its stripe;
     *   - when a tenancy ends at reading e, all its words were at most e; a charge in the next one begins at the floor,
     *     which is at least e, or later, and moves the word on by an interval; an undo leaves a unit of that;
     *   - only a refund or a reset makes exceptions: it moves a word back, so that a later tenant may come by it again.
     * Hence whoever reads the state, then the key, and then finds the same state, by a CAS or by reading it, has done
     * all of it in one tenancy of that key. docs/concurrency.md, "Whose word is it", has the proof and the odds.
     *
     * A key's slot is in the first group from its home on, within the stripe and round its end, that had a free slot
     * when the key came; a key never moves. reach[home] tells how many groups further on any key of this home is, so a
     * search that does not find a key has looked at every slot that it may have, whatever was freed in between.
     *
     * In the order of the file: where keys are; the lock-free moves; claims; evictions; sizes.
     */

    /**
     * Slots per key, at most: chosen by measurement, see docs/decisions.md. With 99 % of maxKeys tracked the slots are
     * filled to 86 %, and one stripe of 4096 is full with a chance of 10^-19.
     */
    private static final double SLOTS_PER_KEY = 1.15;

    private static final int MOST_STRIPE_BITS = 10;
    private static final long OVERHEAD = 200;
    private static final int NOWHERE = -1;
    /** Groups that a newcomer searches for a full bucket, at most. */
    private static final int WITHIN_REACH = 4;

    /** Bytes: more than it takes to evict a key, all steps of which belong together. */
    private static final int STACK = 2048;

    private static final VarHandle REACH = MethodHandles.arrayElementVarHandle(char[].class);

    private final NetworkWords networks;
    /** What {@link Neighbours} are seeded with. */
    private final long neighbourSeed;

    private final long maxKeys;

    private final HomeHash homes;
    private final Slots slots;
    /** A stripe has 2^stripeBits groups. */
    private final int stripeBits;

    private final Stripe[] stripes;
    /** By group: how far beyond it its keys may be. Written with the stripe's lock held, read by anybody. */
    private final char[] reach;

    /** Keys that have a slot or are about to. Raised before a claim, by CAS below maxKeys; lowered after an eviction. */
    private final AtomicLong places = new AtomicLong();

    private final LongAdder evicted = new LongAdder();

    AddressTable(
            NetworkWords networks,
            TokenBucket[] buckets,
            Ticker ticker,
            @Nullable SharedBuckets<ClientAddress> shared,
            long neighbourSeed,
            long maxKeys,
            RandomGenerator random) {
        super(buckets, ticker, shared, Slots.GROUP);
        this.networks = networks;
        this.neighbourSeed = neighbourSeed;
        this.maxKeys = maxKeys;
        int enough = enoughGroups(maxKeys);
        stripeBits = stripeBits(enough);
        stripes = new Stripe[stripes(enough)];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe(newFloor());
        }
        slots = new Slots(stripes.length << stripeBits, buckets.length);
        reach = new char[slots.groups()];
        homes = new HomeHash(slots.groups(), random);
    }

    private static int enoughGroups(long maxKeys) {
        return (int) Math.ceil(maxKeys * SLOTS_PER_KEY / Slots.GROUP);
    }

    private static int stripeBits(int groups) {
        return Math.min(MOST_STRIPE_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(groups - 1));
    }

    private static int stripes(int groups) {
        return ((groups - 1) >>> stripeBits(groups)) + 1;
    }

    /** The group where a key is looked for first. */
    int home(long key) {
        return homes.of(key);
    }

    int groups() {
        return slots.groups();
    }

    private Stripe stripe(int group) {
        return stripes[group >>> stripeBits];
    }

    private int groupsPerStripe() {
        return 1 << stripeBits;
    }

    private int slotsPerStripe() {
        return Slots.GROUP << stripeBits;
    }

    /** The group that is so many groups further on in the stripe. */
    private int further(int group, int distance) {
        int last = groupsPerStripe() - 1;
        return (group & ~last) | ((group + distance) & last);
    }

    /** The group in which a key was found, from its home on, or -1. */
    private int find(int home, long key) {
        return isIn(home, key) ? home : findFurther(home, key);
    }

    private int findFurther(int home, long key) {
        int most = (char) REACH.getOpaque(reach, home);
        for (int distance = 1; distance <= most; distance++) {
            int group = further(home, distance);
            if (isIn(group, key)) {
                return group;
            }
        }
        return NOWHERE;
    }

    private boolean isIn(int group, long key) {
        long[] words = slots.words(group);
        return Slots.wordOpaque(words, slots.keyIndex(words, group, key)) == key;
    }

    @Override
    int apply(ClientAddress address, Operation operation, long permits, long now, long @Nullable [] words) {
        long key = networks.of(address);
        int home = home(key);
        long[] row = slots.words(home);
        int index = slots.keyIndex(row, home, key);
        if (Slots.wordOpaque(row, index) != key) {
            int group = findFurther(home, key);
            if (group == NOWHERE) {
                return ABSENT;
            }
            row = slots.words(group);
            index = slots.keyIndex(row, group, key);
        }
        int result = applyTo(row, index + Slots.GROUP, key, address, operation, permits, now, words);
        if (result != ABSENT) {
            return result;
        }
        Stripe stripe = stripe(home);
        synchronized (stripe) { // until the slot that was about to be freed is free, or not
            if (find(home, key) == NOWHERE) {
                return ABSENT;
            }
        }
        return apply(address, operation, permits, now, words);
    }

    @Override
    long asOf(ClientAddress address, long now) {
        return stripe(home(networks.of(address))).floor.notBefore(now);
    }

    @Override
    boolean insert(ClientAddress address, boolean mayEvict, long now) {
        long key = networks.of(address);
        int home = home(key);
        Stripe stripe = stripe(home);
        synchronized (stripe) {
            for (; ; ) {
                long taken = places.get();
                if (taken >= maxKeys || !hasFreeSlot(stripe)) {
                    if (!mayEvict || !reclaim(stripe, home, now)) {
                        stripe.hand += mayEvict ? WITHIN_REACH : 0;
                        return false;
                    }
                } else if (find(home, key) != NOWHERE) { // another thread has found room for it
                    return true;
                } else if (claim(stripe, home, key, taken)) {
                    return true;
                }
            }
        }
    }

    private boolean hasFreeSlot(Stripe stripe) {
        return stripe.live() < slotsPerStripe();
    }

    /**
     * Gives the key the first free slot from its home on, of which there is one, and the place after so many; answers
     * whether that was still free. Needs the lock.
     */
    private boolean claim(Stripe stripe, int home, long key, long taken) {
        int distance = 0;
        int slot = slots.findFree(home);
        while (slot == NOWHERE) {
            slot = slots.findFree(further(home, ++distance));
        }
        if (distance > reach[home]) {
            REACH.setOpaque(reach, home, (char) distance);
        }
        long newWord = stripe.newWord();
        for (int i = 0; i < buckets.length; i++) {
            slots.setStateRelease(slot, i, newWord);
        }
        // The place, the key and the count belong together: none of them takes more stack than the state words just
        // did.
        if (!places.compareAndSet(taken, taken + 1)) {
            return false;
        }
        slots.setKeyRelease(slot, key);
        stripe.count(1);
        return true;
    }

    @Override
    boolean hasRoom(ClientAddress address, long now) {
        int home = home(networks.of(address));
        Stripe stripe = stripe(home);
        if (places.get() < maxKeys && hasFreeSlot(stripe)) {
            return true;
        }
        synchronized (stripe) {
            return reclaim(stripe, home, now);
        }
    }

    /**
     * Evicts what is full in the first group from the hand on that has a full bucket: a bounded piece of work. The hand
     * moves on when a newcomer has been turned away, and not for who only asks: asking twice has one answer. Needs the
     * lock.
     */
    private boolean reclaim(Stripe stripe, int home, long now) {
        StackProbe.require(STACK);
        for (int i = 0; i < Math.min(WITHIN_REACH, groupsPerStripe()); i++) {
            int group = further(home & -groupsPerStripe(), stripe.hand + i);
            if (evictAll(stripe, group, group + 1, now) > 0) {
                stripe.hand += i;
                return true;
            }
        }
        return false;
    }

    /** Evicts what is full in some groups of a stripe: answers how many keys. Needs the lock. */
    private int evictAll(Stripe stripe, int from, int to, long now) {
        int count = 0;
        for (int group = from; group < to; group++) {
            long[] row = slots.words(group);
            int index = slots.stateIndex(group * Slots.GROUP);
            for (int i = 0; i < Slots.GROUP; i++) {
                long first = settled(row, index + i, buckets[0], now);
                if (buckets[0].isFull(first, now)
                        && evict(stripe, group * Slots.GROUP + i, row, index + i, first, now)) {
                    count++;
                }
            }
        }
        return count;
    }

    /** Frees a slot, the first word of which was seen to be full, if it has a key and all buckets are full. Needs the lock. */
    private boolean evict(Stripe stripe, int slot, long[] row, int index, long first, long now) {
        long key = slots.keyAcquire(slot);
        if (key == Slots.FREE || !isRestFull(row, index, now) || (isCharged(row, index) && isOwing(key, now))) {
            return false;
        }
        stripe.floor.raise(now);
        if (!compareAndSetWord(row, index, first, TokenBucket.RETIRED)) {
            return false; // charged in the meantime
        }
        if (!retireRest(stripe, row, index, now)) {
            return false;
        }
        slots.setKeyRelease(slot, Slots.FREE);
        shortenReach(home(key), slot / Slots.GROUP);
        stripe.count(-1);
        places.decrementAndGet();
        evicted.increment();
        return true;
    }

    /** Whether any word is a time: one that is NEW will owe what the cell says whether it is forgotten or not. */
    private boolean isCharged(long[] row, int first) {
        for (int i = 0; i < buckets.length; i++) {
            if (word(row, first + i * Slots.GROUP) >= TokenBucket.FIRST_TIME) {
                return true;
            }
        }
        return false;
    }

    private boolean isRestFull(long[] row, int first, long now) {
        for (int i = 1; i < buckets.length; i++) {
            if (!buckets[i].isFull(settled(row, first + i * Slots.GROUP, buckets[i], now), now)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes all words but the first away from whoever would charge them. If one was charged since it was seen to be full,
     * by a call that had charged the first word before, the slot stays: with that word, and NEW ones for those that were
     * full, the first one last. Needs the lock.
     */
    private boolean retireRest(Stripe stripe, long[] row, int first, long now) {
        for (int i = 1; i < buckets.length; i++) {
            int index = first + i * Slots.GROUP;
            long word = Slots.exchangeWord(row, index, TokenBucket.RETIRED);
            if (!buckets[i].isFull(word, now)) {
                Slots.setWordRelease(row, index, word);
                long newWord = stripe.newWord();
                for (int full = i - 1; full >= 0; full--) {
                    Slots.setWordRelease(row, first + full * Slots.GROUP, newWord);
                }
                return false;
            }
        }
        return true;
    }

    /** After a key of this home has left this group. */
    private void shortenReach(int home, int group) {
        int distance = (group - home) & (groupsPerStripe() - 1);
        if (distance == reach[home]) {
            while (distance > 0 && !isHomeOfAny(home, further(home, distance))) {
                distance--;
            }
            REACH.setOpaque(reach, home, (char) distance);
        }
    }

    private boolean isHomeOfAny(int home, int group) {
        for (int slot = group * Slots.GROUP, end = slot + Slots.GROUP; slot < end; slot++) {
            long key = slots.keyAcquire(slot);
            if (key != Slots.FREE && home(key) == home) {
                return true;
            }
        }
        return false;
    }

    /** Whether the key would begin with a debt, if it was forgotten and came back. */
    private boolean isOwing(long key, long now) {
        return shared != null && shared.isUsed() && shared.isOwing(Neighbours.ofNetwork(key, neighbourSeed), now);
    }

    /** In the order of memory; each piece is in one stripe. */
    @Override
    Pass pass() {
        return new Pass() {

            /** A group. */
            private int next = skipEmpty(0);

            @Override
            public boolean hasNext() {
                return next < slots.groups();
            }

            @Override
            public int evict(long now, int most) {
                int from = next;
                int end = (from | (groupsPerStripe() - 1)) + 1;
                int to = Math.min(end, from + Math.max(1, most / Slots.GROUP));
                next = to < end ? to : skipEmpty(to);
                Stripe stripe = stripe(from);
                StackProbe.require(STACK);
                synchronized (stripe) {
                    return evictAll(stripe, from, to, now);
                }
            }

            @Override
            public void rest() {
                // It keeps nothing but a number.
            }
        };
    }

    /** The first group of the first stripe from this one on in which any slot has a key. */
    private int skipEmpty(int group) {
        int next = group;
        while (next < slots.groups() && stripe(next).live() == 0) {
            next += groupsPerStripe();
        }
        return next;
    }

    @Override
    long size() {
        return places.get();
    }

    @Override
    long evicted() {
        return evicted.sum();
    }

    @Override
    long memoryBytes() {
        return memoryBytes(maxKeys, buckets.length);
    }

    /** The same of a table that is yet to be made. */
    static long memoryBytes(long maxKeys, int limits) {
        int enough = enoughGroups(maxKeys);
        int stripes = stripes(enough);
        int groups = stripes << stripeBits(enough);
        return OVERHEAD + Slots.memoryBytes(groups, limits) + (long) Character.BYTES * groups + stripes * Stripe.BYTES;
    }
}
