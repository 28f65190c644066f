package io.headgate.map;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the mappings of a {@link ReadOptimizedMap} that allocates nothing on its way and may go round and round. No
 * snapshot: a key that is there all the time is met exactly once in each round, one that comes or goes meanwhile at most
 * once. For one thread at a time.
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

    private Entry current() {
        if (entry == null) {
            throw new NoSuchElementException();
        }
        return entry;
    }
}
