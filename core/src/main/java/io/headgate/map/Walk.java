package io.headgate.map;

import static java.util.Objects.requireNonNull;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the mappings of a {@link ReadOptimizedMap} that allocates nothing on its way and may go round and round. No
 * snapshot: a key that is there all the time is met exactly once in each round, one that comes or goes meanwhile at most
 * once, as long as the walk does not {@linkplain #rest rest}. For one thread at a time.
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
     * Goes on to the next mapping.
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
     * Lets go of all keys and values and keeps its position, by number: a walk that outlives a call keeps nothing from the
     * garbage collector then. Of the segment in which it is taken up again keys may be missed in this round, or met once more.
     */
    public void rest() {
        entry = null;
        cursor.rest();
    }

    /**
     * Lets the keys settle of the segment in which it rests: then what it meets next does not depend on who asks for absent
     * keys in between. Copies the segment if any keys have not.
     */
    public void settle() {
        cursor.settle();
    }

    /**
     * Goes to where another walk over the same map is, to rest there.
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
     * The key that was met.
     *
     * @return the key
     * @throws NoSuchElementException if {@link #next} was not called or answered false
     */
    public K key() {
        return map.key(current());
    }

    /**
     * The value that the key had when it was met.
     *
     * @return the value
     * @throws NoSuchElementException if {@link #next} was not called or answered false
     */
    public V value() {
        current();
        return map.visited(cursor);
    }

    /**
     * Deletes the mapping that was met, if its value still is the very object given. Asks nothing of the key.
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
