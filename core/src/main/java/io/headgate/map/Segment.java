package io.headgate.map;

import io.headgate.internal.StackProbe;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One part of the map: a table that is read without a lock and, behind a lock, a newer one for new keys. The lock is
 * the monitor.
 */
final class Segment {

    /*
     * The design is that of Go's sync.Map.
     *
     * The read table is published and never changed, so finding a key there takes no lock. What changes are the values
     * of its entries, by CAS; Entry lists their states. A key that the read table does not know is added to the dirty
     * table, under the lock. The dirty table has every entry of the read table that is not expunged, and the new ones.
     * Both share the entries themselves, so a value written through one is seen through the other.
     *
     *   clean    dirty == null, read.amended == false: the read table knows all keys
     *   amended  dirty != null, read.amended == true: a key that is not in the read table may be in the dirty one
     *
     *   clean -> amended   a new key arrives: the deleted entries are expunged, the others copied (beginDirty)
     *   amended -> clean   the dirty table is promoted: after as many misses as it has entries, when a walk comes to the
     *                      segment, or when its dead entries have become too many
     *   clean -> clean     the read table is replaced by a copy without its dead entries (dropDead)
     *
     * The misses that led to a promotion pay for the next copy, so a new key costs O(1) amortized. The pause is bounded
     * by the segment, not by the map.
     *
     * Lost alternative: sync.Map counts a load as a miss and not a store. Here every operation that took the lock for a
     * present key counts, since a limiter changes keys as often as it reads them. Only adding a key does not count, so
     * that filling a map copies nothing.
     *
     * Dead entries (deleted or expunged) are dropped when they outnumber the live ones by more than 16, and when
     * nothing is live, so an empty segment holds no key. Their number is held - live. The counts of transitions are
     * never reset, so they cannot drift. They lag behind the values by the threads that are between their CAS and their
     * count. The last of these sees the true count and does the work, so nothing is missed. Doing it once too often is
     * harmless, since a copy looks at the values and not at the count.
     *
     * An operation that throws has changed nothing: it compares keys and takes memory before the first write that other
     * threads can see. A copy may expunge and then throw, which turns deleted entries into expunged ones; both are
     * absent. Only a clean read table is copied, so the dirty table never has an expunged entry, which would hide a
     * newer one of the same key.
     *
     * That holds for a StackOverflowError, too, which may come at any call. There is no call between the first and the
     * last of several writes that belong together, and the count after a CAS needs no more stack than the CAS did. The
     * lock is a monitor, since the JVM releases that, whereas unlock() is a call and may be the one that fails.
     *
     * Order of this file: the fast paths, their slow paths, then the changes of table.
     */

    private static final int DEAD_ALLOWED = 16;

    /** Bytes of stack: more than it takes to expunge an entry. */
    private static final int STACK = 2048;

    // Of the user's code only equals, hashCode and compareTo may run while the lock is held.

    /** Read by any thread, written with the lock held. */
    private volatile Table read = Table.EMPTY;

    /** The map's {@code published}. This segment writes the element at {@link #index}, with the lock held. */
    private final AtomicReferenceArray<@Nullable Entry[]> published;

    private final int index;

    /** Guarded by the lock. Null while the read table knows all keys. */
    private @Nullable Table dirty;

    /** Guarded by the lock. How often the lock was taken for a key that the read table did not answer for. */
    private int misses;

    /** Guarded by the lock. How many expunged entries the read table still has and the dirty one has not. */
    private int leftBehind;

    /** Read by any thread, written with the lock held: the entries in either table, whatever their state. */
    private volatile int held;

    /**
     * Read by any thread, written with the lock held: the entries ever added, all of which were live then. May wrap.
     */
    private volatile int added;

    /** Entries made live without being added, less those made dead. A thread counts right after it has made one so. */
    private final AtomicInteger revived = new AtomicInteger();

    Segment(AtomicReferenceArray<@Nullable Entry[]> published, int index) {
        this.published = published;
        this.index = index;
        published.set(index, read.slots);
    }

    /** The value of a key, or null. Called when the published slots do not have the answer. */
    @Nullable
    Object load(Object key, int hash) {
        Table read = this.read;
        Entry entry = read.find(key, hash);
        if (entry != null) {
            Object value = entry.value();
            if (value != Entry.EXPUNGED) {
                return value;
            }
        } else if (!read.amended) {
            return null;
        }
        return loadLocked(key, hash);
    }

    /**
     * Updates the value of a key if a condition holds.
     *
     * @return the value that was replaced or deleted, and for {@link UpdateCondition#IF_ABSENT} the one in the way; null if the
     *     key was absent or the condition did not hold
     */
    @Nullable
    Object update(
            Object key, int hash, UpdateCondition condition, @Nullable Object expected, @Nullable Object updated) {
        Table read = this.read;
        Entry entry = read.find(key, hash);
        if (entry != null) {
            Object previous = update(entry, condition, expected, updated);
            if (previous != Entry.EXPUNGED) {
                return previous;
            }
        } else if (!read.amended && !condition.inserts()) {
            return null;
        }
        return updateLocked(key, hash, condition, expected, updated);
    }

    /** Deletes an entry that was met on a walk, if it has this value. An expunged entry has none. */
    boolean delete(Entry entry, Object expected) {
        return update(entry, UpdateCondition.IF_SAME, expected, null) == expected;
    }

    /** The CAS loop of all updates. Returns {@link Entry#EXPUNGED} if the entry no longer stands for its key. */
    private @Nullable Object update(
            Entry entry, UpdateCondition condition, @Nullable Object expected, @Nullable Object updated) {
        for (; ; ) {
            Object seen = entry.value();
            if (seen == Entry.EXPUNGED) {
                return seen;
            }
            Object next = condition.next(seen, expected, updated);
            if (next == UpdateCondition.UNCHANGED) {
                return condition == UpdateCondition.IF_ABSENT ? seen : null;
            }
            if (entry.compareAndSet(seen, next)) {
                if (seen == null) {
                    revived.incrementAndGet();
                } else if (next == null) {
                    died();
                }
                return seen;
            }
            Thread.onSpinWait();
        }
    }

    /** Slow path of {@link #load}: the read table did not answer for the key. */
    private synchronized @Nullable Object loadLocked(Object key, int hash) {
        Entry entry = findLocked(key, hash);
        missed();
        return entry == null ? null : entry.value();
    }

    /** Slow path of {@link #update}: the key is new, or the read table does not answer for it. */
    private synchronized @Nullable Object updateLocked(
            Object key, int hash, UpdateCondition condition, @Nullable Object expected, @Nullable Object updated) {
        Entry entry = findLocked(key, hash);
        if (entry != null) {
            missed();
            return update(entry, condition, expected, updated);
        }
        if (updated != null && condition.inserts()) {
            insert(new Entry(key, hash, updated));
        } else {
            missed();
        }
        return null;
    }

    /** Finds the entry that stands for a key. Never returns an expunged one. */
    private @Nullable Entry findLocked(Object key, int hash) {
        // Double-check: while this thread waited for the lock, the key may have been added and promoted.
        Entry entry = read.find(key, hash);
        if (entry != null && entry.value() != Entry.EXPUNGED) {
            return entry;
        }
        return dirty == null ? null : dirty.find(key, hash);
    }

    private void missed() {
        if (dirty != null && ++misses >= dirty.count()) {
            publish(dirty);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the lock is held
    private void insert(Entry entry) {
        Table target = dirty == null ? beginDirty() : dirty;
        int heldThen = target.count() + 1 + leftBehind;
        dirty = target.add(entry);
        held = heldThen;
        added = added + 1;
    }

    /** Copies the read table for a first new key: O(entries of the segment). */
    private Table beginDirty() {
        Table copy = read.survivors();
        Table marked = read.asAmended();
        int left = read.count() - copy.count();
        leftBehind = left;
        dirty = copy;
        read = marked;
        return copy;
    }

    /** Makes a table with all keys the read table, and the segment clean. */
    private void publish(Table table) {
        int count = table.count();
        published.set(index, table.slots);
        dirty = null;
        misses = 0;
        leftBehind = 0;
        held = count;
        read = table;
    }

    private void died() {
        revived.decrementAndGet();
        if (tooManyDead()) {
            try {
                dropDead();
            } catch (Throwable e) {
                // The deletion has taken effect. If dropping fails, the next deletion tries again.
            }
        }
    }

    private boolean tooManyDead() {
        int live = live();
        int dead = held - live;
        return dead > live + DEAD_ALLOWED || (live == 0 && dead > 0);
    }

    private synchronized void dropDead() {
        // Double-check: another thread may have dropped them while this one waited for the lock.
        if (tooManyDead()) {
            if (dirty != null) {
                publish(dirty);
            }
            Table rest = read.survivors();
            publish(rest.count() == 0 ? Table.EMPTY : rest);
        }
    }

    /** Settles all keys and returns the table, which can be walked without a lock. */
    Table promoted() {
        Table read = this.read;
        return read.amended ? promotedLocked() : read;
    }

    private synchronized Table promotedLocked() {
        // Double-check: another thread may have promoted the dirty table while this one waited for the lock.
        if (dirty != null) {
            publish(dirty);
        }
        return read;
    }

    /** The table that is read without a lock. It has all keys that have settled. */
    Table settled() {
        return read;
    }

    /** Deletes all keys: O(entries of the segment). */
    synchronized void clear() {
        StackProbe.require(STACK);
        int cleared = (dirty == null ? read : dirty).expungeAll();
        publish(Table.EMPTY);
        revived.addAndGet(-cleared);
    }

    /** The number of keys. Raised after one came, lowered after one went, so it may be below zero for a moment. */
    int live() {
        return added + revived.get();
    }

    /** For tests, as is the next one: whether keys may be waiting for their promotion. */
    boolean amended() {
        return read.amended;
    }

    int held() {
        return held;
    }
}
