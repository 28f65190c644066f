package io.headgate;

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
final class AddressTable implements BucketStore<ClientAddress> {

    /*
     * A slot is a key word and one state word per limit:
     *
     *   FREE     key 0
     *   claimed  key 0, state words being written
     *   LIVE     key k, first state word NEW or a time
     *   RETIRED  key k, first state word RETIRED, never to change while the key is k
     *   FREE     key 0 again
     *
     * Only the holder of the stripe's lock takes a slot from one of these states to the next; anybody may move the state
     * words of a LIVE slot by CAS. A claim writes the state words, then the key, all in release mode; an eviction sees
     * that all words are full, raises the floor, retires the first word by CAS, then writes key 0 in release mode. That
     * the first word is enough is explained in MapStore, and so is the floor.
     *
     * The time in which a slot has one key is a tenancy. No word that a slot has in one tenancy occurs in a later one:
     *   - a NEW word differs from the last 2^15 given out in its stripe;
     *   - a charge moves a word on, so an evicted slot's words were at most e, the reading at which they were full; what
     *     a later tenant owes is counted from the floor, which is at least e, and is later by the charge;
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
    private static final int ABSENT = -1;

    private static final VarHandle REACH = MethodHandles.arrayElementVarHandle(char[].class);

    private final NetworkWords networks;
    private final TokenBucket[] buckets;
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

    AddressTable(NetworkWords networks, TokenBucket[] buckets, long maxKeys, RandomGenerator random) {
        this.networks = networks;
        this.buckets = buckets;
        this.maxKeys = maxKeys;
        int enough = (int) Math.ceil(maxKeys * SLOTS_PER_KEY / Slots.GROUP);
        stripeBits = Math.min(MOST_STRIPE_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(enough - 1));
        stripes = new Stripe[((enough - 1) >>> stripeBits) + 1];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe();
        }
        slots = new Slots(stripes.length << stripeBits, buckets.length);
        reach = new char[slots.groups()];
        homes = new HomeHash(slots.groups(), random);
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
        return ABSENT;
    }

    private boolean isIn(int group, long key) {
        long[] words = slots.words(group);
        return Slots.wordOpaque(words, slots.keyIndex(words, group, key)) == key;
    }

    @Override
    public long read(ClientAddress address, int limit) {
        return update(address, limit, (bucket, word, permits, now) -> word, 0, 0);
    }

    @Override
    public long update(ClientAddress address, int limit, TokenBucket.Step step, long permits, long now) {
        long key = networks.of(address);
        int home = home(key);
        long[] words = slots.words(home);
        int index = slots.keyIndex(words, home, key);
        if (Slots.wordOpaque(words, index) != key) {
            int group = findFurther(home, key);
            if (group == ABSENT) {
                return TokenBucket.ABSENT;
            }
            words = slots.words(group);
            index = slots.keyIndex(words, group, key);
        }
        int state = Slots.stateIndex(index, limit);
        TokenBucket bucket = buckets[limit];
        for (; ; Thread.onSpinWait()) {
            long word = Slots.wordAcquire(words, state);
            if (word == TokenBucket.RETIRED || Slots.wordAcquire(words, index) != key) {
                return TokenBucket.ABSENT; // whoever retired it has the lock that the newcomer will wait for
            }
            boolean isNew = word < TokenBucket.FIRST_TIME;
            long next =
                    step.next(bucket, word, permits, isNew ? stripe(home).floor.notBefore(now) : now);
            if (next == word) {
                if (Slots.wordAcquire(words, state) == word) {
                    return word;
                }
            } else if (Slots.compareAndSetWord(words, state, word, next)) {
                if (next - word < 0 && !isNew) {
                    stripe(home).movedBack();
                }
                return word;
            }
        }
    }

    @Override
    public boolean insert(ClientAddress address, long @Nullable [] debt, long now) {
        long key = networks.of(address);
        int home = home(key);
        Stripe stripe = stripe(home);
        if (places.get() >= maxKeys && !stripe.mayHaveFull(buckets[0], now)) {
            return find(home, key) != ABSENT; // another thread may have found room for it
        }
        stripe.lock.lock();
        try {
            if (find(home, key) != ABSENT) { // double-check
                return true;
            }
            if (!reserve(stripe, home, now)) {
                return false;
            }
            claim(stripe, home, key, debt, now);
            return true;
        } finally {
            stripe.lock.unlock();
        }
    }

    /** Raises the number of places by one, if there is room for one key more. Needs the lock. */
    private boolean reserve(Stripe stripe, int home, long now) {
        for (; ; ) {
            long taken = places.get();
            if (taken < maxKeys && hasFreeSlot(stripe)) {
                if (places.compareAndSet(taken, taken + 1)) {
                    return true;
                }
            } else if (!reclaim(stripe, home, now)) {
                return false;
            }
        }
    }

    private boolean hasFreeSlot(Stripe stripe) {
        return stripe.live.get() < slotsPerStripe();
    }

    /** Gives the key the first free slot from its home on, of which there is one. Needs the lock. */
    private void claim(Stripe stripe, int home, long key, long @Nullable [] debt, long now) {
        int distance = 0;
        int slot = slots.findFree(home);
        while (slot == ABSENT) {
            slot = slots.findFree(further(home, ++distance));
        }
        stripe.live.incrementAndGet();
        if (distance > reach[home]) {
            REACH.setOpaque(reach, home, (char) distance);
        }
        long asOf = stripe.floor.notBefore(now);
        long newWord = stripe.newWord();
        for (int i = buckets.length - 1; i >= 0; i--) {
            long word = newWord;
            if (debt != null && !buckets[i].isFull(debt[i], asOf)) {
                word = debt[i];
            }
            slots.setStateRelease(slot, i, word);
        }
        long first = slots.stateAcquire(slot, 0);
        stripe.add(first == newWord ? buckets[0].take(newWord, 1, asOf) : first);
        slots.setKeyRelease(slot, key);
    }

    @Override
    public boolean hasRoom(ClientAddress address, long now) {
        int home = home(networks.of(address));
        Stripe stripe = stripe(home);
        if (places.get() < maxKeys && hasFreeSlot(stripe)) {
            return true;
        }
        stripe.lock.lock();
        try {
            return reclaim(stripe, home, now);
        } finally {
            stripe.lock.unlock();
        }
    }

    /** Evicts what is full in the stripe: a bounded piece of work, and none while nothing can be. Needs the lock. */
    private boolean reclaim(Stripe stripe, int home, long now) {
        if (!stripe.mayHaveFull(buckets[0], now)) {
            return false;
        }
        stripe.beginCount();
        long earliest = TokenBucket.ABSENT;
        int count = 0;
        int first = home >>> stripeBits << stripeBits;
        for (int slot = first * Slots.GROUP, end = slot + slotsPerStripe(); slot < end; slot++) {
            if (evict(stripe, slot, now)) {
                count++;
            } else if (slots.keyAcquire(slot) != Slots.FREE) {
                long word = slots.stateAcquire(slot, 0);
                earliest = earliest == TokenBucket.ABSENT ? word : Stripe.earlier(earliest, word);
            }
        }
        stripe.endCount(earliest);
        forgot(stripe, count);
        return count > 0;
    }

    /** Frees a slot if its buckets are full. Needs the lock, and {@link #forgot} to be told. */
    private boolean evict(Stripe stripe, int slot, long now) {
        long key = slots.keyAcquire(slot);
        if (key == Slots.FREE) {
            return false;
        }
        long first = slots.stateAcquire(slot, 0);
        for (int i = 0; i < buckets.length; i++) {
            if (!buckets[i].isFull(i == 0 ? first : slots.stateAcquire(slot, i), now)) {
                return false;
            }
        }
        stripe.floor.raise(now);
        if (!slots.compareAndSetState(slot, 0, first, TokenBucket.RETIRED)) {
            return false; // charged in the meantime
        }
        slots.setKeyRelease(slot, Slots.FREE);
        shortenReach(home(key), slot / Slots.GROUP);
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

    private void forgot(Stripe stripe, int count) {
        if (count > 0) {
            stripe.live.addAndGet(-count);
            places.addAndGet(-count);
            evicted.add(count);
        }
    }

    /** In the order of memory; each piece is in one stripe. */
    @Override
    public Pass pass() {
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
                return evictAll(from, to, now);
            }
        };
    }

    /** The first group of the first stripe from this one on in which any slot has a key. */
    private int skipEmpty(int group) {
        int next = group;
        while (next < slots.groups() && stripe(next).live.get() == 0) {
            next += groupsPerStripe();
        }
        return next;
    }

    /** Evicts what is full in some groups of one stripe. */
    private int evictAll(int from, int to, long now) {
        Stripe stripe = stripe(from);
        stripe.lock.lock();
        try {
            int count = 0;
            for (int slot = from * Slots.GROUP; slot < to * Slots.GROUP; slot++) {
                count += evict(stripe, slot, now) ? 1 : 0;
            }
            forgot(stripe, count);
            return count;
        } finally {
            stripe.lock.unlock();
        }
    }

    @Override
    public long size() {
        return places.get();
    }

    @Override
    public long evicted() {
        return evicted.sum();
    }

    @Override
    public long memoryBytes() {
        return OVERHEAD + slots.memoryBytes() + (long) Character.BYTES * reach.length + stripes.length * Stripe.BYTES;
    }
}
