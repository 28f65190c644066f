package io.headgate.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The entry of a key, shared by all tables of its segment that know the key. */
sealed class Entry permits CollisionBin {

    /*
     * An entry is in one of three states, told by its value:
     *
     *   live      any other object: the key is mapped to it
     *   deleted   null: the key is absent; the entry is in every table that new readers can reach,
     *             so a thread that stores the key may revive it with a CAS and no lock
     *   expunged  EXPUNGED: the entry has been, or is about to be, left out of the segment's newest table; final
     *
     *   live <-> deleted      by CAS, by any thread, without a lock
     *   deleted -> expunged   by CAS, with the segment's lock held, before a table is copied without the entry
     *   live -> expunged      the same, when the segment is cleared
     *
     * A reader that meets an expunged entry knows nothing about the key: another entry may stand for it by now. So it
     * looks again under the lock. A writer must not revive an expunged entry, since its value would be lost with the
     * old table.
     *
     * Lost alternative: Go's sync.Map turns expunged back into deleted and adds the entry to the dirty table again.
     * That saves an object when a deleted key returns, and costs a fourth edge whose safety depends on the table in
     * which the entry was found.
     */
    static final Object EXPUNGED = new Object();

    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Entry.class, "value", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The mixed hash of the key: compared before the keys are. */
    final int hash;

    final Object key;

    /** Read by any thread, written by CAS only. The states above say which thread may make which change. */
    private volatile @Nullable Object value;

    Entry(Object key, int hash, @Nullable Object value) {
        this.key = key;
        this.hash = hash;
        this.value = value;
    }

    /** The value, null if deleted, or {@link #EXPUNGED}. */
    final @Nullable Object value() {
        return value;
    }

    final boolean compareAndSet(@Nullable Object seen, @Nullable Object next) {
        return VALUE.compareAndSet(this, seen, next);
    }

    /** How many entries this one stands for. */
    int size() {
        return 1;
    }

    /** Expunges what is deleted. Answers whether nothing else is left. With the segment's lock held. */
    boolean expungeDeleted() {
        return VALUE.compareAndSet(this, null, EXPUNGED) || value == EXPUNGED;
    }

    /** Expunges everything. Answers how many entries were live. With the segment's lock held. */
    int expungeAll() {
        Object last = VALUE.getAndSet(this, EXPUNGED);
        return last == null || last == EXPUNGED ? 0 : 1;
    }

    /** What a new table takes over of this entry after {@link #expungeDeleted}; null if nothing. */
    @Nullable
    Entry survivor() {
        return value == EXPUNGED ? null : this;
    }
}
