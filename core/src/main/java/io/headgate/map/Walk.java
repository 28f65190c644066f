package io.headgate.map;

import static java.util.Objects.requireNonNull;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the mappings of a {@link ReadOptimizedMap}, in rounds. It allocates nothing on its way. No snapshot: in
 * each round a key that is present all the time is met exactly once, and one that comes or goes meanwhile at most once,
 * unless the walk {@linkplain #rest rests}. For one thread at a time.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
public final class Walk<K, V> {

    private final ReadOptimizedMap<K, V> map;
    private final Cursor cursor;
    private @Nullable Entry entry;

    Walk(ReadOptimizedMap<K, V> map) {
        this.map = map;
        this.cursor = map.cursor();
    }

    /**
     * Moves to the next mapping.
     *
     * @return whether there is one; false at the end of a round, after which the next call begins another one
     */
    public boolean next() {
        entry = cursor.next();
        if (entry == null) {
            cursor.restart();
        }
        return entry != null;
    }

    /**
     * Drops all references to keys and values and keeps its position, by number. A walk that outlives a call then keeps
     * nothing from the garbage collector. In the segment where the walk continues, it may miss keys in this round, or
     * meet them once more.
     */
    public void rest() {
        entry = null;
        cursor.rest();
    }

    /**
     * Lets the keys settle of the segment in which the walk rests. What it meets next then does not depend on look-ups
     * of absent keys in between. Copies the segment if any of its keys have not settled.
     */
    public void settle() {
        cursor.settle();
    }

    /**
     * Moves to the position of another walk over the same map, to rest there.
     *
     * @param other the other walk
     * @throws IllegalArgumentException if it is over another map
     */
    public void moveTo(Walk<K, V> other) {
        if (other.map != map) {
            throw new IllegalArgumentException("the other walk must be over the same map");
        }
        entry = null;
        cursor.moveTo(other.cursor);
    }

    /**
     * Returns the key that was met.
     *
     * @return the key
     * @throws NoSuchElementException if {@link #next} was not called or answered false
     */
    public K key() {
        return map.key(current());
    }

    /**
     * Returns the value that the key had when it was met.
     *
     * @return the value
     * @throws NoSuchElementException if {@link #next} was not called or answered false
     */
    public V value() {
        current();
        return map.visited(cursor);
    }

    /**
     * Deletes the mapping that was met, if its value still is the very object given. Calls no method of the key.
     *
     * @param expected what its value must be
     * @return whether it was deleted
     * @throws NoSuchElementException if {@link #next} was not called or answered false
     */
    public boolean delete(V expected) {
        return cursor.delete(current(), requireNonNull(expected, "expected"));
    }

    private Entry current() {
        if (entry == null) {
            throw new NoSuchElementException();
        }
        return entry;
    }
}
