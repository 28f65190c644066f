package io.headgate;

import io.headgate.internal.StackProbe;
import io.headgate.net.ClientAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of clients that are told apart by a network of at most 64 bits: keys and states in flat arrays, no object per
 * client. The arrays grow and shrink with the number of clients. A decision about a known client takes no lock and
 * touches one or two cache lines. Not final, so that a test can count the calls that met a move.
 */
class AddressTable extends BucketStore<ClientAddress> {

    /*
     * A slot is a key and one state per limit:
     *
     *   FREE     key 0
     *   claimed  key 0, states being written
     *   LIVE     key k, first state NEW or a time
     *   RETIRED  key k, states becoming RETIRED, the first one first
     *   FREE     key 0 again; or LIVE again, if another state was charged in the meantime
     *   MOVED    key k, states becoming MOVED: the row goes to another slot, in the successor of this part
     *
     * Only the holder of the part's lock takes a slot from one of these to the next. Any thread may move the states of
     * a LIVE slot by CAS. A claim writes the states, all NEW, then the key, all in release mode. An eviction sees that
     * all states are full, raises the watermark, retires the first state by CAS and then the others, too. Only if those
     * were still full it writes key 0, in release mode. MapStore explains the watermark, Moves a move.
     *
     * The time in which a slot has one key is a generation. No state of one generation occurs in a later one of the
     * slot:
     * - A NEW state differs from the last 2^15 given out in its part and in the parts that it succeeded.
     * - When a generation ends at reading e, all its states are at most e. A charge in the next one counts from the
     *   watermark, which is at least e, or later, and moves the state on by an interval; an undo leaves a unit of that.
     * - Only a refund or a reset is an exception: it moves a state back, so that a later generation may reach it again.
     *
     * Hence a thread that reads a state, then the key, and then finds the same state, by a CAS or by reading it, has
     * done all of it in one generation of that key. docs/concurrency.md, "Whose state is it", has the proof and the
     * odds.
     *
     * A key is in the first group from its home on, within the part and round its end, that had a free slot when the
     * key came. While the part stays, the key does. The probe distance of a home tells how many groups further on any
     * key of this home is. So a search that does not find a key has looked at every slot that the key may have,
     * whatever was freed meanwhile.
     *
     * Order of this file: the lock-free operations; claims; evictions; sweeps; sizes.
     */

    private static final long OVERHEAD = 400;
    /** How many groups a newcomer without room searches for full buckets, at most. */
    private static final int CANDIDATE_GROUPS = 4;
    /** A crowded part does not grow if this fraction of it, one in eight, can be evicted. */
    private static final int WORTHWHILE = 8;
    /**
     * Nanoseconds. To avoid growth, a key is evicted only if it has been full for so long: then its client does not
     * come often.
     */
    private static final long QUIET = TimeUnit.SECONDS.toNanos(1);
    /** How often a call looks for a row that is moving before it waits for the end of the move. */
    private static final int MOST_LOOKS = 200;

    /** Bytes of stack: more than an eviction takes, all steps of which belong together. */
    private static final int STACK = 2048;

    private final NetworkKeys networks;
    /** The seed of the {@link Neighbours}. */
    private final long neighbourSeed;

    private final long maxKeys;

    private final HomeHash homes;
    private final Slots slots;
    private final Directory directory;

    private final PartSizes sizes;
    private final Moves moves;
    private final EvictionWatermark watermark;

    /**
     * Keys that have a slot or are about to get one. Raised before a claim, by CAS below maxKeys; lowered after an
     * eviction.
     */
    private final AtomicLong reserved = new AtomicLong();

    private final LongAdder evicted = new LongAdder();

    AddressTable(
            String limiter,
            NetworkKeys networks,
            TokenBucket[] buckets,
            Ticker ticker,
            @Nullable SharedBuckets<ClientAddress> shared,
            long neighbourSeed,
            long maxKeys,
            PartSizes sizes,
            RandomGenerator random) {
        super(limiter, buckets, ticker, shared, Slots.GROUP);
        this.networks = networks;
        this.neighbourSeed = neighbourSeed;
        this.maxKeys = maxKeys;
        this.sizes = sizes;
        homes = new HomeHash(sizes.deepest(), random);
        slots = new Slots(buckets.length);
        directory = new Directory(buckets.length, new Part(0, 0, slots.make(1)));
        moves = new Moves(sizes, slots, buckets.length, homes, directory);
        watermark = newWatermark();
    }

    private int find(long[] rows, long hash, long key) {
        return slots.find(rows, homes.home(hash, directory.groups(rows)), key);
    }

    @Override
    int apply(ClientAddress address, Operation operation, long permits, long now, long @Nullable [] states) {
        long key = networks.of(address);
        long hash = homes.of(key);
        long[] rows = directory.rows(hash);
        int slot = find(rows, hash, key);
        if (slot == Slots.NOWHERE) {
            return ABSENT;
        }
        return applyTo(rows, Slots.firstState(slot), key, address, operation, permits, now, states);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Either the row has moved, or is moving: then the successor of the part has the key with all its states, or has
     * not yet. Or the row was about to be evicted: then it is gone, or it stays, with what this call has charged.
     */
    @Override
    int follow(
            long[] left,
            ClientAddress address,
            Operation operation,
            int done,
            long permits,
            long now,
            long @Nullable [] states) {
        long key = networks.of(address);
        long hash = homes.of(key);
        boolean stays = false;
        for (int looks = 1; ; looks++) {
            Part part = directory.part(hash);
            long[] rows = part.successor(hash).rows;
            int slot = rows == left && !stays ? Slots.NOWHERE : find(rows, hash, key);
            if (slot != Slots.NOWHERE) {
                return applyRest(rows, Slots.firstState(slot), key, address, operation, done, permits, now, states);
            }
            if (rows == part.rows || looks % MOST_LOOKS == 0) {
                synchronized (part) { // waits until the rows have moved, or the eviction has ended
                    if (!part.isReplaced() && find(part.rows, hash, key) == Slots.NOWHERE) {
                        return ABSENT;
                    }
                }
                stays = true;
            }
            Thread.onSpinWait();
        }
    }

    @Override
    long asOf(ClientAddress address, long now) {
        return watermark.notBefore(now);
    }

    @Override
    boolean insert(ClientAddress address, boolean mayEvict, long now) {
        long key = networks.of(address);
        long hash = homes.of(key);
        try {
            for (; ; ) {
                Part part = directory.part(hash);
                synchronized (part) {
                    if (part.isReplaced()) {
                        continue;
                    }
                    if (find(part.rows, hash, key) != Slots.NOWHERE) { // another thread has found room for it
                        return true;
                    }
                    if (!makesWay(part, mayEvict, now)) {
                        return insertInto(part, hash, key, mayEvict, now);
                    }
                }
            }
        } finally {
            growth.warn();
        }
    }

    /**
     * Lets a crowded part grow, or evicts what is full there and lets it get smaller. Answers whether other parts have
     * replaced it. Needs the lock.
     */
    private boolean makesWay(Part part, boolean mayEvict, long now) {
        if (reserved.get() >= maxKeys || !sizes.isCrowded(part) || growth.isPaused(now)) {
            return false;
        }
        StackProbe.require(STACK);
        int freed = mayEvict ? evictAll(part, 0, part.groups(), now, now - QUIET) : 0;
        try {
            if (freed * WORTHWHILE >= part.slots()) {
                return moves.fit(part);
            }
            moves.grow(part);
            return true;
        } catch (OutOfMemoryError e) {
            growth.failed(e, now);
            return false;
        }
    }

    private boolean insertInto(Part part, long hash, long key, boolean mayEvict, long now) {
        for (; ; ) {
            long taken = reserved.get();
            if (hasFreeSlot(part, taken)) {
                if (claim(part, hash, key, taken)) {
                    return true;
                }
            } else if (!mayEvict || !evictCandidates(part, now)) {
                part.hand += mayEvict ? CANDIDATE_GROUPS : 0;
                return false;
            }
        }
    }

    private boolean hasFreeSlot(Part part, long taken) {
        return taken < maxKeys && part.live() < part.slots();
    }

    /**
     * Reserves room for one key more than {@code taken} and gives the key a slot. Answers whether there still was room.
     * Needs the lock.
     */
    private boolean claim(Part part, long hash, long key, long taken) {
        int slot = slots.slotFor(part.rows, homes.home(hash, part.groups()));
        long newState = part.newState();
        for (int i = 0; i < buckets.length; i++) {
            Slots.setRelease(part.rows, Slots.firstState(slot) + i * Slots.GROUP, newState);
        }
        // The reservation, the key and the count belong together: none of them takes more stack than the states just
        // did.
        if (!reserved.compareAndSet(taken, taken + 1)) {
            return false;
        }
        Slots.setRelease(part.rows, slot, key);
        part.count(1);
        return true;
    }

    @Override
    boolean hasRoom(ClientAddress address, long now) {
        long hash = homes.of(networks.of(address));
        for (; ; ) {
            Part part = directory.part(hash);
            synchronized (part) {
                if (!part.isReplaced() && (hasFreeSlot(part, reserved.get()) || !makesWay(part, true, now))) {
                    return hasFreeSlot(part, reserved.get()) || evictCandidates(part, now);
                }
            }
        }
    }

    /**
     * Evicts what is full in the first group, from the hand on, that has a full bucket: a bounded piece of work. The
     * hand moves on when a newcomer finds no room, and not when a caller only asks, since asking twice has one answer.
     * Needs the lock.
     */
    private boolean evictCandidates(Part part, long now) {
        StackProbe.require(STACK);
        for (int i = 0; i < Math.min(CANDIDATE_GROUPS, part.groups()); i++) {
            int group = Math.floorMod(part.hand + i, part.groups());
            if (evictAll(part, group, group + 1, now, now) > 0) {
                part.hand += i;
                return true;
            }
        }
        return false;
    }

    /**
     * Evicts, in some groups of a part, the keys that are full now and whose first bucket was full at {@code since}.
     * Answers how many. Needs the lock.
     */
    private int evictAll(Part part, int from, int to, long now, long since) {
        int count = 0;
        for (int group = from; group < to; group++) {
            int first = slots.first(group);
            for (int slot = first; slot < first + Slots.GROUP; slot++) {
                long state = settled(part.rows, Slots.firstState(slot), buckets[0], now);
                if (buckets[0].isFull(state, since) && evict(part, group, slot, state, now)) {
                    count++;
                }
            }
        }
        return count;
    }

    /** Frees a slot whose first state was full, if it has a key and all buckets are full. Needs the lock. */
    private boolean evict(Part part, int group, int slot, long first, long now) {
        long key = Slots.key(part.rows, slot);
        int index = Slots.firstState(slot);
        if (key == Slots.FREE
                || !isRestFull(part.rows, index, now)
                || (isCharged(part.rows, index) && isOwing(key, now))) {
            return false;
        }
        watermark.raise(now);
        if (!compareAndSetState(part.rows, index, first, TokenBucket.RETIRED)) {
            return false; // charged in the meantime
        }
        if (!retireRest(part, index, now)) {
            return false;
        }
        Slots.setRelease(part.rows, slot, Slots.FREE);
        shortenProbeDistance(part, homes.home(homes.of(key), part.groups()), group);
        part.count(-1);
        reserved.decrementAndGet();
        evicted.increment();
        return true;
    }

    /**
     * Whether any state is a time. While all are NEW, the key owes what its cell says, whether it is evicted or not.
     */
    private boolean isCharged(long[] row, int first) {
        for (int i = 0; i < buckets.length; i++) {
            if (state(row, first + i * Slots.GROUP) >= TokenBucket.FIRST_TIME) {
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
     * Retires all states but the first. If one was charged after it was seen to be full, by a call that had charged the
     * first state before, the slot stays: it keeps that state, and gets NEW ones for those that were full, the first
     * one last. Needs the lock.
     */
    private boolean retireRest(Part part, int first, long now) {
        long[] row = part.rows;
        for (int i = 1; i < buckets.length; i++) {
            int index = first + i * Slots.GROUP;
            long state = Slots.exchange(row, index, TokenBucket.RETIRED);
            if (!buckets[i].isFull(state, now)) {
                Slots.setRelease(row, index, state);
                long newState = part.newState();
                for (int full = i - 1; full >= 0; full--) {
                    Slots.setRelease(row, first + full * Slots.GROUP, newState);
                }
                return false;
            }
        }
        return true;
    }

    /** Called after a key of this home has left this group. */
    private void shortenProbeDistance(Part part, int home, int group) {
        int groups = part.groups();
        int distance = Math.floorMod(group - home, groups);
        if (distance == slots.probeDistance(part.rows, home)) {
            while (distance > 0 && !isHomeOfAny(part, home, Slots.further(home, distance, groups))) {
                distance--;
            }
            slots.setProbeDistance(part.rows, home, distance);
        }
    }

    private boolean isHomeOfAny(Part part, int home, int group) {
        int first = slots.first(group);
        for (int slot = first; slot < first + Slots.GROUP; slot++) {
            long key = Slots.key(part.rows, slot);
            if (key != Slots.FREE && homes.home(homes.of(key), part.groups()) == home) {
                return true;
            }
        }
        return false;
    }

    /** Whether the key would begin with a debt, if it was evicted and came back. */
    private boolean isOwing(long key, long now) {
        return shared != null && shared.isUsed() && shared.isOwing(Neighbours.ofNetwork(key, neighbourSeed), now);
    }

    @Override
    SweepCursor sweepCursor() {
        return new TableCursor();
    }

    /**
     * Goes in the order of hashes, so that no move takes a key from before the cursor to behind it. Each piece is in
     * one part. Keeps numbers only.
     */
    private final class TableCursor implements SweepCursor {

        private static final long END = 1L << Integer.SIZE;
        /** A part that could be so much smaller is made smaller before the sweep reaches its end. */
        private static final int SPARSE = 4;

        /** The first bits of a hash: the least that was not reached yet, or any in the part that the cursor is in. */
        private long next;
        /** Groups of that part that are done. Valid while it has {@link #groups} groups. */
        private int behind;

        private int groups;

        @Override
        public boolean hasNext() {
            return next < END;
        }

        @Override
        public int evict(long now, int most) {
            StackProbe.require(STACK);
            Part part = directory.part(next << Integer.SIZE);
            int count;
            synchronized (part) {
                if (part.isReplaced()) {
                    return 0;
                }
                int from = part.groups() == groups ? behind : 0;
                int to = Math.min(part.groups(), from + Math.max(1, most / Slots.GROUP));
                count = part.live() == 0 ? 0 : evictAll(part, from, to, now, now);
                groups = part.groups();
                behind = to;
                if (part.live() == 0 || to == groups) {
                    next = (Part.firstHash(part.depth, part.prefix) >>> Integer.SIZE) + (END >>> part.depth);
                } else if (sizes.fitting(part.live()) * SPARSE > groups || growth.isPaused(now)) {
                    return count;
                }
            }
            groups = 0;
            shrink(part, now);
            return count;
        }

        private void shrink(Part part, long now) {
            try {
                moves.shrink(part);
            } catch (OutOfMemoryError e) {
                growth.failed(e, now); // the part stays as large as it is until the next sweep
            }
            if (!hasNext()) {
                growth.resume();
            }
        }

        @Override
        public void rest() {
            // It keeps numbers only.
        }
    }

    @Override
    long size() {
        return reserved.get();
    }

    @Override
    long evicted() {
        return evicted.sum();
    }

    @Override
    long presentBytes() {
        return OVERHEAD + directory.bytes();
    }

    @Override
    long memoryBytes() {
        return OVERHEAD + Directory.bytes(sizes.deepest(), sizes.most(), buckets.length);
    }
}
